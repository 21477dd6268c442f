//! Health, metrics, status, explain.

use std::collections::BTreeMap;
use std::time::Duration;

use claimgate_devprovider::{Fault, Options};
use claimgate_server::telemetry::METRICS;
use tokio::time::timeout;

use crate::client::{Ask, Via};
use crate::door::{DOORS, Door};
use crate::leaks;
use crate::provider;
use crate::world::{ROUTES, TRUSTED, World, configuration, eventually};

#[tokio::test]
async fn health_is_told_on_the_admin_listener_whatever_issuers_do() {
    let provider = provider::start().await;
    provider.fault(Fault::Down);
    let world = provider::world(&provider, TRUSTED).await;
    let admin = world.admin();
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let reply = admin.get(path).await;
        assert_eq!((reply.status, reply.text()), (200, text), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
    // An issuer that is down concerns its own tokens, until it is up again: at most five seconds later.
    let alice = Ask::get("/").host("provided.example.com").bearer(&provider.token());
    let refused = Door::EnvoyGrpc.ask(&world, &alice).await;
    assert_eq!(refused.code.as_deref(), Some("issuer_unavailable"));
    let state = || async {
        let status = admin.get("/status").await.json();
        let issuers = status["issuers"].as_array().unwrap().clone();
        issuers.into_iter().find(|issuer| issuer["issuer"] == provider.issuer_url()).unwrap()
    };
    eventually("its failure is told", || async { state().await["lastError"]["message"].is_string() }).await;
    assert_eq!(state().await["state"], "unavailable");
    provider.fault(Fault::None);
    let pass =
        eventually("its tokens pass", || async { Door::EnvoyGrpc.ask(&world, &alice).await.status == 200 });
    timeout(Duration::from_secs(6), pass).await.unwrap();
    let state = state().await;
    assert_eq!((state["state"].as_str(), state["keys"].as_u64()), (Some("fresh"), Some(2)), "{state}");
    assert_eq!(state["entries"], serde_json::json!(["provided"]));
    let metrics = admin.get("/metrics").await;
    assert!(metrics.text().contains("claimgate_issuer_available{issuer=\"provided\"} 1\n"));
    assert!(state["lastSuccess"].is_string() && state["nextRefresh"].is_string(), "{state}");
    assert_eq!(admin.get("/nothing").await.status, 404);
    // The doors are not here.
    assert_eq!(admin.send(&Ask::get("/_claimgate/check").bearer(&world.token())).await.status, 404);
    world.stop().await;
}

/// `readiness.waitFor` holds up the start, for a bounded time.
#[tokio::test]
async fn the_start_waits_for_the_issuers_that_it_is_told_to() {
    let provider = provider::start().await;
    let top = format!("{TRUSTED}\nreadiness: {{ waitFor: [jwt/provided] }}\nlimits: {{ readinessWait: 1s }}");
    let world = provider::world(&provider, &top).await;
    let status = world.admin().get("/status").await.json();
    let issuers = status["issuers"].as_array().unwrap();
    let provided = issuers.iter().find(|issuer| issuer["issuer"] == provider.issuer_url()).unwrap();
    assert_eq!(provided["state"], "fresh");
    world.stop().await;
    provider.fault(Fault::Slow);
    let mut starting = Box::pin(provider::world(&provider, &top));
    assert!(timeout(Duration::from_millis(900), &mut starting).await.is_err(), "it did not wait");
    let world = timeout(Duration::from_secs(10), starting).await.unwrap();
    assert_eq!(world.admin().get("/readyz").await.status, 200);
    world.stop().await;
}

#[tokio::test]
async fn metrics_are_openmetrics_and_count_decisions() {
    let world = World::plain().await;
    let (jane, stranger) = (world.token(), world.signed(world.issuer.token()));
    for door in DOORS {
        door.ask(&world, &Ask::get("/").bearer(&jane)).await;
        door.ask(&world, &Ask::get("/").bearer(&stranger)).await;
        door.ask(&world, &Ask::get("/")).await;
        // What is no route's is not a label: clients would choose it.
        door.ask(&world, &Ask::get("/secret-path").host("elsewhere.example.com")).await;
    }
    let reply = world.admin().get("/metrics").await;
    assert!(reply.header("content-type").unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    let text = reply.text();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        assert!(samples.insert(name.to_owned(), value).is_none(), "`{name}` stands twice");
    }
    for metric in METRICS {
        let found = samples.keys().any(|name| name.starts_with(metric.name));
        let help = format!("# HELP {} {}\n", metric.name.trim_end_matches("_total"), metric.help);
        assert!(metric.help.starts_with(char::is_uppercase) && metric.help.ends_with('.'), "{help}");
        // No route of this gateway has a shadow rule.
        let absent = metric.name == "claimgate_gate_shadow_matches_total";
        assert!(absent || (found && text.contains(&help)), "{help}");
    }
    let of = |outcome: &str, code: &str, route: &str| -> f64 {
        let wanted =
            [format!("outcome=\"{outcome}\""), format!("code=\"{code}\""), format!("route=\"{route}\"")];
        let fits = |name: &&String| {
            name.starts_with("claimgate_gate_decisions_total")
                && wanted.iter().all(|label| name.contains(label))
        };
        samples.keys().filter(fits).map(|name| samples[name]).sum()
    };
    let doors = f64::from(u8::try_from(DOORS.len()).unwrap());
    for (outcome, code, route) in [
        ("allow", "", "app"),
        ("deny", "not_allowed", "app"),
        ("challenge", "missing_credential", "app"),
        ("deny", "no_route", ""),
    ] {
        assert!((of(outcome, code, route) - doors).abs() < 0.1, "{outcome} {code} {route}\n{text}");
    }
    assert!((samples["claimgate_gate_decision_duration_seconds_count"] - 4.0 * doors).abs() < 0.1);
    for (issuer, code) in
        [("main", ""), ("main", "not_allowed"), ("", "missing_credential"), ("", "no_route")]
    {
        let labels = [format!("issuer=\"{issuer}\""), format!("code=\"{code}\"")];
        let counted = samples.keys().filter(|name| labels.iter().all(|label| name.contains(label)));
        assert!(counted.count() >= 4, "{issuer} {code}\n{text}");
    }
    assert!(samples["claimgate_gate_cached_tokens"] >= 1.0);
    assert!(!text.contains("elsewhere") && !text.contains("secret-path") && !leaks::holds_token(text));
    world.stop().await;
}

/// What a shadow rule would do is in metrics and audit at every door, of allowed requests and of refused ones,
/// of the first request of a token and of those that the cache answers.
#[tokio::test]
async fn shadow_rules_are_counted_and_audited_and_change_nothing() {
    let routes = r#"
  - name: app
    accept: jwt
    deny: [{ name: no-jane, shadow: true, expression: "user.username == 'jane'" }]
    allow:
      - { name: developers, expression: "'developers' in user.groups" }
      - { name: broken, shadow: true, expression: "claims.absent == 1" }
      - { name: nobody, shadow: true, expression: "false" }
"#;
    let world = World::start(&configuration(TRUSTED, routes)).await;
    let (jane, stranger) = (world.token(), world.signed(world.issuer.token()));
    for door in DOORS {
        for _ in 0..2 {
            assert_eq!(door.ask(&world, &Ask::get("/").bearer(&jane)).await.status, 200);
        }
        let refused = door.ask(&world, &Ask::get("/").bearer(&stranger)).await;
        assert_eq!(refused.code.as_deref(), Some("not_allowed"));
        assert_eq!(door.ask(&world, &Ask::get("/")).await.code.as_deref(), Some("missing_credential"));
    }
    let text = world.admin().get("/metrics").await.text().to_owned();
    for (effect, rule, result) in [("deny", "no-jane", "true"), ("allow", "broken", "error")] {
        let labels = format!("route=\"app\",effect=\"{effect}\",rule=\"{rule}\",result=\"{result}\"");
        let sample = format!("claimgate_gate_shadow_matches_total{{{labels}}} {}\n", 3 * DOORS.len());
        assert!(text.contains(&sample), "{sample}{text}");
    }
    assert!(!text.contains("rule=\"nobody\"") && !text.contains("rule=\"developers\""), "{text}");
    let records = world.stop().await;
    assert_eq!(records.len(), 4 * DOORS.len());
    for record in records {
        let shadow = &record["shadow"];
        if record["outcome"] == "challenge" {
            assert!(shadow.is_null(), "{record}");
            continue;
        }
        let error = shadow[1]["error"].as_str().unwrap();
        assert!(error.contains("absent"), "{error}");
        let expected = serde_json::json!([
            { "effect": "deny", "rule": "no-jane", "error": null },
            { "effect": "allow", "rule": "broken", "error": error },
        ]);
        assert_eq!(shadow, &expected);
    }
}

/// CVE-2022-31102: an error page showed what an issuer had sent as it was.
#[tokio::test]
async fn cve_2022_31102_the_status_page_escapes_what_others_say() {
    const SCRIPT: &str = "<script>alert(1)</script>";
    let options = Options { key_id_prefix: Some(SCRIPT.to_owned()), ..Options::default() };
    let provider = provider::start_with(options).await;
    let world = provider::world(&provider, TRUSTED).await;
    let admin = world.admin();
    eventually("its keys are there", || async { admin.get("/status").await.text().contains(SCRIPT) }).await;
    world.folder.write("claimgate.yaml", &format!("version: 1\n\"{SCRIPT}\": 1\n"));
    let refused = || async { admin.get("/status").await.json()["configuration"]["refused"]["cause"].clone() };
    eventually("the change is refused", || async { refused().await.is_string() }).await;
    assert!(refused().await.as_str().unwrap().contains("unknown_key"));
    for accept in ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8"] {
        let page = admin.send(&Ask::get("/status").header("accept", accept)).await;
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert!(!page.text().contains("<script"), "{}", page.text());
        // Both are shown all the same.
        assert!(page.text().matches("script&#62;alert(1)").count() >= 2, "{}", page.text());
    }
    let json = admin.get("/status").await;
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert_eq!(json.header("x-content-type-options"), Some("nosniff"));
    world.stop().await;
}

