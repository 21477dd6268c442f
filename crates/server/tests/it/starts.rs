//! Starts that fail say what is wrong with which file or address.

use std::net::TcpListener;

use claimgate_crypto::Algorithm;
use claimgate_server::serve::{Overrides, StartError};
use claimgate_testkit::Issuer;
use rcgen::{CertificateParams, KeyPair};

use crate::folder::Folder;
use crate::world::{ISSUER, ROUTES, TRUSTED, configuration, start};

async fn failure(folder: &Folder, config: &str) -> StartError {
    match start(&folder.join(config), Overrides::default()).await {
        Ok(_) => panic!("it started"),
        Err(error) => error,
    }
}

fn with_keys() -> Folder {
    let folder = Folder::new();
    folder.write("keys.json", &Issuer::new(ISSUER, Algorithm::Es256).jwk_set());
    folder
}

fn certificate(key: &KeyPair) -> String {
    CertificateParams::new(vec!["gate.example.com".to_owned()]).unwrap().self_signed(key).unwrap().pem()
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (listener, top) in [
        ("public", TRUSTED.replacen("127.0.0.1:0", &address, 1)),
        (
            "admin",
            TRUSTED
                .replace("admin: { address: \"127.0.0.1:0\"", &format!("admin: {{ address: \"{address}\"")),
        ),
        (
            "check",
            TRUSTED
                .replace("check: { address: \"127.0.0.1:0\"", &format!("check: {{ address: \"{address}\"")),
        ),
    ] {
        let folder = with_keys();
        folder.write("claimgate.yaml", &configuration(&top, ROUTES));
        let error = failure(&folder, "claimgate.yaml").await;
        let text = error.to_string();
        assert!(text.contains(&address) && text.contains(&format!("`{listener}`")), "{text}");
        assert!(text.contains("in use"), "{text}");
        assert!(error.hint().unwrap().contains("another process"), "{:?}", error.hint());
    }
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    folder.folder("folder.yaml");
    for name in ["missing.yaml", "folder.yaml"] {
        let error = failure(&folder, name).await;
        assert!(error.to_string().contains(name), "{error}");
        assert!(matches!(error, StartError::Read { .. }) && error.hint().is_some());
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_with_the_cause() {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let folder = with_keys();
    folder.folder("directory");
    folder.write("tls.crt", &certificate(&key));
    folder.write("tls.key", &key.serialize_pem());
    folder.write("other.key", &other.serialize_pem());
    folder.write("broken.pem", "-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----\n");
    folder.write("empty.pem", "");
    let tls = |certificate: &str, key: &str, authority: &str| {
        let tls = format!("tls: {{ certificateFile: {certificate}, keyFile: {key}{authority} }}");
        TRUSTED.replacen("{ address: \"127.0.0.1:0\" }", &format!("{{ address: \"127.0.0.1:0\", {tls} }}"), 1)
    };
    let authority = |file: &str| format!(", clientCertificateAuthorityFile: {file}");
    for (top, file, cause) in [
        (tls("missing.crt", "tls.key", ""), "missing.crt", "No such file"),
        (tls("directory", "tls.key", ""), "directory", "directory"),
        (tls("empty.pem", "tls.key", ""), "empty.pem", "no certificate"),
        (tls("broken.pem", "tls.key", ""), "broken.pem", "no certificate"),
        (tls("tls.crt", "missing.key", ""), "missing.key", "No such file"),
        (tls("tls.crt", "directory", ""), "directory", "directory"),
        (tls("tls.crt", "broken.pem", ""), "broken.pem", "no private key"),
        (tls("tls.crt", "tls.crt", ""), "tls.crt", "no private key"),
        (tls("tls.crt", "other.key", ""), "tls.crt", "keys may not be consistent"),
        (tls("tls.crt", "tls.key", &authority("missing.crt")), "missing.crt", "No such file"),
        (tls("tls.crt", "tls.key", &authority("tls.key")), "tls.key", "no certificate"),
        (format!("{TRUSTED}\naudit: {{ to: {{ file: {{ path: directory }} }} }}"), "directory", "directory"),
        (
            format!("{TRUSTED}\naudit: {{ to: {{ file: {{ path: none/audit.jsonl }} }} }}"),
            "none/audit.jsonl",
            "No such file",
        ),
    ] {
        let config = configuration(&top, ROUTES);
        let config =
            if top.contains("audit:") { config.rsplit_once("audit:").unwrap().0.to_owned() } else { config };
        folder.write("claimgate.yaml", &config);
        let text = failure(&folder, "claimgate.yaml").await.to_string().to_lowercase();
        assert!(text.contains(file) && text.contains(&cause.to_lowercase()), "{file}, {cause}: {text}");
        assert!(!text.contains('\n') && !text.contains("begin private"), "{text}");
    }
}

#[tokio::test]
async fn a_configuration_with_errors_shows_their_places() {
    let folder = Folder::new();
    folder.write("claimgate.yaml", "version: 1\nroute: []\nlisteners: { public: { address: nowhere } }\n");
    let StartError::Config(problems) = failure(&folder, "claimgate.yaml").await else {
        panic!("another error");
    };
    let text = problems.render(false);
    for place in ["claimgate.yaml:2:1:", "claimgate.yaml:3:33:"] {
        assert!(text.contains(place), "{text}");
    }
    let key = configuration(&format!("{TRUSTED}\naudit: {{ digestKeyFile: missing.key }}"), ROUTES);
    folder.write("claimgate.yaml", key.rsplit_once("audit:").unwrap().0);
    let StartError::Config(problems) = failure(&folder, "claimgate.yaml").await else {
        panic!("another error");
    };
    let text = problems.render(false);
    assert!(text.contains("missing.key") && text.contains("No such file"), "{text}");
}
