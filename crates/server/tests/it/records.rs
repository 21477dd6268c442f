//! What is told of a decision beside its answer: the audit record, and Envoy's dynamic metadata.

use std::process::Command;
use std::time::Duration;

use claimgate_crypto::Algorithm;
use claimgate_testkit::Issuer;
use claimgate_testkit::envoy::{Kind, Struct};
use serde_json::{Value, json};

use crate::client::{Ask, Via};
use crate::door::Door;
use crate::envoy;
use crate::folder::Folder;
use crate::world::{ISSUER, ROUTES, TRUSTED, World, configuration, start};

/// The fields of version 1, in their order.
const FIELDS: [&str; 20] = [
    "version",
    "time",
    "decisionId",
    "requestId",
    "traceId",
    "adapter",
    "route",
    "outcome",
    "status",
    "code",
    "detail",
    "request",
    "credential",
    "identity",
    "serviceAccount",
    "account",
    "rule",
    "shadow",
    "exempt",
    "durationMicroseconds",
];

/// Version 1: every record has every field, and what they hold is what the documentation says.
#[tokio::test]
async fn a_record_has_every_field_of_its_version() {
    let world = World::plain().await;
    let (jane, stranger) = (world.token(), world.signed(world.issuer.token()));
    let about = |target: &str| {
        let ask =
            Ask::get(target).header("x-request-id", "of-the-caller").header("x-forwarded-for", "192.0.2.7");
        Door::Forwarded(Via::Http1).check_request(&ask)
    };
    let client = world.client(Via::Http1);
    for ask in [
        about("/a?code=secret").bearer(&jane),
        about("/public/logo"),
        about("/a"),
        about("/a").bearer(&stranger),
        about("/a//b").bearer(&jane),
    ] {
        client.send(&ask).await;
    }
    let records = world.stop().await;
    let page = include_str!("../../../../docs/concepts/audit.md");
    for record in &records {
        let names: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, FIELDS, "{record}");
        assert!(names.iter().all(|name| page.contains(&format!("`{name}`"))), "a field is not documented");
        assert_eq!((&record["version"], &record["requestId"]), (&json!(1), &json!("of-the-caller")));
        let time = record["time"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z') && time.as_bytes()[19] == b'.', "{time}");
        assert_eq!(record["request"].as_object().unwrap().len(), 4);
        assert!(!record.to_string().contains("secret"), "{record}");
    }
    let [allowed, exempt, challenged, refused, ambiguous] = &records[..] else { panic!("{records:?}") };
    let of = |record: &Value| -> Value {
        let names = ["outcome", "status", "code", "route", "rule", "exempt"];
        names.iter().map(|name| record[name].clone()).collect()
    };
    let rule = "'developers' in user.groups";
    assert_eq!(of(allowed), json!(["allow", 200, null, "app", rule, false]));
    let request = json!({"method": "GET", "host": "app.example.com", "path": "/a", "client": "192.0.2.7"});
    assert_eq!(allowed["request"], request);
    let identity = json!({"username": "jane", "uid": "", "groups": ["developers"]});
    assert_eq!((&allowed["identity"], &allowed["credential"]["kind"]), (&identity, &json!("jwt")));
    assert_eq!(allowed["credential"]["entry"], "main");
    assert_eq!(allowed["credential"]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(of(exempt), json!(["allow", 200, null, "app", null, true]));
    assert!(exempt["identity"].is_null() && exempt["credential"].is_null());
    assert_eq!(of(challenged), json!(["challenge", 401, "missing_credential", "app", null, false]));
    assert_eq!(of(refused), json!(["deny", 403, "not_allowed", "app", null, false]));
    assert_eq!(refused["identity"]["username"], "jane");
    assert_eq!(of(ambiguous), json!(["deny", 400, "bad_request", null, null, false]));
    assert_ne!(allowed["credential"]["digest"], refused["credential"]["digest"]);
}

/// A log that takes nothing costs records, which are counted, and a bounded time; never a wrong answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_audit_log_costs_counted_records_and_no_decision() {
    let folder = Folder::new();
    let pipe = folder.join("audit.jsonl");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // A reader that reads nothing.
    let reader = std::fs::File::options().read(true).write(true).open(&pipe).unwrap();
    let issuer = Issuer::new(ISSUER, Algorithm::Es256);
    folder.write("keys.json", &issuer.jwk_set());
    folder
        .write("claimgate.yaml", &configuration(&format!("{TRUSTED}\nlimits: {{ auditWait: 1ms }}"), ROUTES));
    let server =
        start(&folder.join("claimgate.yaml"), claimgate_server::serve::Overrides::default()).await.unwrap();
    let world = World::serve(folder, issuer, server);
    let jane = world.token();
    let lost = || async {
        let metrics = world.admin().get("/metrics").await;
        let name = "claimgate_audit_dropped_records_total ";
        let line = metrics.text().lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
        line.unwrap().parse::<u64>().unwrap()
    };
    let mut connection = world.client(Via::Http2).connect().await.unwrap();
    let mut asked = 0;
    while lost().await < 3 {
        for _ in 0..1000 {
            let allowed = connection.send(&Ask::get("/_claimgate/check").bearer(&jane)).await.unwrap();
            assert_eq!((allowed.status, allowed.header("x-claimgate-user")), (200, Some("jane")));
        }
        let refused = connection.send(&Ask::get("/_claimgate/check")).await.unwrap();
        assert_eq!(refused.code().as_deref(), Some("missing_credential"));
        asked += 1001;
        assert!(asked < 100_000, "no record was lost");
    }
    // The end waits for it, and not for ever.
    let (serving, _folder) = world.end();
    tokio::time::timeout(Duration::from_secs(15), serving).await.unwrap().unwrap();
    drop(reader);
}

