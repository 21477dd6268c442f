//! What is remembered of tokens that were refused, and what never is.

use claimgate_core::decision::Decision;
use claimgate_core::time::Timestamp;
use claimgate_crypto::Algorithm;
use claimgate_gate::Decided;
use claimgate_testkit::{Broken, Issuer, NOW};

use crate::world::{Ask, World, verdict};

const CONFIG: &str = r"
jwt:
  - name: a
    issuer: { url: https://a.example, audiences: [claimgate] }
    claimMappings: { username: { claim: sub, prefix: '' } }
routes:
  - { name: app, accept: all, allow: authenticated }
";

fn issuer() -> Issuer {
    Issuer::new("https://a.example", Algorithm::Es256)
}

/// Code, cause and digest: all that the answer and the audit log say of a refused token.
fn refusal(decided: &Decided) -> (&'static str, String, String, Option<String>) {
    let Decision::Deny(denial) = &decided.decision else { panic!("not refused: {decided:?}") };
    assert_eq!(decided.route.as_ref().unwrap().name.as_ref(), "app");
    let credential = decided.credential.as_ref().unwrap();
    assert_eq!(credential.kind, "jwt");
    let entry = credential.entry.as_ref().map(ToString::to_string);
    (denial.reason.code(), denial.detail.to_string(), credential.digest.to_string(), entry)
}

#[tokio::test]
async fn a_repeated_refusal_says_what_the_first_one_said() {
    let (a, other) = (issuer(), Issuer::new("https://b.example", Algorithm::Es256));
    let unheard = Issuer::new("https://a.example", Algorithm::Es256).with_key_id("unheard-of");
    let forged = Issuer::new("https://a.example", Algorithm::Es256).with_key_id("shared");
    let a = a.with_key_id("shared");
    let world = World::new(CONFIG, &[&a]);
    let mut digests = std::collections::HashSet::new();
    for (token, code) in [
        (a.token().broken(Broken::RepeatedClaim), "malformed_credential"),
        (other.token().sign(), "unknown_issuer"),
        (a.token().audience("other").sign(), "wrong_audience"),
        (a.token().expires_in(-60).sign(), "expired"),
        (a.token().token_type("logout+jwt").sign(), "wrong_token_kind"),
        (unheard.token().sign(), "unknown_key"),
        (forged.token().sign(), "bad_signature"),
    ] {
        let ask = Ask::get("/").bearer(&token);
        let first = refusal(&world.ask(&ask).await);
        assert_eq!(first.0, code);
        // Whom it is meant for is known as soon as its issuer is.
        let known = !["malformed_credential", "unknown_issuer"].contains(&code);
        assert_eq!(first.3.as_deref(), known.then_some("a"), "{code}");
        for _ in 0..3 {
            assert_eq!(refusal(&world.ask(&ask).await), first);
        }
        assert!(digests.insert(first.2), "{code}");
    }
    assert_eq!(world.verdict(&Ask::get("/").bearer(&a.token().sign())).await.as_deref(), Ok("jane"));
}

/// Who sends one bad token over and over has it looked at once a second.
#[tokio::test]
async fn a_refused_token_is_remembered_for_a_second() {
    let unheard = issuer().with_key_id("unheard-of");
    let a = issuer();
    let world = World::new(CONFIG, &[&a]);
    let ask = Ask::get("/").bearer(&unheard.token().sign());
    let begin = NOW * 1000;
    for (milliseconds, refreshes) in
        [(0, 1), (1, 1), (999, 1), (1000, 2), (1999, 2), (5000, 3), (4999, 4), (100, 5)]
    {
        let decided = world.ask_at_time(&ask, Timestamp::from_milliseconds(begin + milliseconds)).await;
        assert_eq!(verdict(&decided), Err("unknown_key"));
        assert_eq!(world.keys.refreshes(a.url()), refreshes, "after {milliseconds} ms");
    }
}

#[tokio::test]
async fn a_new_key_counts_at_once_for_tokens_that_were_refused_without_it() {
    let mut a = issuer();
    let world = World::new(CONFIG, &[&a]);
    a.rotate(Algorithm::Es256);
    let ask = Ask::get("/").bearer(&a.token().sign());
    assert_eq!(world.verdict(&ask).await, Err("unknown_key"));
    world.keys.publish(a.url(), a.key_set());
    assert_eq!(world.verdict(&ask).await.as_deref(), Ok("jane"));

    // The key of a key ID is replaced.
    let forged = issuer().with_key_id(a.key().id().as_str());
    let ask = Ask::get("/").bearer(&forged.token().sign());
    assert_eq!(world.verdict(&ask).await, Err("bad_signature"));
    world.keys.publish(a.url(), forged.key_set());
    assert_eq!(world.verdict(&ask).await.as_deref(), Ok("jane"));
}

#[tokio::test]
async fn what_may_be_over_in_a_moment_is_not_remembered() {
    let a = issuer();
    let world = World::new(CONFIG, &[&a]);

    world.keys.take_away(a.url());
    let ask = Ask::get("/").bearer(&a.token().sign());
    assert_eq!(world.verdict(&ask).await, Err("issuer_unavailable"));
    world.keys.publish(a.url(), a.key_set());
    assert_eq!(world.verdict(&ask).await.as_deref(), Ok("jane"));

    // Half a second too early for the skew of 30 s, and half a second later.
    let ask = Ask::get("/").bearer(&a.token().claim("nbf", NOW + 31).sign());
    let at = |milliseconds| Timestamp::from_milliseconds(NOW * 1000 + milliseconds);
    assert_eq!(verdict(&world.ask_at_time(&ask, at(999)).await), Err("not_yet_valid"));
    assert_eq!(verdict(&world.ask_at_time(&ask, at(1000)).await).as_deref(), Ok("jane"));
}

/// Somebody sets the clock right again: what had expired by the wrong time is good.
#[tokio::test]
async fn a_clock_that_is_set_back_takes_refusals_back() {
    let a = issuer();
    let world = World::new(CONFIG, &[&a]);
    let ask = Ask::get("/").bearer(&a.token().expires_in(300).sign());
    assert_eq!(world.verdict_at(&ask, NOW + 330).await, Err("expired"));
    assert_eq!(world.verdict_at(&ask, NOW).await.as_deref(), Ok("jane"));
}
