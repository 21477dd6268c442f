//! Identity headers that a client sends itself never survive.

use claimgate_testkit::envoy::{HeaderMap, RawHeader};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Ask, Via, raw};
use crate::door::{DOORS, Door, Verdict, grpc_verdict};
use crate::envoy;
use crate::world::World;

/// The user's and groups' headers as some reader would read them; and a header of another route.
const SPELLINGS: &[&str] = &[
    "x-claimgate-user",
    "X-Claimgate-User",
    "X-CLAIMGATE-USER",
    "x_claimgate_user",
    "X_Claimgate_User",
    "x-claimgate_user",
    "X_Claimgate-User",
    "x-claimgate-groups",
    "X_CLAIMGATE_GROUPS",
    "x_claimgate-groups",
    "x-other-user",
    "X_Other_User",
];

const PLANTED: &str = "planted-admin";

/// A request that brings the header once, or twice.
fn planted(target: &str, name: &str, times: usize) -> Ask {
    (0..times).fold(Ask::get(target), |ask, _| ask.header(name, PLANTED))
}

/// CVE-2025-64484, GHSA-vjrc-mh2v-45x6: `X_Forwarded_User` reached applications that read it with dashes.
#[tokio::test]
async fn cve_2025_64484_no_spelling_of_an_identity_header_survives() {
    let world = World::plain().await;
    let jane = world.token();
    let stranger = world.signed(world.issuer.token());
    for name in SPELLINGS {
        for (target, token, status) in [
            ("/", Some(&jane), 200),
            ("/public/a", None, 200),
            ("/public/a", Some(&jane), 200),
            ("/", None, 401),
            ("/", Some(&stranger), 403),
        ] {
            for times in [1, 2] {
                let ask = planted(target, name, times);
                let ask = token.map_or(ask.clone(), |token| ask.bearer(token));
                for door in DOORS {
                    let case = format!("{name} × {times}, {target}, {status}, {door:?}");
                    // Two of a header: hyper has one map of lower-case names for both versions.
                    let verdict = door.ask(&world, &ask).await;
                    assert_eq!(verdict.status, status, "{case}");
                    assert_survives_nothing(&verdict, target, &case);
                }
                // On the wire of HTTP/1.1 the spelling is the client's.
                for door in
                    [Door::Forwarded(Via::Http1), Door::Nginx(Via::Http1), Door::EnvoyPrefix(Via::Http1)]
                {
                    let case = format!("{name} × {times}, {target}, {status}, {door:?}, raw");
                    let reply = raw(world.public, door.check_request(&ask).text().as_bytes()).await.unwrap();
                    assert_eq!(reply.status, status, "{case}");
                    assert_survives_nothing(&Verdict::of(&reply), target, &case);
                }
            }
        }
    }
    world.stop().await;
}

fn assert_survives_nothing(verdict: &Verdict, target: &str, case: &str) {
    let folded = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    let identity: Vec<_> = verdict
        .headers
        .iter()
        .filter(|(name, _)| ["x-claimgate-user", "x-claimgate-groups"].contains(&folded(name).as_str()))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let expected: &[_] = match (verdict.status, target) {
        (200, "/") => &[("x-claimgate-user", "jane"), ("x-claimgate-groups", "developers")],
        (200, _) => &[("x-claimgate-user", ""), ("x-claimgate-groups", "")],
        _ => &[],
    };
    assert_eq!(identity, expected, "{case}");
    assert!(!format!("{:?} {}", verdict.headers, verdict.body).contains(PLANTED), "{case}: {verdict:?}");
    // Over gRPC the answer alone settles what the application gets.
    if let Some(forwarded) = &verdict.forwarded {
        assert!(
            forwarded.iter().all(|(_, value)| value != PLANTED && !value.contains(PLANTED)),
            "{case}: {forwarded:?}"
        );
    }
}

