use claimgate_crypto::Algorithm;
use claimgate_testkit::{Issuer, NOW};

use crate::world::{Ask, World, grant, verdict};

const CONFIG: &str = r#"
jwt:
  - name: a
    issuer: { url: https://a.example, audiences: [claimgate, wide] }
    claimMappings: { username: { claim: sub, prefix: "" }, groups: { claim: groups, prefix: "" } }
routes:
  - { name: app, hosts: [app.example], accept: all, allow: authenticated }
  - name: admins
    hosts: [admin.example]
    accept: all
    allow: [{ expression: "'admins' in user.groups" }, { name: watched, shadow: true, expression: 'true' }]
  - name: reads
    hosts: [reads.example]
    accept: all
    allow: [{ expression: "request.path.startsWith('/mine/') && request.method == 'GET'" }]
    headers: { x-path: { expression: request.path } }
  - { name: narrow, hosts: [narrow.example], accept: all, audiences: [claimgate], allow: authenticated }
"#;

fn issuer() -> Issuer {
    Issuer::new("https://a.example", Algorithm::Es256)
}

/// CVE-2021-32701 (Oathkeeper): the key of a cache missed an input of the decision.
/// GHSA-mvgg-jvj2-4frq (agentgateway): what was made on one route was good on another.
#[tokio::test]
async fn cve_2021_32701_a_token_that_one_route_took_is_decided_anew_on_every_other() {
    let issuer = issuer();
    let world = World::new(CONFIG, &[&issuer]);
    let token = issuer.token().audience("wide").sign();
    let on = |host: &str| Ask::get("/").host(host).bearer(&token);
    for _ in 0..2 {
        assert_eq!(world.verdict(&on("app.example")).await.as_deref(), Ok("jane"));
        assert_eq!(world.verdict(&on("admin.example")).await, Err("not_allowed"));
        assert_eq!(world.verdict(&on("narrow.example")).await, Err("wrong_audience"));
    }
}

/// What reads the request is evaluated for each request of the same token.
#[tokio::test]
async fn rules_over_the_request_are_never_answered_from_the_cache() {
    let issuer = issuer();
    let world = World::new(CONFIG, &[&issuer]);
    let token = issuer.token().sign();
    let to = |path: &str| Ask::get(path).host("reads.example").bearer(&token);
    for _ in 0..2 {
        assert_eq!(world.verdict(&to("/mine/1")).await.as_deref(), Ok("jane"));
        assert_eq!(world.verdict(&to("/other")).await, Err("not_allowed"));
        assert_eq!(world.verdict(&to("/mine/1").method("POST")).await, Err("not_allowed"));
    }
    for path in ["/mine/1", "/mine/2"] {
        let decided = world.ask(&to(path)).await;
        let (name, value) = &grant(&decided).headers().set()[0];
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-path", path));
    }
}

#[tokio::test]
async fn a_cached_token_ends_with_its_expiry() {
    let issuer = issuer();
    let world = World::new(CONFIG, &[&issuer]);
    let ask = Ask::get("/").bearer(&issuer.token().expires_in(300).sign());
    assert_eq!(world.verdict(&ask).await.as_deref(), Ok("jane"));
    assert_eq!(world.gate.cached_tokens(), 1);
    assert_eq!(world.verdict_at(&ask, NOW + 299).await.as_deref(), Ok("jane"));
    // Past `exp` the cache has no say: within the skew the token is verified anew, then refused.
    world.keys.take_away(issuer.url());
    assert_eq!(world.verdict_at(&ask, NOW + 300).await, Err("issuer_unavailable"));
    assert_eq!(world.verdict_at(&ask, NOW + 330).await, Err("expired"));
}

/// Tokens that differ in one bit of the signature, or are a part of each other, never meet.
#[tokio::test]
async fn a_token_like_a_cached_one_is_verified_itself() {
    let issuer = issuer();
    let world = World::new(CONFIG, &[&issuer]);
    let token = issuer.token().sign();
    assert_eq!(world.verdict(&Ask::get("/").bearer(&token)).await.as_deref(), Ok("jane"));
    let swapped = if token.ends_with('A') { 'Q' } else { 'A' };
    let changed = format!("{}{swapped}", &token[..token.len() - 1]);
    for other in [&token[..token.len() - 1], &format!("{token}A"), &changed] {
        assert!(world.verdict(&Ask::get("/").bearer(other)).await.is_err());
    }
}

#[tokio::test]
async fn a_hit_says_what_the_first_decision_said() {
    let issuer = issuer();
    let world = World::new(CONFIG, &[&issuer]);
    let groups: claimgate_json::Json = vec!["admins", "dev"].into();
    let ask = Ask::get("/").host("admin.example").bearer(&issuer.token().claim("groups", groups).sign());
    let (first, second) = (world.ask(&ask).await, world.ask(&ask).await);
    assert_eq!(world.gate.cached_tokens(), 1);
    assert_eq!(verdict(&first).as_deref(), Ok("jane"));
    assert_eq!(grant(&first).headers(), grant(&second).headers());
    assert_eq!(grant(&first).rule(), grant(&second).rule());
    assert_eq!(first.decision.shadow().as_ref().unwrap()[0].rule.as_ref(), "watched");
    assert_eq!(first.decision.shadow(), second.decision.shadow());
    assert_eq!(first.identity, second.identity);
    let (first, second) = (first.credential.unwrap(), second.credential.unwrap());
    assert_eq!((first.digest, first.entry), (second.digest, second.entry));
}

/// However many tokens come, the cache keeps its size, and what it gave up is verified anew.
#[tokio::test]
async fn a_flood_of_tokens_keeps_the_cache_in_its_bounds() {
    let issuer = issuer();
    let world = World::new(CONFIG, &[&issuer]);
    for n in 0..1500 {
        let subject = n.to_string();
        let ask = Ask::get("/").bearer(&issuer.token().subject(&subject).sign());
        assert_eq!(world.verdict(&ask).await, Ok(subject));
    }
    assert!((1..=1024).contains(&world.gate.cached_tokens()), "{}", world.gate.cached_tokens());
}
