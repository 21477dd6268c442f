//! Versions of HTTP, TLS, client certificates, the end, and a new certificate under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use claimgate_devprovider::Fault;
use http::Version;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::authority::{Authority, Certified};
use crate::client::{Ask, VIAS, Via, raw};
use crate::folder::Folder;
use crate::provider;
use crate::world::{PATIENCE, ROUTES, TRUSTED, World, configuration, eventually};

const TLS: &str = "trustedProxies: []\n\
    listeners: { public: { address: \"127.0.0.1:0\", tls: { certificateFile: tls.crt, keyFile: tls.key, \
    clientCertificateAuthorityFile: ca.crt } }, admin: { address: \"127.0.0.1:0\" } }";

async fn tls_world(authority: &Authority) -> World {
    let folder = Folder::new();
    folder.write("ca.crt", &authority.pem());
    install(&folder, &authority.certify("gate.example.com"));
    World::start_in(folder, &configuration(TLS, ROUTES)).await
}

fn install(folder: &Folder, certified: &Certified) {
    folder.write("tls.crt", &certified.certificate);
    folder.write("tls.key", &certified.key);
}

#[tokio::test]
async fn both_versions_are_spoken_with_and_without_tls() {
    let authority = Authority::new();
    let (plain, tls) = (World::plain().await, tls_world(&authority).await);
    let own = Ask::get("/_claimgate/check");
    for via in VIAS {
        let reply = plain.client(via).send(&own.clone().bearer(&plain.token())).await;
        let expected = if via == Via::Http1 { Version::HTTP_11 } else { Version::HTTP_2 };
        assert_eq!((reply.status, reply.version), (200, expected));
    }
    for (protocols, version) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["http/1.1", "h2"], Version::HTTP_2),
        (&["h2"], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let client = tls.client(Via::Http1).tls(authority.client(protocols, None));
        let reply = client.send(&own.clone().bearer(&tls.token())).await;
        assert_eq!((reply.status, reply.version), (200, version), "{protocols:?}");
    }
    // Several requests over one connection.
    for via in VIAS {
        let mut connection = plain.client(via).connect().await.unwrap();
        for _ in 0..3 {
            assert_eq!(connection.send(&own.clone().bearer(&plain.token())).await.unwrap().status, 200);
        }
    }
    // Neither speaks the other's language, and a stranger's certificate is no gate's.
    assert!(raw(tls.public, own.text().as_bytes()).await.is_none_or(|reply| reply.status != 200));
    let stranger = tls.client(Via::Http1).tls(Authority::new().client(&[], None));
    assert!(stranger.connect().await.is_err());
    let over_tls = plain.client(Via::Http1).tls(authority.client(&[], None));
    assert!(over_tls.connect().await.is_err());
    plain.stop().await;
    tls.stop().await;
}

/// With `trustedProxies` empty a client certificate is what makes a proxy trusted.
#[tokio::test]
async fn a_client_certificate_makes_a_proxy_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let world = tls_world(&authority).await;
    let ask = crate::door::Door::Forwarded(Via::Http1).check_request(&Ask::get("/").bearer(&world.token()));
    for protocols in [&["h2"][..], &["http/1.1"]] {
        let own = authority.certify("proxy.example.com");
        let reply = world.client(Via::Http1).tls(authority.client(protocols, Some(&own))).send(&ask).await;
        assert_eq!((reply.status, reply.header("x-claimgate-user")), (200, Some("jane")));
        let reply = world.client(Via::Http1).tls(authority.client(protocols, None)).send(&ask).await;
        assert_eq!((reply.status, reply.code().as_deref()), (403, Some("untrusted_proxy")));
        // A certificate of somebody else's authority is refused in the handshake.
        let foreign = other.certify("proxy.example.com");
        let client = world.client(Via::Http1).tls(authority.client(protocols, Some(&foreign)));
        let sent = match client.connect().await {
            Ok(mut connection) => connection.send(&ask).await,
            Err(error) => Err(error),
        };
        assert!(sent.is_err(), "{sent:?}");
    }
    world.stop().await;
}

