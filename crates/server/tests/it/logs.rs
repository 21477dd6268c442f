//! No log line and no audit record holds a token, at trace level, wherever the token stands.

use claimgate_crypto::base64url;
use claimgate_testkit::Broken;

use crate::client::{Ask, Via};
use crate::door::{DOORS, Door};
use crate::leaks;
use crate::world::{TRUSTED, World, configuration, secret};

/// GHSA of Argo Workflows (d2568b549a), authorino#618: tokens in logs.
#[tokio::test]
async fn argo_workflows_d2568b549a_no_token_is_logged() {
    let routes = r#"
  - name: app
    accept: jwt
    credentialSources: [authorization, { header: x-token }, { cookie: token }, webSocketSubprotocol]
    allow: [{ expression: "'developers' in user.groups" }]
"#;
    let world = World::start(&configuration(TRUSTED, routes)).await;
    let mut tokens = vec![
        world.token(),
        world.signed(world.issuer.token()),
        world.signed(world.jane().expires_in(-3600)),
        world.signed(world.jane().claim("iss", "https://nobody.example.com")),
        world.signed(world.jane().header("kid", "nobody's")),
        world.signed(world.jane().audience("somebody-else")),
    ];
    let small = Broken::ALL.into_iter().filter(|fault| *fault != Broken::TooLarge);
    tokens.extend(small.map(|fault| secret(world.jane().broken(fault))));
    let printable = |token: &&String| token.bytes().all(|b| b.is_ascii_graphic());
    let mut asked = 0;
    for token in tokens.iter().filter(printable) {
        let protocol = base64url::encode(token);
        let protocol = secret(format!("base64url.bearer.authorization.k8s.io.{protocol}"));
        for ask in [
            Ask::get("/").bearer(token),
            Ask::get("/").header("authorization", token),
            Ask::get("/").header("authorization", &format!("Basic {token}")),
            Ask::get("/").header("x-token", token),
            Ask::get("/").header("cookie", &format!("a=b; token={token}")),
            Ask::get("/").header("sec-websocket-protocol", &protocol),
            Ask::get("/").bearer(token).header("x-token", "a.b.c"),
            Ask::get(&format!("/?access_token={token}")),
        ] {
            for door in DOORS {
                // The most of them in one version are enough.
                if matches!(door, Door::EnvoyGrpc | Door::Forwarded(Via::Http2) | Door::Nginx(Via::Http1)) {
                    let verdict = door.ask(&world, &ask).await;
                    assert!(!leaks::holds_token(&verdict.body), "{door:?}");
                    assert!(!verdict.headers.iter().any(|(_, value)| leaks::holds_token(value)), "{door:?}");
                    asked += 1;
                }
            }
        }
    }
    let pages = [world.admin().get("/status").await, world.admin().get("/metrics").await];
    assert!(pages.iter().all(|page| !leaks::holds_token(page.text())));
    // A token in the configuration's place: what is said of a broken file quotes none of it.
    world.folder.write("keys.json", &format!("{{\"keys\":\"{}\"}}", tokens[0]));
    crate::world::eventually("the broken key file is told", || async {
        world.admin().get("/status").await.text().contains("lastError\": {")
    })
    .await;
    assert!(!leaks::holds_token(world.admin().get("/status").await.text()));
    let audit = world.stop().await;
    assert_eq!(audit.len(), asked);
    assert!(audit.iter().any(|line| line["credential"]["digest"].is_string()));
}

/// The search finds what it is for.
#[tokio::test]
async fn the_search_for_tokens_finds_them_and_sees_trace_lines() {
    let world = World::plain().await;
    let token = world.token();
    let (_, secret) = token.split_once('.').unwrap();
    for line in [
        format!("authorization: Bearer {token}"),
        secret[..60].to_owned(),
        format!("…{}…", &token[token.len() - 45..]),
    ] {
        assert!(leaks::holds_token(&line), "{line}");
    }
    assert!(!leaks::holds_token(token.split('.').next().unwrap()));
    let before = leaks::assert_none();
    tracing::trace!(target: "claimgate_server", "A line at trace level");
    assert!(leaks::assert_none() > before);
    world.stop().await;
}
