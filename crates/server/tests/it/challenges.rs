//! What refusals look like, and what is too large, doubled or too slow.

use std::time::Duration;

use bytes::Bytes;
use claimgate_testkit::Broken;
use claimgate_testkit::envoy::CheckResponse;
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Ask, Reply, VIAS, Via, raw};
use crate::door::{DOORS, Door};
use crate::envoy;
use crate::provider;
use crate::world::{ROUTES, TRUSTED, World, configuration, secret};

const REALM: &str = "Bearer realm=\"claimgate\"";

#[expect(clippy::too_many_lines, reason = "one table of every refusal")]
#[tokio::test]
async fn every_refusal_has_its_challenge_and_body() {
    let world = World::plain().await;
    let stranger = world.signed(world.issuer.token());
    let old = world.signed(world.jane().expires_in(-3600));
    let early = world.signed(world.jane().not_before_in(3600));
    let logout = world.signed(world.jane().token_type("logout+jwt"));
    let unknown = world.signed(world.jane().claim("iss", "https://nobody.example.com"));
    let lost = world.signed(world.jane().header("kid", "nobody's"));
    let forged = secret(world.jane().broken(Broken::SignatureBit));
    let ask = Ask::get("/");
    for (ask, status, code, title, error) in [
        (ask.clone(), 401, "missing_credential", "A credential is required", None),
        (
            ask.clone().bearer("x"),
            401,
            "malformed_credential",
            "The credential is malformed",
            Some("invalid_token"),
        ),
        (ask.clone().bearer(&old), 401, "expired", "The token has expired", Some("invalid_token")),
        (
            ask.clone().bearer(&early),
            401,
            "not_yet_valid",
            "The token is not valid yet",
            Some("invalid_token"),
        ),
        (
            ask.clone().bearer(&logout),
            401,
            "wrong_token_kind",
            "The token is of another kind",
            Some("invalid_token"),
        ),
        (
            ask.clone().bearer(&unknown),
            401,
            "unknown_issuer",
            "The token's issuer is not trusted here",
            Some("invalid_token"),
        ),
        (
            ask.clone().bearer(&lost),
            401,
            "unknown_key",
            "The token's key is not known",
            Some("invalid_token"),
        ),
        (
            ask.clone().bearer(&forged),
            401,
            "bad_signature",
            "The token's signature is wrong",
            Some("invalid_token"),
        ),
        (
            ask.clone().bearer(&stranger),
            403,
            "not_allowed",
            "The request is not allowed",
            Some("insufficient_scope"),
        ),
        (
            ask.clone().header("authorization", "Bearer a, Bearer b"),
            400,
            "conflicting_credentials",
            "The request carries conflicting credentials",
            Some("invalid_request"),
        ),
        (Ask::get("/a;b"), 400, "bad_request", "The request is malformed or ambiguous", None),
        (ask.host("nowhere.example.com"), 403, "no_route", "No route covers this request", None),
    ] {
        let challenge = match (code, error) {
            ("missing_credential", _) => Some(REALM.to_owned()),
            (_, Some(error)) => {
                Some(format!("{REALM}, error=\"{error}\", error_description=\"{code}: {title}\""))
            }
            _ => None,
        };
        for door in DOORS {
            let verdict = door.ask(&world, &ask).await;
            let case = format!("{code} {door:?}");
            assert_eq!(verdict.status, door.status(status), "{case}");
            assert_eq!(verdict.values("www-authenticate").first().copied(), challenge.as_deref(), "{case}");
            assert_eq!(verdict.values("content-type"), ["application/problem+json"], "{case}");
            assert_eq!(verdict.values("cache-control"), ["no-store"], "{case}");
            let body: serde_json::Value = serde_json::from_str(&verdict.body).unwrap();
            assert_eq!((body["code"].as_str(), body["title"].as_str()), (Some(code), Some(title)), "{case}");
            assert_eq!(body["decisionId"], verdict.decision_id, "{case}");
        }
    }
    // The audit log has each under the id that the client was told, and says more.
    let audit = world.stop().await;
    assert_eq!(audit.len(), 12 * DOORS.len());
    for line in &audit {
        assert_eq!(line["outcome"], if line["code"] == "missing_credential" { "challenge" } else { "deny" });
        assert_eq!(line["decisionId"].as_str().unwrap().len(), 32);
    }
}

