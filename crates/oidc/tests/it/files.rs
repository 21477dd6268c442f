use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use claimgate_crypto::{Algorithm, SigningKey};
use claimgate_oidc::{CertificateAuthority, KeyLookup, KeySource, KeyState};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::world::{World, address, spec};

/// A folder of one test, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("claimgate-oidc-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn write(path: &Path, content: &str) {
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, content).unwrap();
    std::fs::rename(fresh, path).unwrap();
}

fn key_set(key: &SigningKey) -> String {
    format!(r#"{{"keys":[{}]}}"#, key.public_jwk().unwrap())
}

/// Who asks before the file was read waits for it. A token of a configured issuer is never refused for that.
#[tokio::test]
async fn a_key_file_is_waited_for_from_the_start() {
    let folder = Folder::new();
    let path = folder.file("keys.json");
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    write(&path, &key_set(&key));
    let world = World::new();
    let wanted = spec("it", vec![KeySource::File(path)]);
    let id = wanted.id.clone();
    world.apply(vec![wanted]);
    let lookup = world.issuers.refresh_for_unknown_key(&id, key.id().as_str(), Duration::from_mins(1)).await;
    assert!(matches!(lookup, KeyLookup::Found(_)), "{lookup:?}");
    let lookup = world.issuers.refresh_for_unknown_key(&id, "nobody's", Duration::from_mins(1)).await;
    assert!(matches!(lookup, KeyLookup::Unknown), "{lookup:?}");
}

#[tokio::test]
async fn a_key_file_is_live_when_it_changes_and_a_bad_change_is_reported() {
    let folder = Folder::new();
    let path = folder.file("keys.json");
    let keys = [(); 2].map(|()| SigningKey::generate(Algorithm::Es256).unwrap());
    let world = World::new();
    let wanted = spec("it", vec![KeySource::File(path.clone())]);
    let id = wanted.id.clone();
    world.apply(vec![wanted]);
    let status = world.until_state(&id, KeyState::Unavailable).await;
    assert!(status.last_error.as_ref().unwrap().message.contains("not found"), "{status:#?}");

    write(&path, &key_set(&keys[0]));
    world.clock.advance(Duration::from_secs(1));
    let first = world.until_state(&id, KeyState::Fresh).await;
    assert_eq!(first.key_ids, [keys[0].id().as_str()]);

    // Told of the change, it does not wait for its own look.
    write(&path, &key_set(&keys[1]));
    world.issuers.reload_files();
    let second = world.until(&id, |status| status.key_ids == [keys[1].id().as_str()]).await;
    assert!(second.generation > first.generation);

    for bad in ["{", r#"{"keys":[]}"#, ""] {
        write(&path, bad);
        world.issuers.reload_files();
        let status = world.until_state(&id, KeyState::Stale).await;
        assert_eq!(status.key_ids, second.key_ids, "{bad}");
        write(&path, &key_set(&keys[1]));
        world.issuers.reload_files();
        let status = world.until_state(&id, KeyState::Fresh).await;
        assert_eq!(status.generation, second.generation, "{bad}");
    }
}

/// A certificate authority with a server's certificate.
struct Authority {
    pem: String,
    tls: tokio_rustls::TlsAcceptor,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = server.signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        Self { pem: authority.pem(), tls: Arc::new(config).into() }
    }
}

/// Serves the document over TLS to whoever asks.
async fn serve(tls: tokio_rustls::TlsAcceptor, document: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/keys", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            let Ok(mut stream) = tls.accept(stream).await else { continue };
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_err() {
                continue;
            }
            let length = document.len();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            let answer = format!("{head}\r\ncontent-length: {length}\r\n\r\n{document}");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

#[tokio::test]
async fn a_private_authority_is_reloaded_without_restart() {
    let folder = Folder::new();
    let path = folder.file("ca.crt");
    let (right, wrong) = (Authority::new(), Authority::new());
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let url = serve(right.tls.clone(), key_set(&key)).await;
    write(&path, &wrong.pem);
    let world = World::new();
    let mut wanted = spec("it", vec![KeySource::Url(address(&url))]);
    wanted.transport.authority = CertificateAuthority::File(path.clone());
    let id = wanted.id.clone();
    world.apply(vec![wanted]);
    let status = world.until_state(&id, KeyState::Unavailable).await;
    let message = &status.last_error.as_ref().unwrap().message;
    assert!(message.contains("an authority that is not trusted"), "{message}");

    write(&path, "not a certificate");
    world.issuers.reload_files();
    world
        .until(&id, |status| status.last_error.as_ref().unwrap().message.contains("holds no certificate"))
        .await;

    write(&path, &right.pem);
    world.issuers.reload_files();
    let status = world.until_state(&id, KeyState::Fresh).await;
    assert_eq!(status.key_ids, [key.id().as_str()]);
}
