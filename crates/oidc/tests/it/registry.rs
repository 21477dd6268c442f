use std::time::Duration;

use claimgate_devprovider::Fault;
use claimgate_fetch::Timeouts;
use claimgate_oidc::{IssuerId, KeyState, RepeatedIssuer};

use crate::world::{World, discovery, provider, until_asked};

#[tokio::test]
async fn issuers_that_stay_keep_everything() {
    let (a, b, c) = (provider().await, provider().await, provider().await);
    let world = World::new();
    let [of_a, of_b, of_c] = [discovery(&a), discovery(&b), discovery(&c)];
    world.apply(vec![of_a.clone(), of_b.clone()]);
    let before = world.until_state(&of_a.id, KeyState::Fresh).await;
    world.until_state(&of_b.id, KeyState::Fresh).await;

    let applied = world.issuers.apply(vec![of_c.clone(), of_a.clone()]).unwrap();
    assert_eq!(applied.started, std::slice::from_ref(&of_c.id));
    assert_eq!(applied.superseded.ids().collect::<Vec<_>>(), [&of_b.id]);
    assert!(world.issuers.snapshot(&of_b.id).is_none());
    assert_eq!(world.issuers.status(&of_a.id).unwrap(), before);
    world.until_state(&of_c.id, KeyState::Fresh).await;
    assert_eq!(a.counts().borrow().keys, 1, "it was not fetched again");
}

#[tokio::test]
async fn a_superseded_engine_serves_until_the_configuration_was_exchanged() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    world.until_state(&id, KeyState::Fresh).await;
    let held = world.issuers.keys(&id).unwrap();
    let former = held.snapshot().generation();
    let applied = world.issuers.apply(Vec::new()).unwrap();
    assert!(held.snapshot().is_usable());
    drop(applied.superseded);
    assert_eq!(held.snapshot().state(), KeyState::Removed);
    assert!(held.snapshot().generation() > former);
    // It comes back without its keys, and never under a generation that it had.
    world.apply(vec![discovery(&provider)]);
    assert_eq!(world.issuers.snapshot(&id).unwrap().state(), KeyState::Pending);
    assert!(world.until_state(&id, KeyState::Fresh).await.generation > former);
}

#[tokio::test]
async fn another_way_to_call_keeps_the_keys_and_asks_at_once() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    let before = world.until_state(&id, KeyState::Fresh).await;
    provider.fault(Fault::Slow);
    let mut changed = discovery(&provider);
    changed.transport.timeouts = Timeouts { total: Duration::from_secs(14), ..changed.transport.timeouts };
    world.apply(vec![changed]);
    assert_eq!(world.issuers.status(&id).unwrap().key_ids, before.key_ids, "no moment without keys");
    until_asked(&provider, |counts| counts.discovery == 2).await;
    // Another issuer of the same name has to earn its keys.
    let mut other = discovery(&provider);
    other.issuer.push('/');
    world.apply(vec![other]);
    assert_eq!(world.issuers.status(&id).unwrap().key_count, 0);
}

#[tokio::test]
async fn an_issuer_twice_changes_nothing() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    let spec = discovery(&provider);
    let refused = world.issuers.apply(vec![spec.clone(), spec]).unwrap_err();
    assert_eq!(refused, RepeatedIssuer(id.clone()));
    world.until_state(&id, KeyState::Fresh).await;
}

#[tokio::test]
async fn readiness_waits_within_bounds() {
    let provider = provider().await;
    let (world, id) = World::with(&provider);
    assert!(world.issuers.wait_until_usable(std::slice::from_ref(&id), Duration::from_secs(30)).await);
    let unknown = [id, IssuerId::new("nobody")];
    let waiting = world.issuers.wait_until_usable(&unknown, Duration::from_secs(30));
    let (ready, ()) = tokio::join!(waiting, async { world.clock.advance(Duration::from_secs(30)) });
    assert!(!ready);
}

#[tokio::test]
async fn shutdown_ends_fetches_and_waits() {
    let provider = provider().await;
    provider.fault(Fault::Slow);
    let (world, id) = World::with(&provider);
    until_asked(&provider, |counts| counts.discovery == 1).await;
    let held = world.issuers.keys(&id).unwrap();
    let lookup = held.refresh_for_unknown_key("new", Duration::from_mins(1));
    let (lookup, ()) = tokio::join!(lookup, world.issuers.shutdown());
    assert!(matches!(lookup, claimgate_oidc::KeyLookup::NoIssuer), "{lookup:?}");
    assert!(world.issuers.snapshot(&id).is_none());
}
