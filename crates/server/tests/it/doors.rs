//! Every door gives the same verdict, and only named proxies speak for others.

use claimgate_testkit::Broken;
use claimgate_testkit::envoy::{AttributeContext, CheckRequest, CheckResponse};

use crate::client::{Ask, VIAS, Via, raw};
use crate::door::{DOORS, Door, Verdict};
use crate::envoy;
use crate::world::{ROUTES, TRUSTED, UNTRUSTED, World, configuration, secret};

fn is_decision_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

#[tokio::test]
async fn every_door_gives_the_same_verdict() {
    let world = World::plain().await;
    let jane = world.token();
    let stranger = world.signed(world.issuer.token().subject("bob").claim("groups", vec!["guests"]));
    let late = world.signed(world.jane().expires_in(-3600));
    let foreign = world.signed(world.jane().audience("somebody-else"));
    let forged = secret(world.jane().broken(Broken::SignatureBit));
    let ask = |target: &str| Ask::get(target);
    for (name, client, status, code) in [
        ("allowed", ask("/").bearer(&jane), 200, None),
        ("allowed with a query", ask("/a?x=/public").bearer(&jane), 200, None),
        ("another method", Ask { method: "DELETE", ..ask("/a/b") }.bearer(&jane), 200, None),
        ("host in capitals, with port", ask("/").host("APP.Example.COM:8443").bearer(&jane), 200, None),
        ("exempt", ask("/public/logo.svg"), 200, None),
        ("exempt, with an invalid credential", ask("/public").bearer("nothing"), 200, None),
        ("no credential", ask("/"), 401, Some("missing_credential")),
        ("not allowed", ask("/").bearer(&stranger), 403, Some("not_allowed")),
        ("expired", ask("/").bearer(&late), 401, Some("expired")),
        ("wrong audience", ask("/").bearer(&foreign), 401, Some("wrong_audience")),
        ("forged", ask("/").bearer(&forged), 401, Some("bad_signature")),
        ("no token", ask("/").bearer("nothing"), 401, Some("malformed_credential")),
        ("not a bearer", ask("/").header("authorization", "Basic eDp5"), 401, Some("malformed_credential")),
        ("no route", ask("/").host("elsewhere.example.com").bearer(&jane), 403, Some("no_route")),
        ("nearly exempt", ask("/publicity"), 401, Some("missing_credential")),
        ("dot segment", ask("/public/../admin"), 400, Some("bad_request")),
        ("encoded dot segment", ask("/public/%2e%2E/admin"), 400, Some("bad_request")),
        ("encoded slash", ask("/public%2Fadmin").bearer(&jane), 400, Some("bad_request")),
        ("double encoding", ask("/public/%252e%252e/admin"), 400, Some("bad_request")),
        ("matrix parameter", ask("/public;x=/../admin"), 400, Some("bad_request")),
        ("empty segment", ask("//public").bearer(&jane), 400, Some("bad_request")),
        ("NUL", ask("/%00").bearer(&jane), 400, Some("bad_request")),
    ] {
        for door in DOORS {
            let verdict = door.ask(&world, &client).await;
            assert_eq!(verdict.status, door.status(status), "{name}, {door:?}: {verdict:?}");
            assert_eq!(verdict.code.as_deref(), code, "{name}, {door:?}");
            assert!(is_decision_id(&verdict.decision_id), "{name}, {door:?}: {verdict:?}");
            let (user, groups) = (verdict.values("x-claimgate-user"), verdict.values("x-claimgate-groups"));
            match (status, client.target.starts_with("/public")) {
                (200, false) => {
                    assert_eq!((user, groups), (vec!["jane"], vec!["developers"]), "{name}, {door:?}");
                }
                (200, true) => assert_eq!((user, groups), (vec![""], vec![""]), "{name}, {door:?}"),
                _ => assert!(user.is_empty() && groups.is_empty(), "{name}, {door:?}"),
            }
        }
    }
    let audit = world.stop().await;
    assert_eq!(audit.len(), 22 * DOORS.len());
}

