//! Changes of the configuration under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use claimgate_crypto::Algorithm;
use claimgate_server::serve::Overrides;
use claimgate_testkit::Issuer;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::{Ask, VIAS, Via};
use crate::door::Door;
use crate::folder::Folder;
use crate::provider::{self, Provider};
use crate::world::{ISSUER, ROUTES, TRUSTED, World, configuration, eventually, start};

/// How long a change may take to be live.
const LIVE: Duration = Duration::from_secs(2);

/// A configuration that answers `mark` in a header. Everything else stays, the provider's entry too.
fn marked(provider: &Provider, mark: &str) -> String {
    let headers = format!("headers: {{ x-mark: {{ expression: \"'{mark}'\" }} }}");
    provider::configured(provider, TRUSTED)
        .replace("allow: authenticated", &format!("allow: authenticated, {headers}"))
}

/// Requests that go on until they are told to end, each answered with one of the marks.
struct Load {
    over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    running: JoinSet<()>,
}

impl Load {
    /// 240 at once: over connections that stay open, in both versions, of both issuers, allowed and refused.
    async fn start(world: &World, provider: &Provider, marks: &'static [&'static str]) -> Self {
        let (over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut running = JoinSet::new();
        let check = Ask::get("/_claimgate/check");
        let asks = [
            (check.clone().bearer(&world.token()), 200),
            (check.clone().host("provided.example.com").bearer(&provider.token()), 200),
            (check, 401),
        ];
        for (via, (ask, status)) in (0..240).map(|n| (VIAS[n % 2], asks[n % 3].clone())) {
            let mut connection = world.client(via).connect().await.unwrap();
            let (over, sent) = (over.clone(), sent.clone());
            running.spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let reply = connection.send(&ask).await.unwrap();
                    assert_eq!(reply.status, status, "{}", reply.text());
                    let mark = reply.header("x-mark");
                    assert!(status != 200 || marks.contains(&mark.unwrap()), "{mark:?}");
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { over, sent, running }
    }

    /// Waits until each of them was answered about once more.
    async fn go_on(&self) {
        let before = self.sent.load(Ordering::Relaxed);
        eventually("requests go on", || async { self.sent.load(Ordering::Relaxed) > before + 240 }).await;
    }

    async fn stop(mut self) {
        self.over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.running.join_next().await {
            ended.unwrap();
        }
    }
}

/// Waits until `mark` is answered, for as long as a change may take.
async fn until_marked(world: &World, token: &str, mark: &str) {
    let mut connection = world.client(Via::Http1).connect().await.unwrap();
    let ask = Ask::get("/_claimgate/check").bearer(token);
    let live = timeout(LIVE, async {
        while connection.send(&ask).await.unwrap().header("x-mark") != Some(mark) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(live.await.is_ok(), "`{mark}` is not live after {LIVE:?}");
}

async fn status(world: &World) -> serde_json::Value {
    world.admin().get("/status").await.json()
}

async fn reloads(world: &World, result: &str) -> u64 {
    let metrics = world.admin().get("/metrics").await;
    let name = format!("claimgate_config_reloads_total{{result=\"{result}\"}} ");
    let value = metrics.text().lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned));
    value.map_or(0, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_changes_are_live_and_bad_ones_are_refused_under_load() {
    let provider = provider::start().await;
    let world = World::start(&marked(&provider, "one")).await;
    let jane = world.token();
    let provided = Ask::get("/_claimgate/check").host("provided.example.com").bearer(&provider.token());
    assert_eq!(world.client(Via::Http1).send(&provided).await.status, 200);
    let counts = *provider.counts().borrow();
    let load = Load::start(&world, &provider, &["one", "two", "three"]).await;

    world.folder.write("claimgate.yaml", &marked(&provider, "two"));
    until_marked(&world, &jane, "two").await;
    load.go_on().await;

    for (bad, said) in [
        ("version: 1\nroutes: [".to_owned(), "syntax"),
        (marked(&provider, "bad").replace("allow: authenticated, ", ""), "no_policy"),
        (marked(&provider, "bad").replace("'bad'", "claims."), "expression"),
        (String::new(), ""),
    ] {
        let refused = reloads(&world, "failure").await;
        world.folder.write("claimgate.yaml", &bad);
        eventually("the change is refused", || async { reloads(&world, "failure").await > refused }).await;
        let cause = status(&world).await["configuration"]["refused"]["cause"].as_str().unwrap().to_owned();
        assert!(cause.contains(said) && cause.contains("claimgate.yaml"), "{cause}");
        load.go_on().await;
        until_marked(&world, &jane, "two").await;
    }

    world.folder.write("claimgate.yaml", &marked(&provider, "three"));
    until_marked(&world, &jane, "three").await;
    load.go_on().await;
    load.stop().await;

    // Once it is in force, it is told.
    let told = status(&world).await["configuration"].clone();
    assert!(told["refused"].is_null() && told["generation"] == 3, "{told}");
    assert_eq!(reloads(&world, "success").await, 3);
    // Issuers that stay keep their keys.
    assert_eq!(*provider.counts().borrow(), counts);
    world.stop().await;
}

/// Kubernetes changes a mounted `ConfigMap` by pointing one link at another folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_config_map_that_is_swapped_is_live() {
    let provider = provider::start().await;
    let folder = Folder::new();
    let issuer = Issuer::new(ISSUER, Algorithm::Es256);
    for (version, mark) in [("v1", "one"), ("v2", "two"), ("v3", "one")] {
        folder.folder(version);
        folder.write(&format!("{version}/claimgate.yaml"), &marked(&provider, mark));
        folder.write(&format!("{version}/keys.json"), &issuer.jwk_set());
    }
    folder.folder("v4");
    folder.link("..data", "v1");
    folder.link("claimgate.yaml", "..data/claimgate.yaml");
    folder.link("keys.json", "..data/keys.json");
    let server = start(&folder.join("claimgate.yaml"), Overrides::default()).await.unwrap();
    let world = World::serve(folder, issuer, server);
    let jane = world.token();
    let load = Load::start(&world, &provider, &["one", "two"]).await;
    for (version, mark) in [("v2", "two"), ("v3", "one"), ("v2", "two"), ("v1", "one")] {
        world.folder.link("..data", version);
        until_marked(&world, &jane, mark).await;
        load.go_on().await;
    }
    // A folder without the file is a bad change as every other.
    world.folder.link("..data", "v4");
    eventually("the change is refused", || async {
        status(&world).await["configuration"]["refused"].is_object()
    })
    .await;
    load.go_on().await;
    world.folder.link("..data", "v2");
    until_marked(&world, &jane, "two").await;
    load.stop().await;
    world.stop().await;
}

/// What a configuration was refused for can be repaired in another file.
#[tokio::test]
async fn a_file_that_was_missing_is_waited_for() {
    let world = World::plain().await;
    let with_file = configuration(TRUSTED, ROUTES).replacen(
        "jwt:\n",
        "authenticationConfigurations: [authn.yaml]\njwt:\n",
        1,
    );
    world.folder.write("claimgate.yaml", &with_file);
    eventually("the change is refused", || async {
        let cause = status(&world).await["configuration"]["refused"]["cause"].clone();
        cause.as_str().is_some_and(|cause| cause.contains("authn.yaml"))
    })
    .await;
    world.folder.write(
        "authn.yaml",
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: []\n",
    );
    eventually("the repaired configuration is in force", || async {
        let configuration = status(&world).await["configuration"].clone();
        configuration["generation"] == 2 && configuration["refused"].is_null()
    })
    .await;
    world.stop().await;
}

/// Entries that go are gone at once, and trust in proxies as well; both come back.
#[tokio::test]
async fn what_is_taken_away_is_gone_and_comes_back() {
    let provider = provider::start().await;
    let world = provider::world(&provider, TRUSTED).await;
    let alice = Ask::get("/").host("provided.example.com").bearer(&provider.token());
    let code = || async { Door::EnvoyGrpc.ask(&world, &alice).await.code };
    assert_eq!(code().await, None);
    let whole = provider::configured(&provider, TRUSTED);
    let without = configuration(TRUSTED, "  - { name: all, accept: jwt, allow: authenticated }\n");
    let untrusted = provider::configured(&provider, crate::world::UNTRUSTED);
    for (changed, expected) in [
        (&without, Some("unknown_issuer")),
        (&whole, None),
        (&untrusted, Some("untrusted_proxy")),
        (&whole, None),
    ] {
        world.folder.write("claimgate.yaml", changed);
        eventually("the change is live", || async { code().await.as_deref() == expected }).await;
        assert_eq!(code().await.as_deref(), expected);
    }
    // The issuer was gone once, so it was asked once more; the second change left it alone.
    assert_eq!(provider.counts().borrow().discovery, 2);
    world.stop().await;
}

/// A new key set is live without a change of the configuration, and a removed key is refused.
#[tokio::test]
async fn a_key_file_changes_under_way() {
    let mut world = World::plain().await;
    let old = world.token();
    let ask = |token: &str| Ask::get("/").bearer(token);
    assert_eq!(Door::EnvoyGrpc.ask(&world, &ask(&old)).await.status, 200);
    world.issuer.rotate(Algorithm::Es256);
    world.issuer.retire_old_keys();
    world.folder.write("keys.json", &world.issuer.jwk_set());
    let new = world.token();
    eventually("the new key is live", || async {
        Door::EnvoyGrpc.ask(&world, &ask(&new)).await.status == 200
    })
    .await;
    // Its token was remembered as verified.
    let refused = Door::EnvoyGrpc.ask(&world, &ask(&old)).await;
    assert_eq!(refused.code.as_deref(), Some("unknown_key"));
    world.stop().await;
}

/// What a reload cannot take is told until the next start, and hinders nothing else.
#[tokio::test]
async fn what_waits_for_a_restart_is_told_and_the_rest_is_in_force() {
    let world = World::plain().await;
    let needed = || async { status(&world).await["configuration"]["restartNeeded"].clone() };
    assert_eq!(needed().await, serde_json::json!([]));
    let changed = configuration(
        &TRUSTED
            .replacen("127.0.0.1:0", "127.0.0.1:1", 1)
            .replace("check:", "x:")
            .replace(", x: { address: \"127.0.0.1:0\" }", ""),
        &ROUTES.replace("developers", "nobody"),
    ) + "limits: { drainTimeout: 7s }\n";
    world.folder.write("claimgate.yaml", &changed);
    let ask = Ask::get("/").bearer(&world.token());
    eventually("the rest is in force", || async {
        Door::EnvoyGrpc.ask(&world, &ask).await.code.as_deref() == Some("not_allowed")
    })
    .await;
    let expected = ["listeners.public.address", "listeners.check", "limits.drainTimeout"];
    assert_eq!(needed().await, serde_json::json!(expected));
    let page = world.admin().send(&Ask::get("/status").header("accept", "text/html")).await;
    assert!(expected.iter().all(|key| page.text().contains(key)), "{}", page.text());
    // The sockets are what they were.
    assert_eq!(crate::client::Client::new(world.check.unwrap(), Via::Http1).get("/").await.status, 401);
    world.folder.write("claimgate.yaml", &configuration(TRUSTED, ROUTES));
    eventually("nothing waits any more", || async { needed().await == serde_json::json!([]) }).await;
    world.stop().await;
}

/// A new key for the digests of credentials, and what of the decisions is recorded, are in force without a restart.
#[tokio::test]
async fn the_audit_log_takes_its_key_and_what_it_records_from_a_reload() {
    let audit = |more: &str| {
        configuration(TRUSTED, ROUTES)
            .replace("audit: { ", &format!("audit: {{ digestKeyFile: digest.key{more}, "))
    };
    let folder = Folder::new();
    folder.write("digest.key", &"a".repeat(32));
    let world = World::start_in(folder, &audit("")).await;
    let jane = Ask::get("/").bearer(&world.token());
    let key = |letter: &str| ("digest.key", letter.repeat(32));
    let changes = [
        None,
        Some(key("b")),
        Some(("claimgate.yaml", audit(", allowed: false"))),
        Some(key("a")),
        Some(("claimgate.yaml", audit(""))),
    ];
    for (generation, change) in (1..).zip(&changes) {
        if let Some((file, content)) = change {
            world.folder.write(file, content);
        }
        eventually("the change is in force", || async {
            status(&world).await["configuration"]["generation"] == generation
        })
        .await;
        assert_eq!(Door::EnvoyGrpc.ask(&world, &jane).await.status, 200);
    }
    let records = world.stop().await;
    let digests: Vec<_> = records.iter().map(|record| record["credential"]["digest"].clone()).collect();
    let [first, second, third] = &digests[..] else { panic!("{digests:?}") };
    assert!(first == third && first != second && first.is_string(), "{digests:?}");
}
