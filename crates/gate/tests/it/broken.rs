use claimgate_crypto::Algorithm;
use claimgate_testkit::{Broken, Issuer, NOW};

use crate::world::{Ask, World};

const CONFIG: &str = r#"
jwt:
  - name: a
    issuer: { url: https://a.example, audiences: [claimgate] }
    claimMappings: { username: { claim: sub, prefix: "" } }
routes:
  - { name: app, accept: all, allow: authenticated, anonymous: { username: nobody } }
"#;

/// Every fault of a token is refused with its code, whichever kind of key signs; and never taken for
/// the absence of a token, though the route has an anonymous identity.
#[tokio::test]
async fn every_broken_token_is_refused() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let issuer = Issuer::new("https://a.example", algorithm);
        let world = World::new(CONFIG, &[&issuer]);
        let good = Ask::get("/").bearer(&issuer.token().sign());
        assert_eq!(world.verdict(&good).await.as_deref(), Ok("jane"));
        for fault in Broken::ALL {
            let token = issuer.token().broken(fault);
            let ask = Ask::get("/").header("authorization", &format!("Bearer {}", token.replace('\n', " ")));
            assert_eq!(world.verdict(&ask).await, Err(code(fault)), "{fault:?} {algorithm:?}");
            // The refusal left nothing behind that lets the next one pass.
            assert_eq!(world.verdict(&ask).await, Err(code(fault)), "{fault:?} {algorithm:?} again");
        }
        assert_eq!(world.verdict(&Ask::get("/")).await.as_deref(), Ok("nobody"));
    }
}

fn code(fault: Broken) -> &'static str {
    match fault {
        Broken::SignatureBit
        | Broken::ChangedClaim
        | Broken::ChangedHeader
        | Broken::ForeignKey
        | Broken::EmbeddedKey
        | Broken::ShortSignature
        | Broken::LongSignature => "bad_signature",
        Broken::PublicKeyAsSecret
        | Broken::Unsigned
        | Broken::UnsignedMixedCase
        | Broken::UnknownAlgorithm => "algorithm_not_allowed",
        _ => "malformed_credential",
    }
}

/// CVE-2026-25537: `exp` and `nbf` of another JSON type counted as absent.
#[tokio::test]
async fn cve_2026_25537_a_date_of_the_wrong_type_is_not_an_absent_one() {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&issuer]);
    for claim in ["exp", "nbf", "iat"] {
        for value in [
            claimgate_json::Json::from("1"),
            claimgate_json::Json::Null,
            claimgate_json::Json::from(true),
            claimgate_json::Json::from(vec![NOW]),
        ] {
            let token = issuer.token().claim(claim, value.clone()).sign();
            let verdict = world.verdict(&Ask::get("/").bearer(&token)).await;
            assert_eq!(verdict, Err("malformed_credential"), "{claim} {value}");
        }
    }
}

/// CVE-2022-29165 (Argo CD): with anonymous access on, a forged token was let in.
#[tokio::test]
async fn cve_2022_29165_an_invalid_credential_is_never_anonymous() {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let stranger = Issuer::new("https://stranger.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&issuer]);
    for (value, code) in [
        ("Bearer nothing".to_owned(), "malformed_credential"),
        ("Bearer ".to_owned(), "malformed_credential"),
        ("Basic amFuZTpzZWNyZXQ=".to_owned(), "malformed_credential"),
        (String::new(), "malformed_credential"),
        (format!("Bearer {}", stranger.token().sign()), "unknown_issuer"),
        (format!("Bearer {}", issuer.token().expires_in(-60).sign()), "expired"),
        (format!("Bearer {}", issuer.token().audience("other").sign()), "wrong_audience"),
    ] {
        let ask = Ask::get("/").header("authorization", &value);
        assert_eq!(world.verdict(&ask).await, Err(code), "{value}");
    }
}

/// CVE-2026-28229 (Argo Workflows): the mere text `Bearer nothing` was enough.
/// Kargo e12bf803d: an opaque bearer token was passed on unverified.
#[tokio::test]
async fn cve_2026_28229_an_opaque_bearer_is_refused() {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&issuer]);
    for token in ["nothing", "ghp_0123456789", "v2:abc", "a.b.c", "null"] {
        let verdict = world.verdict(&Ask::get("/").bearer(token)).await;
        assert_eq!(verdict, Err("malformed_credential"), "{token}");
    }
}