/// CVE-2026-40575, GHSA-7x63-xv5r-3p2x: forwarded headers of anybody chose the path that was judged.
#[tokio::test]
async fn cve_2026_40575_forwarded_headers_of_strangers_choose_nothing() {
    let world = World::start(&configuration(UNTRUSTED, ROUTES)).await;
    let jane = world.token();
    for target in ["/", "/public/logo.svg"] {
        for door in DOORS {
            let verdict = door.ask(&world, &Ask::get(target).bearer(&jane)).await;
            let expected = (403, Some("untrusted_proxy"));
            assert_eq!((verdict.status, verdict.code.as_deref()), expected, "{target} {door:?}");
            assert!(verdict.values("x-claimgate-user").is_empty(), "{target} {door:?}");
        }
    }
    // One header of the family is enough, and naming a trusted address as one's own does not help.
    for header in ["x-forwarded-method", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri"] {
        for via in VIAS {
            let ask = Ask::get("/_claimgate/check").bearer(&jane).header("x-forwarded-for", "192.0.2.1");
            let reply = world.client(via).send(&ask.header(header, "/public")).await;
            assert_eq!((reply.status, reply.code().as_deref()), (403, Some("untrusted_proxy")), "{header}");
        }
    }
    world.stop().await;
}

/// Asking about one's own request needs no trust; the other families are not read then.
#[tokio::test]
async fn a_direct_question_is_about_ones_own_request() {
    let world = World::start(&configuration(UNTRUSTED, ROUTES)).await;
    let jane = world.token();
    for via in VIAS {
        for path in ["/_claimgate/check", "/_claimgate/nginx"] {
            let own = Ask::get(path);
            let allowed = world.client(via).send(&own.clone().bearer(&jane)).await;
            assert_eq!((allowed.status, allowed.header("x-claimgate-user")), (200, Some("jane")), "{path}");
            let without = world.client(via).send(&own.clone()).await;
            assert_eq!(without.code().as_deref(), Some("missing_credential"), "{path}");
            let elsewhere = world.client(via).send(&own.host("elsewhere.example.com").bearer(&jane)).await;
            assert_eq!(elsewhere.code().as_deref(), Some("no_route"), "{path}");
        }
        let mixed = Ask::get("/_claimgate/check")
            .header("x-original-method", "GET")
            .header("x-original-url", "https://app.example.com/public");
        assert_eq!(world.client(via).send(&mixed).await.code().as_deref(), Some("missing_credential"));
        let mixed = Ask::get("/_claimgate/nginx")
            .header("x-forwarded-method", "GET")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "app.example.com")
            .header("x-forwarded-uri", "/public");
        assert_eq!(world.client(via).send(&mixed).await.code().as_deref(), Some("missing_credential"));
    }
    world.stop().await;
}

#[tokio::test]
async fn families_are_complete_single_and_never_mixed() {
    const FORWARDED: [(&str, &str); 4] = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "app.example.com"),
        ("x-forwarded-uri", "/public"),
    ];
    const ORIGINAL: [(&str, &str); 2] =
        [("x-original-method", "GET"), ("x-original-url", "https://app.example.com/public")];
    let world = World::plain().await;
    for (path, family, status) in
        [("/_claimgate/check", FORWARDED.as_slice(), 400), ("/_claimgate/nginx", ORIGINAL.as_slice(), 403)]
    {
        let every = (1 << family.len()) - 1;
        for via in VIAS {
            for chosen in 1..=every {
                let mut ask = Ask::get(path);
                for (index, (name, value)) in family.iter().enumerate() {
                    if chosen & (1 << index) != 0 {
                        ask = ask.header(name, value);
                    }
                }
                let reply = world.client(via).send(&ask).await;
                let expected = if chosen == every { (200, None) } else { (status, Some("bad_request")) };
                assert_eq!((reply.status, reply.code().as_deref()), expected, "{path} {chosen:04b} {via:?}");
            }
            // What stands twice is refused, be it the same or not: readers take the first, or the last.
            for (name, value) in family {
                for again in [value, "/"] {
                    let whole =
                        family.iter().fold(Ask::get(path), |ask, (name, value)| ask.header(name, value));
                    let reply = world.client(via).send(&whole.header(name, again)).await;
                    assert_eq!(reply.code().as_deref(), Some("bad_request"), "{name} {again} {via:?}");
                    assert_eq!(reply.status, status, "{name} {again} {via:?}");
                }
            }
        }
    }
    // Joined by a proxy on the way.
    for (name, value) in [
        ("x-forwarded-method", "GET, POST"),
        ("x-forwarded-proto", "https,http"),
        ("x-forwarded-host", "app.example.com, other.example.com"),
        ("x-forwarded-uri", "/public, /admin"),
        ("x-forwarded-uri", ""),
        ("x-forwarded-uri", "https://app.example.com/public"),
        ("x-forwarded-host", ""),
    ] {
        let whole = FORWARDED.iter().filter(|(known, _)| *known != name);
        let ask = whole.fold(Ask::get("/_claimgate/check"), |ask, (name, value)| ask.header(name, value));
        let reply = world.client(Via::Http1).send(&ask.header(name, value)).await;
        assert_eq!((reply.status, reply.code().as_deref()), (400, Some("bad_request")), "{name}: {value}");
    }
    world.stop().await;
}