#[tokio::test]
async fn explain_answers_only_where_it_is_turned_on_and_shows_no_token() {
    let off = World::plain().await;
    let on =
        World::start(&configuration(&TRUSTED.replace("admin: { ", "admin: { explain: true, "), ROUTES)).await;
    let token = on.token();
    let question = serde_json::json!({
        "method": "GET",
        "url": "https://app.example.com/a?access_token=x",
        "headers": { "X-Claimgate-User": "planted" },
        "token": token,
    });
    let refused = off.admin().send(&Ask::post("/explain", question.to_string())).await;
    assert_eq!(refused.status, 404);
    assert!(!leaks::holds_token(refused.text()));
    for via in [Via::Http1, Via::Http2] {
        let client = crate::client::Client::new(on.admin, via);
        let reply = client.send(&Ask::post("/explain", question.to_string())).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let decision = reply.json()["decision"].clone();
        assert_eq!((decision["outcome"].as_str(), decision["route"].as_str()), (Some("allow"), Some("app")));
        assert_eq!(decision["identity"]["username"], "jane");
        assert!(!leaks::holds_token(reply.text()), "{}", reply.text());
    }
    let forged = on.signed(on.jane().header("kid", "nobody's"));
    let in_header = serde_json::json!({
        "url": "https://app.example.com/",
        "headers": { "authorization": format!("Bearer {forged}") },
    });
    let reply = on.admin().send(&Ask::post("/explain", in_header.to_string())).await;
    assert_eq!(reply.json()["decision"]["code"], "unknown_key", "{}", reply.text());
    assert!(!leaks::holds_token(reply.text()));
    for bad in ["", "[]", "{}", "{\"url\":1}", "{\"url\":\"https://a/\",\"headers\":{\"a b\":\"c\"}}"] {
        assert_eq!(on.admin().send(&Ask::post("/explain", bad)).await.status, 400, "{bad}");
    }
    assert_eq!(on.admin().get("/explain").await.status, 405);
    off.stop().await;
    on.stop().await;
}
