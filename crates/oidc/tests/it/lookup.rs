use std::sync::Arc;
use std::time::Duration;

use claimgate_devprovider::{Fault, Options, SigningAlgorithm};
use claimgate_oidc::{IssuerId, KeyLookup, KeyState};
use tokio::task::JoinSet;

use crate::world::{World, discovery, provider, provider_with, until_asked};

const LONG: Duration = Duration::from_mins(1);

/// Asks for all the key IDs at once.
fn ask(world: &World, id: &IssuerId, key_ids: impl Iterator<Item = String>) -> JoinSet<KeyLookup> {
    let mut asked = JoinSet::new();
    for key_id in key_ids {
        let (issuers, id) = (Arc::clone(&world.issuers), id.clone());
        asked.spawn(async move { issuers.refresh_for_unknown_key(&id, &key_id, LONG).await });
    }
    asked
}

#[tokio::test]
async fn a_rotation_costs_one_fetch_however_many_wait() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    let before = world.until_state(&id, KeyState::Fresh).await;
    provider.rotate().unwrap();
    let new = provider.key_id(SigningAlgorithm::Rs256);
    let asked = ask(&world, &id, std::iter::repeat_n(new.clone(), 1000));
    for lookup in asked.join_all().await {
        let KeyLookup::Found(snapshot) = lookup else { panic!("{lookup:?}") };
        assert!(snapshot.has_key_id(&new));
        assert_eq!(snapshot.generation(), before.generation, "known keys are undisturbed");
    }
    assert_eq!(provider.counts().borrow().keys, 2);
    assert_eq!(provider.counts().borrow().discovery, 1);
}

/// CVE-2025-25207 (Authorino): what a stranger sends must not make endless work.
#[tokio::test]
async fn ten_thousand_unknown_key_ids_cost_no_more_than_the_burst() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    world.until_state(&id, KeyState::Fresh).await;
    let mut refused = 0;
    for flood in 0..10 {
        let asked = ask(&world, &id, (0..1000).map(|n| format!("{flood}-{n}")));
        let found = |lookup: &KeyLookup| matches!(lookup, KeyLookup::Unknown | KeyLookup::Limited);
        refused += asked.join_all().await.iter().filter(|lookup| found(lookup)).count();
    }
    assert_eq!(refused, 10_000);
    let fetches = provider.counts().borrow().keys;
    assert!((2..=4).contains(&fetches), "one at start and at most three more, not {fetches}");

    // A real rotation in the middle of the flood comes through after the cool-down.
    provider.rotate().unwrap();
    let new = provider.key_id(SigningAlgorithm::Es256);
    assert!(matches!(world.issuers.refresh_for_unknown_key(&id, &new, LONG).await, KeyLookup::Limited));
    world.clock.advance(Duration::from_secs(10));
    assert!(matches!(world.issuers.refresh_for_unknown_key(&id, &new, LONG).await, KeyLookup::Found(_)));
    assert_eq!(provider.counts().borrow().keys, fetches + 1);
}

#[tokio::test]
async fn a_key_id_that_is_not_there_is_not_asked_for_again_for_ten_seconds() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    world.until_state(&id, KeyState::Fresh).await;
    for (second, fetches) in [(0, 2), (0, 2), (9, 2), (1, 3)] {
        world.clock.advance(Duration::from_secs(second));
        let lookup = world.issuers.refresh_for_unknown_key(&id, "nobody's", LONG).await;
        assert!(matches!(lookup, KeyLookup::Unknown), "{lookup:?}");
        assert_eq!(provider.counts().borrow().keys, fetches);
    }
}

#[tokio::test]
async fn the_deadline_ends_the_wait_and_not_the_fetch() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    world.until_state(&id, KeyState::Fresh).await;
    provider.rotate().unwrap();
    provider.fault(Fault::Slow);
    let new = provider.key_id(SigningAlgorithm::Rs256);
    let mut asked = ask(&world, &id, std::iter::once(new.clone()));
    until_asked(&provider, |counts| counts.keys == 2).await;
    world.clock.advance(LONG);
    assert!(matches!(asked.join_next().await.unwrap().unwrap(), KeyLookup::DeadlineExceeded));
    provider.fault(Fault::None);
    world.until(&id, |status| status.key_ids.contains(&new)).await;
    assert_eq!(provider.counts().borrow().keys, 2);
}

#[tokio::test]
async fn a_failing_provider_is_told_apart_from_one_without_the_key() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    world.until_state(&id, KeyState::Fresh).await;
    provider.fault(Fault::Down);
    let lookup = world.issuers.refresh_for_unknown_key(&id, "new", LONG).await;
    assert!(matches!(lookup, KeyLookup::Failed), "{lookup:?}");
    assert!(world.issuers.snapshot(&id).unwrap().is_usable());
    let nobody = IssuerId::new("nobody");
    let lookup = world.issuers.refresh_for_unknown_key(&nobody, "new", LONG).await;
    assert!(matches!(lookup, KeyLookup::NoIssuer), "{lookup:?}");
}

/// CVE-2026-49998 (Centrifugo), agentgateway#3609: keys of one issuer served another, or hid its own.
#[tokio::test]
async fn two_issuers_that_share_key_ids_share_nothing_else() {
    let options = Options { key_id_prefix: Some("key".to_owned()), ..Options::default() };
    let (a, b) = (provider_with(options.clone()).await, provider_with(options).await);
    let shared = a.key_id(SigningAlgorithm::Rs256);
    assert_eq!(shared, b.key_id(SigningAlgorithm::Rs256));
    let world = World::new();
    let wanted = vec![discovery(&a), discovery(&b)];
    let ids = [wanted[0].id.clone(), wanted[1].id.clone()];
    world.apply(wanted);
    for id in &ids {
        world.until_state(id, KeyState::Fresh).await;
    }
    let of = |id| world.issuers.snapshot(id).unwrap();
    let key = |id| {
        let snapshot = of(id);
        let candidates = snapshot.candidates(Some(&shared), claimgate_crypto::Algorithm::Rs256);
        let prints: Vec<_> = candidates.map(|key| key.thumbprint().unwrap().to_owned()).collect();
        assert_eq!(prints.len(), 1);
        prints
    };
    assert_ne!(key(&ids[0]), key(&ids[1]));
    assert_ne!(of(&ids[0]).generation(), of(&ids[1]).generation());

    // A rotation of one is found for that one, and does not touch the other.
    a.rotate().unwrap();
    let new = a.key_id(SigningAlgorithm::Rs256);
    let found = world.issuers.refresh_for_unknown_key(&ids[0], &new, LONG).await;
    assert!(matches!(found, KeyLookup::Found(_)));
    let other = world.issuers.refresh_for_unknown_key(&ids[1], &new, LONG).await;
    assert!(matches!(other, KeyLookup::Unknown), "{other:?}");
}