/// GHSA-pxq7-h93f-9jrg, CVE-2025-54576: what follows `?` or `#` was compared with the paths to skip.
#[tokio::test]
async fn cve_2025_54576_query_and_fragment_exempt_nothing() {
    let world = World::plain().await;
    for target in ["/admin?/public", "/admin?x=/public/a", "/admin?../public"] {
        for door in DOORS {
            let verdict = door.ask(&world, &Ask::get(target)).await;
            assert_eq!(verdict.code.as_deref(), Some("missing_credential"), "{target} {door:?}");
        }
    }
    for target in ["/admin#/public", "/public#/admin", "/public?a#b", "/public\\..\\admin"] {
        let forwarded = Door::Forwarded(Via::Http1).check_request(&Ask::get(target));
        let nginx = Door::Nginx(Via::Http1).check_request(&Ask::get(target));
        for (ask, status) in [(forwarded, 400), (nginx, 403)] {
            let reply = world.client(Via::Http1).send(&ask).await;
            assert_eq!((reply.status, reply.code().as_deref()), (status, Some("bad_request")), "{target}");
        }
        let response = envoy::check(world.public, envoy::about("GET", "app.example.com", target, &[])).await;
        let verdict = crate::door::grpc_verdict(&[], response.unwrap());
        assert_eq!(verdict.code.as_deref(), Some("bad_request"), "{target}");
    }
    world.stop().await;
}

/// GHSA-5hvv-m4w4-gf6v: the `User-Agent` of a health check let any request through.
#[tokio::test]
async fn ghsa_5hvv_m4w4_gf6v_no_user_agent_is_let_through() {
    let world = World::plain().await;
    for agent in ["GoogleHC/1.0", "kube-probe/1.31", "ELB-HealthChecker/2.0", "Envoy/HC"] {
        for door in DOORS {
            let verdict = door.ask(&world, &Ask::get("/").header("user-agent", agent)).await;
            assert_eq!(verdict.code.as_deref(), Some("missing_credential"), "{agent} {door:?}");
        }
    }
    for path in ["/healthz", "/readyz", "/metrics", "/status", "/explain", "/_claimgate/", "/_claimgate"] {
        let reply = world.client(Via::Http1).get(path).await;
        assert_eq!((reply.status, reply.code().as_deref()), (404, Some("no_route")), "{path}");
    }
    world.stop().await;
}

