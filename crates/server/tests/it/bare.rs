//! A bare `AuthenticationConfiguration`, served as it is.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use claimgate_crypto::Algorithm;
use claimgate_server::serve::Overrides;
use claimgate_testkit::Issuer;
use http::Response;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::authority::Authority;
use crate::client::{Ask, Via};
use crate::door::Door;
use crate::folder::Folder;
use crate::world::{ISSUER, TRUSTED, World, configuration, eventually, start};

/// Serves discovery and keys over TLS, as an issuer of Kubernetes has to.
async fn issuer(authority: &Authority) -> Issuer {
    let acceptor = TlsAcceptor::from(Arc::new(authority.certify("127.0.0.1").server()));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = Issuer::new(format!("https://{}", socket.local_addr().unwrap()), Algorithm::Es256);
    let discovery = serde_json::json!({
        "issuer": issuer.url(),
        "jwks_uri": format!("{}/keys", issuer.url()),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    let documents = Arc::new((Bytes::from(discovery.to_string()), Bytes::from(issuer.jwk_set())));
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            let (acceptor, documents) = (acceptor.clone(), documents.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                    let keys = request.uri().path() == "/keys";
                    let body = if keys { documents.1.clone() } else { documents.0.clone() };
                    let response = Response::builder().header("content-type", "application/json");
                    let response = response.body(Full::new(body)).unwrap();
                    async move { Ok::<_, Infallible>(response) }
                });
                let served = hyper::server::conn::http1::Builder::new();
                // A connection that breaks is the caller's loss.
                let _ = served.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    issuer
}

#[tokio::test]
async fn a_bare_authentication_configuration_is_served() {
    let authority = Authority::new();
    let issuer = issuer(&authority).await;
    let folder = Folder::new();
    let pem: String = authority.pem().lines().map(|line| format!("      {line}\n")).collect();
    folder.write(
        "authn.yaml",
        &format!(
            "apiVersion: apiserver.config.k8s.io/v1\n\
             kind: AuthenticationConfiguration\n\
             jwt:\n\
             - issuer:\n\
             \x20   url: {}\n\
             \x20   audiences: [claimgate]\n\
             \x20   certificateAuthority: |\n{pem}\
             \x20 claimMappings:\n\
             \x20   username: {{ claim: sub, prefix: \"oidc:\" }}\n\
             \x20   groups: {{ claim: groups, prefix: \"oidc:\" }}\n",
            issuer.url()
        ),
    );
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let overrides = Overrides {
        public_address: Some(any),
        admin_address: Some(any),
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
    };
    let server = start(&folder.join("authn.yaml"), overrides).await.unwrap();
    let world = World::serve(folder, issuer, server);
    let jane = world.token();
    for host in ["app.example.com", "anything.example.net"] {
        for door in [Door::Forwarded(Via::Http1), Door::EnvoyPrefix(Via::Http2), Door::EnvoyGrpc] {
            let verdict = door.ask(&world, &Ask::get("/a").host(host).bearer(&jane)).await;
            assert_eq!(verdict.values("x-claimgate-user"), ["oidc:jane"], "{door:?} {verdict:?}");
            assert_eq!(verdict.values("x-claimgate-groups"), ["oidc:developers"], "{door:?}");
            let verdict = door.ask(&world, &Ask::get("/a").host(host)).await;
            assert_eq!(verdict.code.as_deref(), Some("missing_credential"), "{door:?}");
        }
    }
    // What Kubernetes would take and a gate must not: names that are the cluster's own.
    let unprefixed = world.folder.read("authn.yaml").replace("oidc:", "");
    world.folder.write("authn.yaml", &unprefixed);
    let system = world.signed(world.jane().subject("system:admin"));
    eventually("the changed file is in force", || async {
        Door::EnvoyGrpc.ask(&world, &Ask::get("/").bearer(&jane)).await.values("x-claimgate-user") == ["jane"]
    })
    .await;
    let verdict = Door::EnvoyGrpc.ask(&world, &Ask::get("/").bearer(&system)).await;
    assert_eq!(verdict.code.as_deref(), Some("reserved_name"));
    world.stop().await;
}

/// An issuer's private authority is read again when its file changes, and its keys are there within two seconds.
#[tokio::test]
async fn a_changed_authority_of_an_issuer_is_live_within_two_seconds() {
    let (authority, other) = (Authority::new(), Authority::new());
    let issuer = issuer(&authority).await;
    let folder = Folder::new();
    folder.write("ca.crt", &other.pem());
    folder.write("keys.json", &Issuer::new(ISSUER, Algorithm::Es256).jwk_set());
    let entry = format!(
        "jwt:\n  - name: private\n    issuer: {{ url: \"{}\", audiences: [claimgate], certificateAuthorityFile: ca.crt }}\n",
        issuer.url()
    );
    let routes = "  - { name: app, accept: jwt, allow: authenticated }\n";
    folder.write("claimgate.yaml", &configuration(TRUSTED, routes).replacen("jwt:\n", &entry, 1));
    let server = start(&folder.join("claimgate.yaml"), Overrides::default()).await.unwrap();
    let world = World::serve(folder, issuer, server);
    let ask = Ask::get("/").bearer(&world.token());
    let code = || async { Door::EnvoyGrpc.ask(&world, &ask).await.code };
    assert_eq!(code().await.as_deref(), Some("issuer_unavailable"));
    world.folder.write("ca.crt", &authority.pem());
    let live = eventually("the issuer is known", || async { code().await.is_none() });
    tokio::time::timeout(Duration::from_secs(2), live).await.unwrap();
    world.stop().await;
}