/// Envoy hands the metadata of an allow to its other filters and its access log.
#[tokio::test]
async fn an_allow_over_grpc_carries_dynamic_metadata() {
    let world = World::plain().await;
    let bearer = [("authorization".to_owned(), format!("Bearer {}", world.token()))];
    let told = |metadata: Option<Struct>| -> Value {
        let members = metadata.unwrap_or_default().fields.into_iter().map(|(name, value)| {
            let value = match value.kind.unwrap() {
                Kind::Text(text) => json!(text),
                Kind::List(list) => {
                    let texts = list.values.into_iter().map(|value| match value.kind {
                        Some(Kind::Text(text)) => json!(text),
                        other => panic!("{other:?}"),
                    });
                    texts.collect()
                }
            };
            (name, value)
        });
        members.collect::<serde_json::Map<_, _>>().into()
    };
    let check = async |path: &str, headers: &[(String, String)]| {
        let request = envoy::about("GET", "app.example.com", path, headers);
        told(envoy::check(world.public, request).await.unwrap().dynamic_metadata)
    };
    let mut allowed = check("/", &bearer).await;
    let id = allowed.as_object_mut().unwrap().remove("decisionId").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 32);
    let expected = json!({ "user": "jane", "groups": ["developers"], "route": "app", "entry": "main" });
    assert_eq!(allowed, expected);
    // Nobody is behind an exempt path, and nothing is told of who was refused.
    assert_eq!(check("/public", &bearer).await, json!({}));
    assert_eq!(check("/", &[]).await, json!({}));
    world.stop().await;
}

/// HS256 is for a key of the configuration's own, and for an entry that names it.
#[tokio::test]
async fn a_shared_secret_verifies_only_where_it_is_asked_for() {
    let secret = claimgate_crypto::base64url::encode([7_u8; 32]);
    let keys = format!("{{\"keys\":[{{\"kty\":\"oct\",\"kid\":\"own\",\"k\":\"{secret}\"}}]}}");
    let config = configuration(TRUSTED, "  - { name: app, accept: jwt, allow: authenticated }\n");
    let inline = format!("{{ inline: '{keys}' }}\n    algorithms: [HS256]");
    let issuer = Issuer::new(ISSUER, Algorithm::Hs256).with_key_id("own");
    for (keys_of_entry, code) in [
        (inline.as_str(), Some("bad_signature")),
        ("{ file: keys.json }\n    algorithms: [ES256]", Some("algorithm_not_allowed")),
        ("{ file: keys.json }", Some("algorithm_not_allowed")),
    ] {
        let world = World::start(&config.replace("{ file: keys.json }", keys_of_entry)).await;
        // Of another secret than the configured one.
        let token = world.signed(issuer.token());
        let verdict = Door::EnvoyGrpc.ask(&world, &Ask::get("/").bearer(&token)).await;
        assert_eq!(verdict.code.as_deref(), code, "{keys_of_entry}");
        let header = claimgate_crypto::base64url::encode(r#"{"alg":"HS256","kid":"own"}"#);
        let (_, payload, _) = parts(&token);
        let signed = format!("{header}.{payload}");
        let tag = claimgate_crypto::digest::HmacKey::new(&[7; 32]).sign(&signed);
        let own = format!("{signed}.{}", claimgate_crypto::base64url::encode(tag));
        let own = crate::world::secret(own);
        let verdict = Door::EnvoyGrpc.ask(&world, &Ask::get("/").bearer(&own)).await;
        let allowed = keys_of_entry.starts_with("{ inline");
        assert_eq!(verdict.status == 200, allowed, "{keys_of_entry} {verdict:?}");
        world.stop().await;
    }
}

fn parts(token: &str) -> (&str, &str, &str) {
    let mut parts = token.split('.');
    (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
}
