//! Identity headers that a client sends itself never survive.

use claimgate_testkit::envoy::{HeaderMap, RawHeader};

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
