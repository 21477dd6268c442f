use std::time::Duration;

use claimgate_devprovider::{Fault, Options, SigningAlgorithm};
use claimgate_oidc::{InlineKeys, KeySource, KeyState};

use crate::world::{World, address, provider, provider_with, spec};

#[tokio::test]
async fn keys_are_refreshed_in_time_and_removed_keys_take_the_generation_with_them() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    let first = world.until_state(&id, KeyState::Fresh).await;
    let former = provider.key_id(SigningAlgorithm::Rs256);
    provider.rotate().unwrap();
    world.clock.advance(Duration::from_mins(15));
    let second = world.until_fetched(&id, 2).await;
    assert_eq!(second.key_count, 4);
    assert_eq!(second.generation, first.generation, "new keys disturb nothing");
    assert_ne!(second.keys_sha256, first.keys_sha256);

    provider.withdraw_former_keys();
    world.clock.advance(Duration::from_mins(15));
    let third = world.until_fetched(&id, 3).await;
    assert_eq!(third.key_count, 2);
    assert!(third.generation > second.generation);
    assert!(!world.issuers.snapshot(&id).unwrap().has_key_id(&former));
    assert_eq!(third.failed_fetches, 0);
}

#[tokio::test]
async fn the_provider_names_the_time_within_bounds() {
    for (cache_control, seconds) in [
        (None, 900),
        (Some("no-cache"), 900),
        (Some("max-age=300"), 300),
        (Some("max-age=1"), 60),
        (Some("max-age=864000"), 86_400),
    ] {
        let options = Options { cache_control: cache_control.map(str::to_owned), ..Options::default() };
        let provider = provider_with(options).await;
        let (world, id) = World::with(&provider);
        let status = world.until_state(&id, KeyState::Fresh).await;
        let wait = status.next_refresh.unwrap().duration_since(status.last_success.unwrap());
        assert_eq!(wait.as_secs(), seconds, "{cache_control:?}");
    }
}

#[tokio::test]
async fn an_alias_may_stand_in_the_discovery_document() {
    let provider = provider().await;
    let world = World::new();
    let source = KeySource::discovery_of(&address(provider.issuer_url()));
    let mut wanted = spec("it.example.com", vec![source]);
    let id = wanted.id.clone();
    world.apply(vec![wanted.clone()]);
    let status = world.until_state(&id, KeyState::Unavailable).await;
    assert!(status.last_error.as_ref().unwrap().message.contains("expected `it.example.com`"));
    wanted.aliases = vec![provider.issuer_url().to_owned()];
    world.apply(vec![wanted]);
    world.until_state(&id, KeyState::Fresh).await;
}

#[tokio::test]
async fn several_sources_are_united_and_one_that_fails_costs_only_its_own_keys() {
    let (a, b) = (provider().await, provider().await);
    let inline = claimgate_crypto::SigningKey::generate(claimgate_crypto::Algorithm::Es256).unwrap();
    let document = format!(r#"{{"keys":[{}]}}"#, inline.public_jwk().unwrap());
    let world = World::new();
    let sources = vec![
        KeySource::Url(address(&a.keys_url())),
        KeySource::Url(address(&b.keys_url())),
        KeySource::Inline(InlineKeys::parse(document).unwrap()),
    ];
    b.fault(Fault::Down);
    let wanted = spec("it", sources);
    let id = wanted.id.clone();
    world.apply(vec![wanted]);
    assert!(
        world.issuers.snapshot(&id).unwrap().has_key_id(inline.id().as_str()),
        "inline keys need no wait"
    );
    let status = world.until(&id, |status| status.fetches >= 2 && status.key_count == 3).await;
    assert_eq!(status.state, KeyState::Stale);
    b.fault(Fault::None);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.until_state(&id, KeyState::Fresh).await.key_count, 5);
    assert_eq!(a.counts().borrow().keys, 1, "the source that works was left alone");
}