/// CVE-2026-48794, CVE-2021-32637: the case of a host, or a malformed URI from nginx, went round the rules.
#[tokio::test]
async fn cve_2021_32637_what_nginx_sends_malformed_is_refused() {
    let world = World::plain().await;
    let jane = world.token();
    for url in [
        "",
        "/public",
        "app.example.com/public",
        "//app.example.com/public",
        "ftp://app.example.com/public",
        "https:///public",
        "https://app.example.com:99999/public",
        "https://user@app.example.com/public",
        "https://app.example.com./public",
        "https://app.example.com\\@other.example.com/public",
        "https://app.example.com/public/../admin",
        "https://app.example.com/%",
        "https://app.example.com/ public",
    ] {
        let ask =
            Ask::get("/_claimgate/nginx").header("x-original-method", "GET").header("x-original-url", url);
        let reply = world.client(Via::Http1).send(&ask.bearer(&jane)).await;
        assert_eq!((reply.status, reply.code().as_deref()), (403, Some("bad_request")), "{url}");
    }
    for method in ["", "get", "GET ", "G\tT", "GETGETGETGETGETGETGETGETGETGETGETGET"] {
        let ask = Ask::get("/_claimgate/nginx")
            .header("x-original-method", method)
            .header("x-original-url", "https://app.example.com/public");
        let reply = world.client(Via::Http1).send(&ask).await;
        let trimmed = method.trim() == "GET";
        assert_eq!(reply.status, if trimmed { 200 } else { 403 }, "{method:?}");
    }
    world.stop().await;
}

