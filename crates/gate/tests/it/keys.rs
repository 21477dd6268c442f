use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use claimgate_crypto::Algorithm;
use claimgate_testkit::Issuer;

use crate::world::{Ask, World};

const CONFIG: &str = r"
jwt:
  - name: a
    issuer: { url: https://a.example, audiences: [claimgate] }
  - name: b
    issuer: { url: https://b.example, audiences: [claimgate] }
routes:
  - { name: app, accept: all, allow: authenticated, exempt: [{ prefix: /free }] }
  - { name: only-b, hosts: [b.example], accept: jwt/b, allow: authenticated }
";

fn two_issuers() -> (Issuer, Issuer) {
    let issuer = |url| Issuer::new(url, Algorithm::Rs256).with_key_id("shared");
    (issuer("https://a.example"), issuer("https://b.example"))
}

/// CVE-2026-49998 (Centrifugo): keys were cached by `kid` alone, so tenant A's key was good for tenant B.
/// agentgateway#3609: and both must verify all the same.
#[tokio::test]
async fn cve_2026_49998_two_issuers_share_a_key_id() {
    let (a, b) = two_issuers();
    let world = World::new(CONFIG, &[&a, &b]);
    let ask = |token: String| Ask::get("/").bearer(&token);
    for _ in 0..2 {
        assert_eq!(world.verdict(&ask(a.token().sign())).await.as_deref(), Ok("a:jane"));
        assert_eq!(world.verdict(&ask(b.token().sign())).await.as_deref(), Ok("b:jane"));
        // Signed by A's key, saying to be B's, and the other way round.
        let forged = a.token().claim("iss", b.url()).sign();
        assert_eq!(world.verdict(&ask(forged)).await, Err("bad_signature"));
        let forged = b.token().claim("iss", a.url()).sign();
        assert_eq!(world.verdict(&ask(forged)).await, Err("bad_signature"));
    }
}

#[tokio::test]
async fn a_token_of_an_entry_that_the_route_does_not_accept_is_of_an_unknown_issuer() {
    let (a, b) = two_issuers();
    let world = World::new(CONFIG, &[&a, &b]);
    let ask = |token: String| Ask::get("/").host("b.example").bearer(&token);
    assert_eq!(world.verdict(&ask(b.token().sign())).await.as_deref(), Ok("b:jane"));
    assert_eq!(world.verdict(&ask(a.token().sign())).await, Err("unknown_issuer"));
}

/// A key that the issuer no longer publishes is refused at once, in tokens that were seen before too.
#[tokio::test]
async fn a_removed_key_is_refused_at_once_though_its_token_is_cached() {
    let mut a = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&a]);
    let ask = Ask::get("/").bearer(&a.token().sign());
    assert_eq!(world.verdict(&ask).await.as_deref(), Ok("a:jane"));
    assert_eq!(world.gate.cached_tokens(), 1);
    a.rotate(Algorithm::Es256);
    world.keys.publish(a.url(), a.key_set());
    assert_eq!(world.verdict(&ask).await.as_deref(), Ok("a:jane"), "the old key is still published");
    a.retire_old_keys();
    world.keys.publish(a.url(), a.key_set());
    assert_eq!(world.verdict(&ask).await, Err("unknown_key"));
    assert_eq!(world.verdict(&Ask::get("/").bearer(&a.token().sign())).await.as_deref(), Ok("a:jane"));
}

#[tokio::test]
async fn an_issuer_without_keys_costs_only_its_own_tokens() {
    let (a, b) = two_issuers();
    let world = World::new(CONFIG, &[&a, &b]);
    let cached = Ask::get("/").bearer(&a.token().sign());
    assert_eq!(world.verdict(&cached).await.as_deref(), Ok("a:jane"));
    world.keys.take_away(a.url());
    assert_eq!(world.verdict(&cached).await, Err("issuer_unavailable"));
    assert_eq!(world.verdict(&Ask::get("/").bearer(&b.token().sign())).await.as_deref(), Ok("b:jane"));
}

/// authorino#649: a deadline in the middle of a decision ended as an allow. The keys are the only thing
/// that a decision waits for; whoever stops waiting has no decision at all, and so no grant.
#[tokio::test]
async fn authorino_649_a_decision_that_is_given_up_leaves_nothing_behind() {
    let (a, stranger) = (
        Issuer::new("https://a.example", Algorithm::Es256),
        Issuer::new("https://a.example", Algorithm::Es256).with_key_id("unheard-of"),
    );
    let world = World::new(CONFIG, &[&a]);
    world.keys.silence(a.url());
    let ask = Ask::get("/").bearer(&stranger.token().sign());
    for round in 1..=3 {
        let mut deciding = pin!(world.ask(&ask));
        let pending = poll_fn(|context| Poll::Ready(deciding.as_mut().poll(context).is_pending())).await;
        assert!(pending, "nothing was decided");
        assert_eq!(world.keys.refreshes(a.url()), round);
    }
    assert_eq!(world.gate.cached_tokens(), 0);
    // Requests that need no new key do not wait.
    assert_eq!(world.verdict(&Ask::get("/").bearer(&a.token().sign())).await.as_deref(), Ok("a:jane"));
    assert_eq!(world.verdict(&Ask::get("/free/x")).await.as_deref(), Ok(""));
}

/// What can be refused without a key asks for none.
#[tokio::test]
async fn refusals_before_the_signature_never_ask_the_issuer() {
    let a = Issuer::new("https://a.example", Algorithm::Es256);
    let stranger = Issuer::new("https://a.example", Algorithm::Es256).with_key_id("unheard-of");
    let world = World::new(CONFIG, &[&a]);
    for (token, code) in [
        (stranger.token().expires_in(-60).sign(), "expired"),
        (stranger.token().audience("other").sign(), "wrong_audience"),
        (stranger.token().token_type("logout+jwt").sign(), "wrong_token_kind"),
        (stranger.token().header("alg", "HS256").sign(), "algorithm_not_allowed"),
    ] {
        assert_eq!(world.verdict(&Ask::get("/").bearer(&token)).await, Err(code));
    }
    assert_eq!(world.keys.refreshes(a.url()), 0);
    assert_eq!(world.verdict(&Ask::get("/").bearer(&stranger.token().sign())).await, Err("unknown_key"));
    assert_eq!(world.keys.refreshes(a.url()), 1);
}

/// The decision's future lives on the heap of every connection.
#[test]
fn the_future_of_a_decision_stays_small() {
    let a = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&a]);
    let ask = Ask::get("/");
    let size = size_of_val(&world.ask(&ask));
    assert!(size <= 2048, "{size} bytes");
}