#[tokio::test]
async fn browsers_get_a_page_and_programs_json() {
    let world = World::plain().await;
    for (accept, page) in [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
        ("text/html, application/json", false),
        ("application/json", false),
        ("*/*", false),
    ] {
        for door in DOORS {
            let verdict = door.ask(&world, &Ask::get("/").header("accept", accept)).await;
            let content_type = verdict.values("content-type");
            assert_eq!(content_type[0].starts_with("text/html"), page, "{accept} {door:?}");
            let policy = verdict.values("content-security-policy");
            assert_eq!(policy.iter().any(|policy| policy.contains("default-src 'none'")), page, "{accept}");
            assert!(verdict.body.contains(&verdict.decision_id), "{accept} {door:?}");
            assert!(verdict.body.contains("missing_credential"), "{accept} {door:?}");
            // A page says what it means, and asks for nothing from elsewhere.
            assert_eq!(verdict.body.contains("This address needs a credential"), page, "{accept} {door:?}");
            assert!(!verdict.body.contains("src=") && !verdict.body.contains("href="), "{}", verdict.body);
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn request_and_trace_ids_are_recorded_if_they_are_ids() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let world = World::plain().await;
    let long = "x".repeat(129);
    let cases = [
        ("req-1", format!("00-{TRACE}-00f067aa0ba902b7-01"), Some("req-1"), Some(TRACE)),
        (long.as_str(), "00-zz-00f067aa0ba902b7-01".to_owned(), None, None),
        ("req-2", format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), Some("req-2"), None),
    ];
    for (id, parent, ..) in &cases {
        let ask = Ask::get("/a?secret=query").header("x-request-id", id).header("traceparent", parent);
        Door::Forwarded(Via::Http1).ask(&world, &ask).await;
    }
    let audit = world.stop().await;
    for (line, (.., id, trace)) in audit.iter().zip(&cases) {
        assert_eq!((line["requestId"].as_str(), line["traceId"].as_str()), (*id, *trace), "{line}");
        assert_eq!(line["request"]["path"], "/a");
        assert!(!line.to_string().contains("secret"), "{line}");
    }
}

#[tokio::test]
async fn two_credentials_are_one_or_none() {
    let world = World::plain().await;
    let (jane, again) = (world.token(), world.signed(world.jane().issued_in(-1)));
    let two = |a: &str, b: &str| Ask::get("/").header("authorization", a).header("authorization", b);
    let (jane, again) = (format!("Bearer {jane}"), format!("Bearer {again}"));
    let joined =
        |a: &str, b: &str, comma: &str| Ask::get("/").header("authorization", &format!("{a}{comma}{b}"));
    for (ask, status, code) in [
        (two(&jane, &again), 400, Some("conflicting_credentials")),
        (two(&again, &jane), 400, Some("conflicting_credentials")),
        (joined(&jane, &again, ","), 400, Some("conflicting_credentials")),
        (joined(&jane, &again, " , "), 400, Some("conflicting_credentials")),
        (two(&jane, &jane), 200, None),
        (two(&jane, "Basic eDp5"), 401, Some("malformed_credential")),
        (two("Basic eDp5", &jane), 401, Some("malformed_credential")),
        (two(&jane, ""), 401, Some("malformed_credential")),
    ] {
        for door in DOORS {
            let verdict = door.ask(&world, &ask).await;
            let expected = (door.status(status), code);
            assert_eq!((verdict.status, verdict.code.as_deref()), expected, "{door:?}");
        }
        let on_the_wire = Door::Forwarded(Via::Http1).check_request(&ask);
        let reply = raw(world.public, on_the_wire.text().as_bytes()).await.unwrap();
        assert_eq!((reply.status, reply.code().as_deref()), (status, code));
    }
    world.stop().await;
}

/// A header that is as long as it may be, and one byte more.
#[tokio::test]
async fn tokens_are_read_up_to_16_kibibytes() {
    let world = World::plain().await;
    let padded = |length: usize| {
        let token = |padding: usize| world.jane().claim("padding", "p".repeat(padding)).sign();
        let padding = (length - token(0).len()) / 4 * 3 - 3;
        secret(token(padding))
    };
    let (fits, too_long) = (padded(16 * 1024), padded(16 * 1024 + 16));
    assert!(
        (16_000..=16_384).contains(&fits.len()) && too_long.len() > 16_384,
        "{} {}",
        fits.len(),
        too_long.len()
    );
    for door in DOORS {
        let verdict = door.ask(&world, &Ask::get("/").bearer(&fits)).await;
        assert_eq!((verdict.status, verdict.values("x-claimgate-user")), (200, vec!["jane"]), "{door:?}");
        let verdict = door.ask(&world, &Ask::get("/").bearer(&too_long)).await;
        assert_eq!(
            (verdict.status, verdict.code.as_deref()),
            (401, Some("malformed_credential")),
            "{door:?}"
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn a_token_of_a_mebibyte_is_refused_before_it_is_read() {
    let world = World::plain().await;
    let huge = secret(world.jane().broken(Broken::TooLarge));
    assert!(huge.len() >= 1 << 20);
    let ask = Ask::get("/_claimgate/check").bearer(&huge);
    // HTTP/1.1: 431 if the client still reads, else the connection ends.
    let reply = raw(world.public, ask.text().as_bytes()).await;
    assert!(reply.as_ref().is_none_or(|reply| reply.status == 431), "{reply:?}");
    let reply = world.client(Via::Http2).connect().await.unwrap().send(&ask).await;
    assert!(reply.as_ref().map_or(true, |reply| reply.status == 431), "{reply:?}");
    // gRPC: the message is too large.
    let bearer = [("authorization".to_owned(), format!("Bearer {huge}"))];
    let response = envoy::check(world.public, envoy::about("GET", "app.example.com", "/", &bearer)).await;
    let verdict = crate::door::grpc_verdict(&bearer, response.unwrap());
    assert_eq!((verdict.status, verdict.code.as_deref()), (400, Some("bad_request")));
    // Many headers count as much as a long one.
    let many = (0..2000)
        .fold(Ask::get("/_claimgate/check"), |ask, n| ask.header(&format!("x-{n}"), &"v".repeat(64)));
    let reply = raw(world.public, many.text().as_bytes()).await;
    assert!(reply.as_ref().is_none_or(|reply| reply.status == 431), "{reply:?}");
    // Everybody else is served on.
    let reply = world.client(Via::Http1).send(&Ask::get("/_claimgate/check").bearer(&world.token())).await;
    assert_eq!(reply.status, 200);
    world.stop().await;
}

/// authorino#649: a deadline in the middle of the pipeline left no refusal, and that meant allow. The one
/// thing that a decision waits for is an issuer's keys.
#[tokio::test]
async fn authorino_649_a_missed_deadline_refuses() {
    let provider = provider::start().await;
    provider.fault(claimgate_devprovider::Fault::Slow);
    let top = format!("{TRUSTED}\nlimits: {{ decisionTimeout: 300ms }}");
    let world = provider::world(&provider, &top).await;
    let (alice, jane) = (provider.token(), world.token());
    let every_door = async {
        for door in DOORS {
            let verdict = door.ask(&world, &Ask::get("/").host("provided.example.com").bearer(&alice)).await;
            let expected = (door.status(503), Some("issuer_unavailable"));
            assert_eq!((verdict.status, verdict.code.as_deref()), expected, "{door:?}");
            assert!(verdict.values("x-claimgate-user").is_empty());
            // It costs nobody else anything.
            assert_eq!(door.ask(&world, &Ask::get("/").bearer(&jane)).await.status, 200);
        }
    };
    timeout(Duration::from_secs(15), every_door).await.unwrap();
    provider.fault(claimgate_devprovider::Fault::None);
    crate::world::eventually("the provider's tokens pass", || async {
        let ask = Ask::get("/").host("provided.example.com").bearer(&alice);
        Door::EnvoyGrpc.ask(&world, &ask).await.status == 200
    })
    .await;
    world.stop().await;
}

/// A check request whose message never comes to its end.
#[tokio::test]
async fn a_check_request_that_does_not_end_is_refused_in_time() {
    let top = format!("{TRUSTED}\nlimits: {{ decisionTimeout: 300ms }}");
    let world = World::start(&configuration(&top, ROUTES)).await;
    let stream = TcpStream::connect(world.public).await.unwrap();
    let (mut send, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(async { drop(connection.await) });
    let request =
        http::Request::post(format!("http://{}/envoy.service.auth.v3.Authorization/Check", world.public))
            .header("content-type", "application/grpc")
            .body(Endless)
            .unwrap();
    let response = timeout(Duration::from_secs(5), send.send_request(request)).await.unwrap().unwrap();
    let body = timeout(Duration::from_secs(5), response.into_body().collect()).await.unwrap().unwrap();
    let message: CheckResponse = prost::Message::decode(body.to_bytes().slice(5..)).unwrap();
    let verdict = crate::door::grpc_verdict(&[], message);
    assert_eq!((verdict.status, verdict.code.as_deref()), (400, Some("bad_request")));
    world.stop().await;
}

/// A body that begins and never goes on.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

/// Who says nothing, or stops before a version of HTTP is known, is not waited for for ever.
#[tokio::test]
async fn silent_clients_are_cut_off() {
    let world = World::plain().await;
    let mut waiting = tokio::task::JoinSet::new();
    for begun in ["", "G", "PRI * HTTP/2.0\r\n"] {
        let address = world.public;
        waiting.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun.as_bytes()).await.unwrap();
            let mut rest = Vec::new();
            // A reset is an end as well.
            let ended = timeout(Duration::from_secs(15), stream.read_to_end(&mut rest)).await;
            (begun, ended.is_ok(), rest)
        });
    }
    while let Some(waited) = waiting.join_next().await {
        let (begun, ended, rest) = waited.unwrap();
        assert!(ended, "after {begun:?} the connection stays open");
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{begun:?}");
    }
    world.stop().await;
}

/// CVE-2022-29165: a forged token was accepted where anonymous access was on. CVE-2026-28229: any text after
/// `Bearer` was enough.
#[tokio::test]
async fn cve_2022_29165_an_invalid_credential_is_not_anonymous() {
    let routes = r#"
  - name: app
    accept: jwt
    allow: [{ expression: "true" }]
    anonymous: { username: guest }
"#;
    let world = World::start(&configuration(TRUSTED, routes)).await;
    let forged = secret(world.jane().broken(Broken::SignatureBit));
    let unsigned = secret(world.jane().broken(Broken::Unsigned));
    for door in DOORS {
        assert_eq!(door.ask(&world, &Ask::get("/")).await.values("x-claimgate-user"), ["guest"], "{door:?}");
        for value in ["Bearer nothing", "Bearer ", "nothing", "Basic eDp5", "Bearer a.b.c"] {
            let verdict = door.ask(&world, &Ask::get("/").header("authorization", value)).await;
            assert_eq!(verdict.code.as_deref(), Some("malformed_credential"), "{value} {door:?}");
        }
        for token in [&forged, &unsigned] {
            let verdict = door.ask(&world, &Ask::get("/").bearer(token)).await;
            assert_eq!((verdict.status, verdict.values("x-claimgate-user")), (401, vec![]), "{door:?}");
        }
    }
    world.stop().await;
}

/// Whatever is asked of a check door with whatever method, body or `Expect`: one decision, no body read.
#[tokio::test]
async fn the_method_and_body_of_a_check_change_nothing() {
    let world = World::plain().await;
    let jane = world.token();
    for via in VIAS {
        for method in ["GET", "HEAD", "POST", "PUT", "OPTIONS"] {
            let ask = Ask { method, ..Ask::post("/_claimgate/check", "a=b").bearer(&jane) };
            let reply: Reply = world.client(via).send(&ask).await;
            assert_eq!(
                (reply.status, reply.header("x-claimgate-user")),
                (200, Some("jane")),
                "{method} {via:?}"
            );
        }
    }
    world.stop().await;
}