/// CVE-2026-32811, -42272, -42273, -42274: query in the gRPC path, case of `%2F` and host, dot segments.
#[tokio::test]
async fn cve_2026_32811_grpc_path_is_read_as_every_path() {
    let world = World::plain().await;
    let jane = world.token();
    let bearer = [("authorization".to_owned(), format!("Bearer {jane}"))];
    for (host, path, code) in [
        ("app.example.com", "/?a=b", None),
        ("APP.EXAMPLE.COM", "/", None),
        ("app.example.com", "/admin%2fpublic", Some("bad_request")),
        ("app.example.com", "/admin%2Fpublic", Some("bad_request")),
        ("app.example.com", "/./", Some("bad_request")),
        ("app.example.com", "", Some("bad_request")),
        ("app.example.com", "http://app.example.com/public", Some("bad_request")),
        ("app.example.com", "*", Some("bad_request")),
        ("", "/", Some("bad_request")),
        ("app.example.com.", "/", Some("bad_request")),
    ] {
        let response = envoy::check(world.public, envoy::about("GET", host, path, &bearer)).await.unwrap();
        let verdict = crate::door::grpc_verdict(&bearer, response);
        assert_eq!(verdict.code.as_deref(), code, "{host} {path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_grpc_door_answers_check_requests_only() {
    let world = World::start(&configuration(
        "trustedProxies: [127.0.0.0/8]\n\
         listeners: { public: { address: \"127.0.0.1:0\" }, admin: { address: \"127.0.0.1:0\" }, \
         check: { address: \"127.0.0.1:0\", protocol: envoyGrpc } }",
        ROUTES,
    ))
    .await;
    let jane = world.token();
    let bearer = [("authorization".to_owned(), format!("Bearer {jane}"))];
    let own_socket =
        envoy::check(world.check.unwrap(), envoy::about("GET", "app.example.com", "/", &bearer)).await;
    assert_eq!(crate::door::grpc_verdict(&bearer, own_socket.unwrap()).values("x-claimgate-user"), ["jane"]);
    // Nothing but gRPC is answered on that socket.
    for path in ["/", "/_claimgate/check", "/_claimgate/envoy/", "/public"] {
        let client = crate::client::Client::new(world.check.unwrap(), Via::Http2);
        assert_eq!(client.send(&Ask::get(path).bearer(&jane)).await.status, 404, "{path}");
    }
    // No attributes, or none of an HTTP request.
    for request in [CheckRequest::default(), CheckRequest { attributes: Some(AttributeContext::default()) }] {
        let verdict = crate::door::grpc_verdict(&[], envoy::check(world.public, request).await.unwrap());
        assert_eq!((verdict.status, verdict.code.as_deref()), (400, Some("bad_request")));
    }
    // The caller may name a route, which must cover the request all the same.
    for (name, host, user, code) in [
        ("other", "other.example.com", vec!["jane"], None),
        ("other", "app.example.com", vec![], Some("no_route")),
        ("nowhere", "app.example.com", vec![], Some("no_route")),
    ] {
        let mut request = envoy::about("GET", host, "/", &bearer);
        let attributes = request.attributes.as_mut().unwrap();
        attributes.context_extensions.insert("route".to_owned(), name.to_owned());
        let response = envoy::check(world.public, request).await.unwrap();
        let verdict = crate::door::grpc_verdict(&bearer, response);
        assert_eq!((verdict.values("x-other-user"), verdict.code.as_deref()), (user, code), "{name} {host}");
    }
    world.stop().await;
}

#[tokio::test]
async fn what_is_no_check_request_is_not_read_as_one() {
    let world = World::plain().await;
    let path = "/envoy.service.auth.v3.Authorization/Check";
    for (via, ask) in [
        (Via::Http1, Ask::post(path, "").header("content-type", "application/grpc")),
        (Via::Http2, Ask::post(path, "").header("content-type", "application/json")),
        (Via::Http2, Ask::get(path).header("content-type", "application/grpc")),
    ] {
        assert_eq!(world.client(via).send(&ask).await.status, 415, "{via:?}");
    }
    // A compressed message, one that is shorter than it says, two, one of 2 MiB: none is read.
    for body in [
        vec![1, 0, 0, 0, 0],
        vec![0, 0, 0, 0, 9, 10],
        vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        vec![],
        vec![0, 0],
        [vec![0, 0, 32, 0, 0], vec![0; 2 << 20]].concat(),
        vec![0, 0, 0, 0, 2, 0xff, 0xff],
    ] {
        let ask = Ask::post(path, body).header("content-type", "application/grpc");
        let reply = world.client(Via::Http2).send(&ask).await;
        let message: CheckResponse = prost::Message::decode(reply.body.slice(5..)).unwrap();
        let verdict = crate::door::grpc_verdict(&[], message);
        assert_eq!((verdict.status, verdict.code.as_deref()), (400, Some("bad_request")));
    }
    let other = Ask::post("/envoy.service.auth.v3.Authorization/Other", "");
    let other = other.header("content-type", "application/grpc");
    assert_eq!(world.client(Via::Http2).send(&other).await.status, 404);
    world.stop().await;
}

/// CVE-2025-48865: `Connection` named the identity headers, and so had them removed.
#[tokio::test]
async fn cve_2025_48865_connection_removes_no_identity_header() {
    let world = World::plain().await;
    let ask =
        Ask::get("/").bearer(&world.token()).header("Connection", "x-claimgate-user, x-claimgate-groups");
    for door in [Door::Forwarded(Via::Http1), Door::Nginx(Via::Http1), Door::EnvoyPrefix(Via::Http1)] {
        let reply = raw(world.public, door.check_request(&ask).text().as_bytes()).await.unwrap();
        assert_eq!(Verdict::of(&reply).values("x-claimgate-user"), ["jane"], "{door:?}");
    }
    world.stop().await;
}

/// k/k#94683, capsule-proxy#118: groups joined by a comma became several; a value could end its line.
#[tokio::test]
async fn capsule_proxy_118_one_group_is_one_value() {
    let routes = r"
  - { name: app, hosts: [app.example.com], accept: jwt, allow: authenticated }
  - name: impersonation
    hosts: [kubernetes.example.com]
    accept: jwt
    allow: authenticated
    headers:
      impersonate-user: { expression: user.username }
      impersonate-group: { expression: user.groups, list: repeated }
";
    let world = World::start(&configuration(TRUSTED, routes)).await;
    let two = world.signed(world.issuer.token().claim("groups", vec!["a", "b,system:masters"]));
    let odd = world.signed(world.issuer.token().subject("jane\r\nimpersonate-group: admins"));
    for door in DOORS {
        let joined = door.ask(&world, &Ask::get("/").bearer(&two)).await;
        assert_eq!(joined.code.as_deref(), Some("header_value_ambiguous"), "{door:?}");
        let client = Ask::get("/").host("kubernetes.example.com");
        let client = client.header("impersonate-group", "planted").header("impersonate_group", "planted");
        let repeated = door.ask(&world, &client.clone().bearer(&two)).await;
        assert_eq!(repeated.values("impersonate-group"), ["a", "b,system:masters"], "{door:?}");
        assert!(!format!("{repeated:?}").contains("planted"), "{door:?}");
        let broken = door.ask(&world, &client.bearer(&odd)).await;
        assert_eq!(broken.code.as_deref(), Some("header_value_ambiguous"), "{door:?}");
    }
    world.stop().await;
}
