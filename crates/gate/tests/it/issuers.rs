use std::fmt::Write as _;

use claimgate_crypto::Algorithm;
use claimgate_testkit::Issuer;

use crate::world::{Ask, World};

/// Any number of issuers stand beside each other; each token is its own issuer's alone.
#[tokio::test]
async fn a_thousand_issuers_are_told_apart() {
    let issuers: Vec<_> =
        (0..1000).map(|n| Issuer::new(format!("https://i{n}.example"), Algorithm::Es256)).collect();
    let mut config = "jwt:\n".to_owned();
    for n in 0..issuers.len() {
        writeln!(
            config,
            "  - {{ name: entry-{n}, issuer: {{ url: \"https://i{n}.example\", audiences: [claimgate] }} }}"
        )
        .unwrap();
    }
    config.push_str("routes: [{ name: app, accept: all, allow: authenticated }]\n");
    let world = World::new(&config, &issuers.iter().collect::<Vec<_>>());
    for n in [0, 1, 499, 500, 999] {
        let ask = Ask::get("/").bearer(&issuers[n].token().sign());
        assert_eq!(world.verdict(&ask).await, Ok(format!("entry-{n}:jane")));
        let other = issuers[(n + 1) % 1000].url();
        let forged = Ask::get("/").bearer(&issuers[n].token().claim("iss", other).sign());
        assert_eq!(world.verdict(&forged).await, Err("unknown_key"));
    }
    let stranger = Issuer::new("https://i1000.example", Algorithm::Es256);
    assert_eq!(world.verdict(&Ask::get("/").bearer(&stranger.token().sign())).await, Err("unknown_issuer"));
}

const ALIASES: &str = r#"
jwt:
  - name: google
    issuer: { url: https://accounts.example.com, aliases: [accounts.example.com], audiences: [claimgate] }
  - name: entra
    issuer:
      url: https://login.example.com/t1/v2.0
      aliasTemplates: [{ template: "https://login.example.com/{tenant}/v2.0", values: [t2, t3] }]
      audiences: [claimgate]
routes: [{ name: app, accept: all, allow: authenticated }]
"#;

/// Other spellings of an issuer are a closed list; what looks like one of them is nobody.
#[tokio::test]
async fn an_alias_is_one_of_a_closed_list() {
    let google = Issuer::new("https://accounts.example.com", Algorithm::Es256);
    let entra = Issuer::new("https://login.example.com/t1/v2.0", Algorithm::Es256);
    let world = World::new(ALIASES, &[&google, &entra]);
    for (issuer, says, verdict) in [
        (&google, "https://accounts.example.com", Ok("google:jane")),
        (&google, "accounts.example.com", Ok("google:jane")),
        (&google, "http://accounts.example.com", Err("unknown_issuer")),
        (&google, "accounts.example.com/", Err("unknown_issuer")),
        (&google, "Accounts.example.com", Err("unknown_issuer")),
        (&entra, "https://login.example.com/t1/v2.0", Ok("entra:jane")),
        (&entra, "https://login.example.com/t2/v2.0", Ok("entra:jane")),
        (&entra, "https://login.example.com/t3/v2.0", Ok("entra:jane")),
        (&entra, "https://login.example.com/t4/v2.0", Err("unknown_issuer")),
        (&entra, "https://login.example.com/{tenant}/v2.0", Err("unknown_issuer")),
        (&entra, "https://login.example.com/t2/../t4/v2.0", Err("unknown_issuer")),
        (&entra, "https://login.example.com//v2.0", Err("unknown_issuer")),
        // The keys are the issuer's, whichever of its names a token has.
        (&google, "https://login.example.com/t2/v2.0", Err("unknown_key")),
    ] {
        let ask = Ask::get("/").bearer(&issuer.token().claim("iss", says).sign());
        assert_eq!(world.verdict(&ask).await.as_deref(), verdict.as_ref().copied(), "{says}");
    }
}

/// Without a credential a route may take its callers for somebody named, whom rules and headers know; a credential
/// that is no good is refused all the same.
#[tokio::test]
async fn an_anonymous_identity_is_named_and_under_the_rules() {
    let config = r#"
jwt: [{ name: a, issuer: { url: https://a.example, audiences: [claimgate] } }]
routes:
  - name: app
    accept: all
    anonymous: { username: guest, groups: [visitors] }
    deny: [{ expression: "user.username == 'guest' && request.path.startsWith('/private')" }]
    allow: [{ expression: "'visitors' in user.groups || has(claims.sub)" }]
  - { name: closed, hosts: [closed.example], accept: all, allow: authenticated }
"#;
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let world = World::new(config, &[&issuer]);
    let (good, late) = (issuer.token().sign(), issuer.token().expires_in(-3600).sign());
    for (ask, verdict) in [
        (Ask::get("/"), Ok("guest")),
        (Ask::get("/private/x"), Err("not_allowed")),
        (Ask::get("/private/x").bearer(&good), Ok("a:jane")),
        (Ask::get("/").bearer(&late), Err("expired")),
        (Ask::get("/").bearer("nothing"), Err("malformed_credential")),
        // Never the default.
        (Ask::get("/").host("closed.example"), Err("missing_credential")),
    ] {
        assert_eq!(world.verdict(&ask).await.as_deref(), verdict.as_ref().copied());
    }
}

/// Whoever adds an await to the path of a decision adds a test that ends the decision there: here, and beside
/// `authorino_649_a_decision_that_is_given_up_leaves_nothing_behind`.
#[test]
fn every_await_of_a_decision_is_known() {
    let sources = [include_str!("../../src/gate.rs"), include_str!("../../src/authenticators/jwt.rs")];
    let lines = sources.iter().flat_map(|source| source.lines());
    let awaits: Vec<_> = lines.filter(|line| line.contains(".await")).collect();
    let waited_for: Vec<_> = awaits.iter().map(|line| line.trim().rsplit_once('.').unwrap().0).collect();
    assert_eq!(waited_for.len(), 4, "{waited_for:#?}");
    for what in ["self.with_bearer(", "self.authenticator.authenticate(", "key_snapshot(", "keys.refresh("] {
        assert!(waited_for.iter().any(|awaited| awaited.contains(what)), "{what}: {waited_for:#?}");
    }
}
