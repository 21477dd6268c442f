use claimgate_crypto::Algorithm;
use claimgate_testkit::Issuer;

use crate::world::{Ask, World, grant};

fn world(routes: &str) -> (World, Issuer) {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let config = format!(
        r#"
jwt:
  - name: a
    issuer: {{ url: https://a.example, audiences: [claimgate] }}
    claimMappings: {{ username: {{ claim: sub, prefix: "" }}, groups: {{ claim: groups, prefix: "" }} }}
routes:
  - name: app
    accept: all
{routes}"#
    );
    (World::new(&config, &[&issuer]), issuer)
}

/// agentgateway#3092, authorino#505: the error of a rule or of its condition counts against the caller,
/// on whichever side the rule stands.
#[tokio::test]
async fn authorino_505_errors_of_rules_and_conditions_never_allow() {
    for (routes, verdict) in [
        ("    allow: [{ expression: 'claims.n / 0 == 1' }]", Err("not_allowed")),
        ("    allow: [{ expression: 'claims.n / 0 == 1' }, { expression: 'true' }]", Ok("jane")),
        ("    allow: [{ condition: 'claims.absent == 1', expression: 'true' }]", Err("not_allowed")),
        ("    allow: [{ condition: 'false', expression: 'true' }]", Err("not_allowed")),
        ("    allow: authenticated\n    deny: [{ expression: 'claims.n / 0 == 1' }]", Err("not_allowed")),
        (
            "    allow: authenticated\n    deny: [{ condition: 'claims.absent == 1', expression: 'false' }]",
            Err("not_allowed"),
        ),
        ("    allow: authenticated\n    deny: [{ expression: 'claims.n == 1' }]", Err("not_allowed")),
        ("    allow: authenticated\n    deny: [{ expression: 'claims.n == 2' }]", Ok("jane")),
        ("    allow: authenticated\n    deny: [{ expression: 'true', shadow: true }]", Ok("jane")),
        ("    allow: [{ expression: 'true', shadow: true }]", Err("not_allowed")),
    ] {
        let (world, issuer) = world(routes);
        let ask = Ask::get("/").bearer(&issuer.token().claim("n", 1_i64).sign());
        for _ in 0..2 {
            assert_eq!(world.verdict(&ask).await.as_deref(), verdict.as_ref().copied(), "{routes}");
        }
    }
}

/// apisix#14096 and capsule-proxy#118: every owned header is answered, with no value where there is none,
/// and names every spelling of a client's own.
#[tokio::test]
async fn every_owned_header_is_set_on_every_allow() {
    let (world, issuer) = world(
        "    allow: authenticated\n    exempt: [{ prefix: /free }]\n    headers: { x-claimgate-user: { expression: user.username }, x-team: { expression: user.groups } }",
    );
    let names = |decided: &claimgate_gate::Decided| {
        let set = grant(decided).headers().set().iter();
        set.map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect::<Vec<_>>()
    };
    let token = issuer.token().sign();
    assert_eq!(names(&world.ask(&Ask::get("/").bearer(&token)).await), ["x-claimgate-user=jane", "x-team="]);
    let exempt = world.ask(&Ask::get("/free/x").bearer(&token)).await;
    assert!(exempt.exempt);
    assert_eq!(names(&exempt), ["x-claimgate-user=", "x-team="]);
    for spelling in ["X-Team", "x_team", "X_CLAIMGATE_USER", "x-claimgate_user"] {
        assert!(world.gate.owned_headers().contains(spelling), "{spelling}");
    }
    assert!(!world.gate.owned_headers().contains("x-teams"));
}

/// k/k#94683: a group with the separator in it would be two groups to the reader.
#[tokio::test]
async fn a_group_that_holds_the_separator_is_refused() {
    let (world, issuer) = world("    allow: authenticated");
    for (groups, verdict) in [
        (vec!["dev", "ops"], Ok("jane")),
        (vec!["dev,admins"], Err("header_value_ambiguous")),
        (vec!["dev\r\nx-claimgate-user: root"], Err("header_value_ambiguous")),
        (vec![" dev"], Err("header_value_ambiguous")),
    ] {
        let ask = Ask::get("/").bearer(&issuer.token().claim("groups", groups.clone()).sign());
        assert_eq!(world.verdict(&ask).await.as_deref(), verdict.as_ref().copied(), "{groups:?}");
    }
}

/// GHSA-c5c4-8r6x-56w3 (oauth2-proxy): an address with two `@` was of the domain behind the first, or the last. The
/// rule that the guide gives takes one `@` and the whole domain.
#[tokio::test]
async fn ghsa_c5c4_8r6x_56w3_an_address_of_two_domains_is_of_none() {
    let rule = "claims.email_verified == true && claims.email.matches('^[^@]+@example[.]com$')";
    let guide = include_str!("../../../../docs/guides/writing-rules.md");
    assert!(guide.contains(rule), "the guide has another rule");
    let (world, issuer) = world(&format!("    allow: [{{ expression: \"{rule}\" }}]"));
    for (email, verified, allowed) in [
        ("jane@example.com", true, true),
        ("jane@example.com", false, false),
        ("jane@example.com@evil.example", true, false),
        ("jane@evil.example@example.com", true, false),
        ("jane@evil.example\n@example.com", true, false),
        ("jane@example.com\n", true, false),
        ("jane@example.comm", true, false),
        ("jane@examplexcom", true, false),
        ("jane@sub.example.com", true, false),
        ("@example.com", true, false),
    ] {
        let token = issuer.token().claim("email", email).claim("email_verified", verified).sign();
        assert_eq!(world.verdict(&Ask::get("/").bearer(&token)).await.is_ok(), allowed, "{email:?}");
    }
}