/// The same where Envoy sends raw headers, repeated ones line by line, and where a client has many.
#[tokio::test]
async fn cve_2025_64484_raw_headers_of_envoy_survive_as_little() {
    let world = World::plain().await;
    let jane = world.token();
    let mut client = vec![("authorization".to_owned(), format!("Bearer {jane}"))];
    for name in SPELLINGS {
        client.push((name.to_ascii_lowercase(), PLANTED.to_owned()));
    }
    for (target, host) in
        [("/", "app.example.com"), ("/public", "app.example.com"), ("/", "other.example.com")]
    {
        let mut request = envoy::about("GET", host, target, &[]);
        let http = request.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut().unwrap();
        let raw = client
            .iter()
            .map(|(key, value)| RawHeader { key: key.clone(), raw_value: value.clone().into_bytes() });
        http.header_map = Some(HeaderMap { headers: raw.collect() });
        let verdict = grpc_verdict(&client, envoy::check(world.public, request).await.unwrap());
        assert_eq!(verdict.status, 200, "{target} {host}");
        let forwarded = verdict.forwarded.unwrap();
        assert!(forwarded.iter().all(|(_, value)| value != PLANTED), "{target} {host}: {forwarded:?}");
        let other = forwarded.iter().any(|(name, value)| name == "x-other-user" && value == "jane");
        assert_eq!(other, host == "other.example.com", "{forwarded:?}");
    }
    world.stop().await;
}

/// GHSA-6jwx-7vp4-9847, GHSA-5m6w-wvh7-57vm, GHSA-6384-m2mw-rf54 (Traefik): other names under which some gateway
/// or framework passes on the request's address were believed.
#[tokio::test]
async fn ghsa_6jwx_7vp4_9847_other_names_of_the_address_choose_nothing() {
    const ALIASES: &[(&str, &str)] = &[
        ("forwarded", "host=app.example.com;proto=https;path=/public"),
        ("x-forwarded-prefix", "/public"),
        ("x-forwarded-path", "/public"),
        ("x-forwarded-server", "other.example.com"),
        ("x-forwarded-port", "1"),
        ("x-forwarded-ssl", "on"),
        ("x-original-uri", "/public"),
        ("x-original-path", "/public"),
        ("x-original-host", "other.example.com"),
        ("x-rewrite-url", "/public"),
        ("x-auth-request-redirect", "/public"),
        ("x-replaced-path", "/public"),
        ("x-envoy-original-path", "/public"),
        ("x-host", "other.example.com"),
        ("x-http-method-override", "OPTIONS"),
        ("x-method-override", "OPTIONS"),
        ("x_forwarded_uri", "/public"),
        ("x_original_url", "https://app.example.com/public"),
    ];
    let world = World::plain().await;
    let stranger = world.signed(world.issuer.token());
    for (name, value) in ALIASES {
        for door in DOORS {
            // What they name needs no credential, or is open to everybody.
            let verdict = door.ask(&world, &Ask::get("/").header(name, value)).await;
            assert_eq!(verdict.code.as_deref(), Some("missing_credential"), "{name} {door:?}");
            let verdict = door.ask(&world, &Ask::get("/").header(name, value).bearer(&stranger)).await;
            assert_eq!(verdict.code.as_deref(), Some("not_allowed"), "{name} {door:?}");
        }
    }
    let records = world.stop().await;
    for record in records {
        let request = &record["request"];
        assert_eq!(
            (&request["host"], &request["path"]),
            (&"app.example.com".into(), &"/".into()),
            "{record}"
        );
    }
}

/// CVE-2025-52477, CVE-2024-34079 (octo-sts), CVE-2026-32301 (Centrifugo): an address that an unverified token
/// named was called.
#[tokio::test]
async fn cve_2025_52477_no_address_in_a_token_is_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let world = World::plain().await;
    let token = || world.jane();
    let tokens = [
        (token().claim("iss", own.as_str()), "unknown_issuer"),
        (token().claim("iss", format!("{own}/{{tenant}}").as_str()), "unknown_issuer"),
        (token().header("jku", own.as_str()).header("kid", "nobody's"), "unknown_key"),
        (token().header("x5u", own.as_str()).header("kid", "nobody's"), "unknown_key"),
        (token().header("kid", own.as_str()), "unknown_key"),
        (token().header("kid", "../../../../etc/passwd"), "unknown_key"),
        (token().claim("jwks_uri", own.as_str()).header("kid", "nobody's"), "unknown_key"),
    ];
    for (token, code) in tokens {
        let ask = Ask::get("/").bearer(&world.signed(token));
        for door in [Door::EnvoyGrpc, Door::Nginx(Via::Http1)] {
            assert_eq!(door.ask(&world, &ask).await.code.as_deref(), Some(code));
        }
    }
    world.stop().await;
    // The first that comes is this one.
    let this = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (_, first) = listener.accept().await.unwrap();
    assert_eq!(first, this.local_addr().unwrap());
}
