//! More than anybody should ask: unknown keys, failed attempts.

use std::time::Duration;

use claimgate_devprovider::Fault;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::{Ask, Via};
use crate::door::{DOORS, Door};
use crate::provider;
use crate::world::{TRUSTED, World, configuration, secret};

/// Ten thousand unknown key IDs cost the provider no more than the burst, and nobody else's requests anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_unknown_key_ids_costs_the_burst_and_nobody_else() {
    let provider = provider::start().await;
    let world = provider::world(&provider, TRUSTED).await;
    let alice = Ask::get("/_claimgate/check").host("provided.example.com").bearer(&provider.token());
    assert_eq!(world.client(Via::Http1).send(&alice).await.status, 200);
    let before = provider.counts().borrow().keys;
    let mut flood = JoinSet::new();
    for part in 0..8 {
        let client = world.client(Via::Http2);
        let token = provider.token();
        flood.spawn(async move {
            let (_, signed) = token.split_once('.').unwrap();
            let mut connection = client.connect().await.unwrap();
            for n in 0..1250 {
                let header = format!(r#"{{"alg":"RS256","kid":"flood-{part}-{n}"}}"#);
                let token = format!("{}.{signed}", claimgate_crypto::base64url::encode(header));
                let ask = Ask::get("/_claimgate/check").host("provided.example.com").bearer(&token);
                let reply = connection.send(&ask).await.unwrap();
                // One source fails often, and is told so.
                let code = reply.code().unwrap();
                assert!(["unknown_key", "too_many_failures"].contains(&&*code), "{code}");
            }
        });
    }
    while !flood.is_empty() {
        // Whoever is known is served meanwhile.
        let served = timeout(Duration::from_secs(5), world.client(Via::Http1).send(&alice)).await.unwrap();
        assert_eq!((served.status, served.header("x-claimgate-user")), (200, Some("provided:alice")));
        if let Some(ended) = flood.try_join_next() {
            ended.unwrap();
        }
    }
    let fetches = provider.counts().borrow().keys - before;
    // The bucket holds three, and gains one every ten seconds; the whole takes far less than a minute.
    assert!((1..=8).contains(&fetches), "{fetches}");
    world.stop().await;
}

/// A key that is not there yet, of an issuer whose keys are: the wait for it ends with the deadline, in a refusal.
#[tokio::test]
async fn authorino_649_the_wait_for_a_new_key_ends_in_a_refusal() {
    let provider = provider::start().await;
    let world = provider::world(&provider, &format!("{TRUSTED}\nlimits: {{ decisionTimeout: 200ms }}")).await;
    let known = Ask::get("/").host("provided.example.com").bearer(&provider.token());
    assert_eq!(Door::EnvoyGrpc.ask(&world, &known).await.status, 200);
    provider.rotate().unwrap();
    provider.fault(Fault::Slow);
    let new = Ask::get("/").host("provided.example.com").bearer(&provider.token());
    for door in DOORS {
        let verdict = door.ask(&world, &new).await;
        let expected = (door.status(503), Some("issuer_unavailable"));
        assert_eq!((verdict.status, verdict.code.as_deref()), expected, "{door:?}");
        assert!(verdict.values("x-claimgate-user").is_empty());
        assert_eq!(door.ask(&world, &known).await.status, 200, "{door:?}");
    }
    provider.fault(Fault::None);
    crate::world::eventually("the new key is known", || async {
        Door::EnvoyGrpc.ask(&world, &new).await.status == 200
    })
    .await;
    world.stop().await;
}

/// Whoever fails too often is told so, until time has passed; what is good passes all the same.
#[tokio::test]
async fn too_many_failures_are_told_and_lock_nobody_out() {
    let limits = "limits: { failedAttempts: 3, failedAttemptsPerSecond: 1 }";
    let routes = "  - { name: app, accept: jwt, allow: authenticated }\n";
    let world = World::start(&configuration(&format!("{TRUSTED}\n{limits}"), routes)).await;
    let late = world.signed(world.jane().expires_in(-3600));
    let jane = world.token();
    let of = |client: &str, token: &str| {
        let ask = Ask::get("/").bearer(token).header("x-forwarded-for", client);
        Door::Forwarded(Via::Http1).check_request(&ask)
    };
    let client = world.client(Via::Http1);
    let mut told = Vec::new();
    for _ in 0..20 {
        told.push(client.send(&of("192.0.2.1", &late)).await.code().unwrap());
    }
    assert_eq!(&told[..3], ["expired", "expired", "expired"], "{told:?}");
    assert!(told.contains(&"too_many_failures".to_owned()), "{told:?}");
    let reply = client.send(&of("192.0.2.1", &secret("x.y.z".to_owned()))).await;
    if reply.code().as_deref() == Some("too_many_failures") {
        assert_eq!((reply.status, reply.header("www-authenticate")), (429, None));
    }
    assert_eq!(client.send(&of("192.0.2.1", &jane)).await.status, 200);
    assert_eq!(client.send(&of("192.0.2.2", &late)).await.code().as_deref(), Some("expired"));
    let audit = world.stop().await;
    let refused = audit.iter().find(|record| record["code"] == "too_many_failures").unwrap();
    assert_eq!(refused["status"], 429);
    assert!(refused["detail"].as_str().unwrap().starts_with("expired: "), "{refused}");
}