/// CVE-2023-22482 (Argo CD), CVE-2022-29226 (Envoy): a token for somebody else was good enough.
#[tokio::test]
async fn cve_2023_22482_the_audience_is_always_compared() {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&issuer]);
    for (token, verdict) in [
        (issuer.token().audience("claimgate"), Ok("jane")),
        (issuer.token().audiences(&["x", "claimgate"]), Ok("jane")),
        (issuer.token().audiences(&["x", "y"]), Err("wrong_audience")),
        (issuer.token().audience("Claimgate"), Err("wrong_audience")),
        (issuer.token().audience("claimgate "), Err("wrong_audience")),
        (issuer.token().audience("https://claimgate"), Err("wrong_audience")),
        (issuer.token().without("aud"), Err("wrong_audience")),
        (issuer.token().audiences(&[]), Err("wrong_audience")),
    ] {
        let ask = Ask::get("/").bearer(&token.sign());
        assert_eq!(world.verdict(&ask).await.as_deref(), verdict.as_ref().copied(), "{verdict:?}");
    }
}

/// authorino#656: trust came from having fetched keys at a URL; `iss` was not compared.
#[tokio::test]
async fn authorino_656_the_issuer_is_compared_byte_for_byte() {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&issuer]);
    for iss in ["https://a.example/", "https://A.example", "http://a.example", "https://b.example", ""] {
        let token = issuer.token().claim("iss", iss).sign();
        assert_eq!(world.verdict(&Ask::get("/").bearer(&token)).await, Err("unknown_issuer"), "{iss}");
    }
    let token = issuer.token().without("iss").sign();
    assert_eq!(world.verdict(&Ask::get("/").bearer(&token)).await, Err("malformed_credential"));
}

/// Kinds of token are told apart by `typ` (RFC 8725 §3.11) and by Keycloak's claim of that name.
#[tokio::test]
async fn only_tokens_that_are_meant_as_bearers_are_taken() {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&issuer]);
    for (typ, taken) in [
        ("JWT", true),
        ("jwt", true),
        ("at+jwt", true),
        ("application/at+jwt", true),
        ("logout+jwt", false),
        ("dpop+jwt", false),
        ("secevent+jwt", false),
        ("odd", false),
    ] {
        let token = issuer.token().token_type(typ).sign();
        let verdict = world.verdict(&Ask::get("/").bearer(&token)).await;
        assert_eq!(verdict.as_deref(), if taken { Ok("jane") } else { Err(&"wrong_token_kind") }, "{typ}");
    }
    for typ in ["Refresh", "Offline", "Logout"] {
        let token = issuer.token().claim("typ", typ).sign();
        assert_eq!(world.verdict(&Ask::get("/").bearer(&token)).await, Err("wrong_token_kind"), "{typ}");
    }
}

/// The skew of 30 s counts on both sides and ends where it says.
#[tokio::test]
async fn times_hold_to_the_second() {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(CONFIG, &[&issuer]);
    let token = issuer.token();
    for (token, verdict) in [
        (token.clone().expires_in(-29), Ok("jane")),
        (token.clone().expires_in(-30), Err("expired")),
        (token.clone().not_before_in(30), Ok("jane")),
        (token.clone().not_before_in(31), Err("not_yet_valid")),
        (token.clone().issued_in(30), Ok("jane")),
        (token.clone().issued_in(31), Err("not_yet_valid")),
        (token.clone().without("exp"), Err("malformed_credential")),
        (token.clone().without("sub"), Err("claims_rejected")),
        (token.clone().subject(""), Err("claims_rejected")),
    ] {
        let ask = Ask::get("/").bearer(&token.sign());
        assert_eq!(world.verdict(&ask).await.as_deref(), verdict.as_ref().copied(), "{verdict:?}");
    }
}
