use std::time::Duration;

use claimgate_devprovider::Fault;
use claimgate_oidc::{KeySource, KeyState};

use crate::world::{World, address, discovery, provider, spec, until_asked};

#[tokio::test]
async fn every_fault_has_a_clear_state_and_is_over_when_it_is_over() {
    for (fault, told) in [
        (Fault::Down, "broke"),
        (Fault::Html, "answered `text/html`, expected JSON"),
        (Fault::Redirect, "redirect (302 Found), which is not followed"),
        (Fault::TenMebibytes, "is larger than 262144 bytes"),
        (Fault::WrongIssuer, "of the issuer `http://127.0.0.1:1/another`"),
        (Fault::EmptySet, "the key set has no usable key"),
        (Fault::InternalError, "answered 500"),
    ] {
        let provider = provider().await;
        provider.fault(fault);
        let (world, id) = World::with(&provider);
        let status = world.until_state(&id, KeyState::Unavailable).await;
        let message = &status.last_error.as_ref().unwrap().message;
        assert!(message.contains(told), "{fault:?}: {message}");
        assert_eq!(status.key_count, 0);
        assert!(!world.issuers.snapshot(&id).unwrap().is_usable());

        provider.fault(Fault::None);
        world.clock.advance(Duration::from_secs(5));
        let status = world.until_state(&id, KeyState::Fresh).await;
        assert_eq!(status.key_count, 2, "{fault:?}");
        assert_eq!(status.stale_since, None);
    }
}

#[tokio::test]
async fn the_same_faults_at_the_key_set_itself() {
    for (fault, told) in [
        (Fault::Html, "answered `text/html`"),
        (Fault::Redirect, "302"),
        (Fault::TenMebibytes, "larger than 1048576 bytes"),
        (Fault::EmptySet, "no usable key"),
    ] {
        let provider = provider().await;
        provider.fault(fault);
        let world = World::new();
        let wanted = spec("it", vec![KeySource::Url(address(&provider.keys_url()))]);
        let id = wanted.id.clone();
        world.apply(vec![wanted]);
        let status = world.until_state(&id, KeyState::Unavailable).await;
        assert!(status.last_error.as_ref().unwrap().message.contains(told), "{fault:?}");
        assert_eq!(provider.counts().borrow().discovery, 0);
    }
}

#[tokio::test]
async fn a_fault_later_keeps_the_keys_until_the_ceiling() {
    for fault in [Fault::Down, Fault::Html, Fault::EmptySet, Fault::WrongIssuer] {
        let provider = provider().await;
        let (world, id) = World::with(&provider);
        let before = world.until_state(&id, KeyState::Fresh).await;
        provider.fault(fault);
        world.clock.advance(Duration::from_mins(15));
        let status = world.until_state(&id, KeyState::Stale).await;
        assert_eq!(status.key_ids, before.key_ids, "{fault:?}");
        assert_eq!(status.generation, before.generation);
        assert!(status.stale_since.is_some() && status.last_error.is_some());

        world.clock.advance(Duration::from_hours(23));
        world.until_fetched(&id, status.fetches + 1).await;
        assert!(world.issuers.snapshot(&id).unwrap().is_usable(), "{fault:?}");
        world.clock.advance(Duration::from_hours(1));
        let status = world.until_state(&id, KeyState::Unavailable).await;
        assert_eq!(status.key_count, 0);
        assert!(status.generation > before.generation);
    }
}

#[tokio::test]
async fn a_provider_down_at_start_is_asked_again_within_five_seconds_however_often_it_failed() {
    let provider = provider().await;
    provider.fault(Fault::Down);
    let (world, id) = World::with(&provider);
    let mut waits = Vec::new();
    for failure in 1..=8 {
        let status = world.until_fetched(&id, failure).await;
        let at = status.last_error.as_ref().unwrap().at;
        let wait = Duration::try_from(status.next_refresh.unwrap().duration_since(at)).unwrap();
        assert!(wait <= Duration::from_secs(5), "{wait:?}");
        waits.push(wait);
        world.clock.advance(wait);
    }
    assert!(waits.is_sorted() && waits.last() == Some(&Duration::from_secs(5)));
    provider.fault(Fault::None);
    world.clock.advance(Duration::from_secs(5));
    world.until_state(&id, KeyState::Fresh).await;
}

#[tokio::test]
async fn a_slow_provider_delays_nobody_else() {
    let (slow, quick) = (provider().await, provider().await);
    slow.fault(Fault::Slow);
    let world = World::new();
    let wanted = vec![discovery(&slow), discovery(&quick)];
    let ids = [wanted[0].id.clone(), wanted[1].id.clone()];
    world.apply(wanted);
    until_asked(&slow, |counts| counts.discovery == 1).await;
    world.until_state(&ids[1], KeyState::Fresh).await;
    assert_eq!(world.issuers.snapshot(&ids[0]).unwrap().state(), KeyState::Pending);
    slow.fault(Fault::None);
    world.until_state(&ids[0], KeyState::Fresh).await;
}

/// agentgateway#3616: one odd key of a provider blocked all of them.
#[tokio::test]
async fn a_bad_key_costs_only_itself() {
    let provider = provider().await;
    provider.fault(Fault::BadKeys);
    let (world, id) = World::with(&provider);
    let status = world.until_state(&id, KeyState::Fresh).await;
    assert_eq!(status.key_count, 2);
    assert_eq!(status.skipped_keys.len(), 2);
    assert!(status.skipped_keys[0].starts_with("unknown-type: "), "{:?}", status.skipped_keys);
    assert!(status.skipped_keys[1].starts_with("broken: "), "{:?}", status.skipped_keys);
}
