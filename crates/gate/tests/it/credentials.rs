use claimgate_crypto::Algorithm;
use claimgate_testkit::Issuer;

use crate::world::{Ask, World};

const CONFIG: &str = r#"
jwt:
  - name: a
    issuer: { url: https://a.example, audiences: [claimgate] }
    claimMappings: { username: { claim: sub, prefix: "" } }
routes:
  - { name: app, hosts: [app.example], accept: all, allow: authenticated }
  - name: many
    hosts: [many.example]
    accept: all
    allow: authenticated
    credentialSources: [authorization, { header: x-token }, { cookie: token }, webSocketSubprotocol]
"#;

fn world() -> (World, String, String) {
    let issuer = Issuer::new("https://a.example", Algorithm::Es256);
    let tokens = (issuer.token().sign(), issuer.token().subject("john").sign());
    (World::new(CONFIG, &[&issuer]), tokens.0, tokens.1)
}

#[tokio::test]
async fn two_different_bearers_conflict_and_the_same_one_twice_does_not() {
    let (world, jane, john) = world();
    let authorization = |value: String| ("authorization", value);
    let protocol = |token: &str| {
        let encoded = claimgate_crypto::base64url::encode(token);
        (
            "sec-websocket-protocol",
            format!("v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.{encoded}"),
        )
    };
    let bearer = |token: &str| authorization(format!("Bearer {token}"));
    for (headers, verdict) in [
        (vec![bearer(&jane)], Ok("jane")),
        (vec![authorization(format!("bEARER   {jane}"))], Ok("jane")),
        (vec![bearer(&jane), bearer(&jane)], Ok("jane")),
        (vec![bearer(&jane), bearer(&john)], Err("conflicting_credentials")),
        (vec![authorization(format!("Bearer {jane}, Bearer {john}"))], Err("conflicting_credentials")),
        (vec![authorization(format!("Bearer {jane}, Bearer {jane}"))], Ok("jane")),
        (vec![authorization(format!("Bearer {jane}, Basic x"))], Err("malformed_credential")),
        (vec![authorization(format!("Bearer {jane},"))], Err("malformed_credential")),
        (vec![authorization(format!("Bearer {jane} {john}"))], Err("malformed_credential")),
        (vec![("x-token", jane.clone())], Ok("jane")),
        (vec![("x-token", jane.clone()), ("x-token", john.clone())], Err("conflicting_credentials")),
        (vec![("cookie", format!("a=b; token={jane}"))], Ok("jane")),
        (vec![("cookie", format!("token={jane}; token={john}"))], Err("conflicting_credentials")),
        (vec![protocol(&jane)], Ok("jane")),
        (vec![bearer(&jane), protocol(&john)], Err("conflicting_credentials")),
        (vec![bearer(&jane), ("x-token", john.clone())], Err("conflicting_credentials")),
        // Malformed in one place is not absent: nothing falls through to the good one behind it.
        (vec![authorization("Basic x".to_owned()), ("x-token", jane.clone())], Err("malformed_credential")),
    ] {
        let ask = Ask::get("/").host("many.example");
        let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        assert_eq!(world.verdict(&ask).await.as_deref(), verdict.as_ref().copied(), "{names:?}");
    }
}

/// Only `Authorization` is read unless the route names more.
#[tokio::test]
async fn what_the_route_does_not_name_is_no_credential() {
    let (world, jane, _) = world();
    for (name, value) in [("x-token", jane.clone()), ("cookie", format!("token={jane}"))] {
        let verdict = world.verdict(&Ask::get("/").header(name, &value)).await;
        assert_eq!(verdict, Err("missing_credential"), "{name}");
    }
    assert_eq!(world.verdict(&Ask::get(&format!("/?access_token={jane}"))).await, Err("missing_credential"));
}

/// GHSA-5hvv-m4w4-gf6v (oauth2-proxy): a health check's `User-Agent` let any request through.
#[tokio::test]
async fn ghsa_5hvv_m4w4_gf6v_the_user_agent_decides_nothing() {
    let (world, ..) = world();
    for agent in ["GoogleHC/1.0", "kube-probe/1.31", "ELB-HealthChecker/2.0"] {
        let verdict = world.verdict(&Ask::get("/healthz").header("user-agent", agent)).await;
        assert_eq!(verdict, Err("missing_credential"), "{agent}");
    }
}