/// Requests that run when the end is asked for are answered; connections that idle end; nobody new comes in.
/// The admin listener tells of it until the last request has ended.
#[tokio::test]
async fn the_end_drops_no_request() {
    let provider = provider::start().await;
    provider.fault(Fault::Slow);
    let world = provider::world(&provider, TRUSTED).await;
    let (public, alice, jane) = (world.public, provider.token(), world.token());
    let slow = Ask::get("/_claimgate/check").host("provided.example.com").bearer(&alice);
    let quick = Ask::get("/_claimgate/check").bearer(&jane);
    let mut running = JoinSet::new();
    let mut idle = Vec::new();
    for via in VIAS {
        let mut connection = world.client(via).connect().await.unwrap();
        assert_eq!(connection.send(&quick).await.unwrap().status, 200);
        idle.push(connection);
        for _ in 0..5 {
            let (client, slow) = (world.client(via), slow.clone());
            running.spawn(async move { client.connect().await.unwrap().send(&slow).await });
        }
    }
    let mut counts = provider.counts();
    timeout(PATIENCE, counts.wait_for(|counts| counts.discovery > 0)).await.unwrap().unwrap();
    // Decisions are counted once they are made, so what is seen to have arrived is the connections: each
    // asks about Jane first, which is answered.
    for via in VIAS {
        assert_eq!(world.client(via).send(&quick).await.status, 200);
    }
    let (admin, mut held) = (world.admin(), world.admin().connect().await.unwrap());
    let (serving, _folder) = world.end();
    eventually("the socket is closed", || async { TcpStream::connect(public).await.is_err() }).await;
    assert!(!serving.is_finished(), "requests were running");
    let ready = admin.get("/readyz").await;
    assert_eq!((ready.status, ready.text()), (503, "draining\n"));
    assert_eq!(admin.get("/healthz").await.status, 200);
    assert!(admin.get("/metrics").await.text().contains("claimgate_config_generation 1\n"));
    assert_eq!(held.send(&Ask::get("/readyz")).await.unwrap().status, 503);
    provider.fault(Fault::None);
    while let Some(reply) = running.join_next().await {
        let reply = reply.unwrap().unwrap();
        assert_eq!((reply.status, reply.header("x-claimgate-user")), (200, Some("provided:alice")));
    }
    timeout(PATIENCE, serving).await.unwrap().unwrap();
    assert!(admin.connect().await.is_err() && held.send(&Ask::get("/readyz")).await.is_err());
    for mut connection in idle {
        assert!(connection.send(&quick).await.is_err());
    }
}

/// New connections get the new certificate within two seconds; nobody's request fails meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_served_without_a_failed_request() {
    let authority = Authority::new();
    let world = tls_world(&authority).await;
    let ask = Ask::get("/_claimgate/check").bearer(&world.token());
    let (over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut load = JoinSet::new();
    for protocols in [&["h2"][..], &["http/1.1"], &["h2"], &["http/1.1"]] {
        let client = world.client(Via::Http1).tls(authority.client(protocols, None));
        let (ask, over, sent) = (ask.clone(), over.clone(), sent.clone());
        load.spawn(async move {
            // One connection that lives over the change, and new ones all the time.
            let mut held = client.connect().await.unwrap();
            while !over.load(Ordering::Relaxed) {
                for reply in [held.send(&ask).await.unwrap(), client.send(&ask).await] {
                    assert_eq!((reply.status, reply.header("x-claimgate-user")), (200, Some("jane")));
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    let config = authority.client(&[], None);
    for _ in 0..3 {
        let next = authority.certify("gate.example.com");
        let expected = CertificateDer::from_pem_slice(next.certificate.as_bytes()).unwrap();
        let before = sent.load(Ordering::Relaxed);
        install(&world.folder, &next);
        let changed = timeout(Duration::from_secs(2), async {
            while served(&world, &config).await != expected {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        changed.await.unwrap();
        eventually("requests go on", || async { sent.load(Ordering::Relaxed) > before + 20 }).await;
    }
    over.store(true, Ordering::Relaxed);
    while let Some(ended) = load.join_next().await {
        ended.unwrap();
    }
    // A certificate without its key is refused and changes nothing.
    let expected = served(&world, &config).await;
    world.folder.write("tls.crt", &authority.certify("gate.example.com").certificate);
    eventually("the change is refused", || async {
        world.admin().get("/status").await.json()["configuration"]["refused"].is_object()
    })
    .await;
    assert_eq!(served(&world, &config).await, expected);
    world.stop().await;
}

/// The certificate that a new connection gets.
async fn served(world: &World, config: &ClientConfig) -> CertificateDer<'static> {
    let stream = TcpStream::connect(world.public).await.unwrap();
    let name = "gate.example.com".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config.clone())).connect(name, stream).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}
