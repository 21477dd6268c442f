use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use claimgate_core::time::Timestamp;
use claimgate_crypto::Algorithm;
use claimgate_server::serve::{self, Overrides, Server, StartError};
use claimgate_testkit::{Issuer, NOW, TokenBuilder};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::client::{Client, Via};
use crate::folder::Folder;
use crate::leaks;

/// The longest that anything may take here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The issuer of nearly every test.
pub(crate) const ISSUER: &str = "https://issuer.example.com";

/// A gateway on loopback with one issuer whose keys are in a file.
pub(crate) struct World {
    pub(crate) folder: Folder,
    pub(crate) issuer: Issuer,
    pub(crate) public: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) check: Option<SocketAddr>,
    end: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// The time of the gateways.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A whole configuration: listeners on free ports, one trust entry `main`, an audit log in a file.
pub(crate) fn configuration(top: &str, routes: &str) -> String {
    format!(
        "version: 1\n\
         {top}\n\
         jwt:\n\
         \x20 - name: main\n\
         \x20   issuer: {{ url: {ISSUER}, audiences: [claimgate] }}\n\
         \x20   keys: {{ file: keys.json }}\n\
         \x20   claimMappings:\n\
         \x20     username: {{ claim: sub, prefix: \"\" }}\n\
         \x20     groups: {{ claim: groups, prefix: \"\" }}\n\
         routes:\n\
         {routes}\n\
         audit: {{ to: {{ file: {{ path: audit.jsonl }} }} }}\n"
    )
}

/// Loopback is trusted; a socket for Envoy's HTTP checks.
pub(crate) const TRUSTED: &str = "trustedProxies: [127.0.0.0/8]\n\
    listeners: { public: { address: \"127.0.0.1:0\" }, admin: { address: \"127.0.0.1:0\" }, \
    check: { address: \"127.0.0.1:0\" } }";

/// Nobody is trusted.
pub(crate) const UNTRUSTED: &str = "trustedProxies: [192.0.2.0/24]\n\
    listeners: { public: { address: \"127.0.0.1:0\" }, admin: { address: \"127.0.0.1:0\" }, \
    check: { address: \"127.0.0.1:0\" } }";

/// Developers are allowed, `/public` is exempt. Another route has a header of its own.
pub(crate) const ROUTES: &str = r#"
  - name: app
    hosts: [app.example.com]
    accept: jwt
    allow: [{ expression: "'developers' in user.groups" }]
    exempt: [{ prefix: /public }]
  - name: other
    hosts: [other.example.com]
    accept: jwt
    allow: authenticated
    headers: { x-other-user: { expression: user.username } }
"#;

impl World {
    /// A gateway with the routes `app` and `other`, which trusts loopback.
    pub(crate) async fn plain() -> Self {
        Self::start(&configuration(TRUSTED, ROUTES)).await
    }

    pub(crate) async fn start(configuration: &str) -> Self {
        Self::start_in(Folder::new(), configuration).await
    }

    pub(crate) async fn start_in(folder: Folder, configuration: &str) -> Self {
        let issuer = Issuer::new(ISSUER, Algorithm::Es256);
        folder.write("keys.json", &issuer.jwk_set());
        folder.write("claimgate.yaml", configuration);
        let server = start(&folder.join("claimgate.yaml"), Overrides::default()).await.unwrap();
        Self::serve(folder, issuer, server)
    }

    /// Serves what has started.
    pub(crate) fn serve(folder: Folder, issuer: Issuer, server: Server) -> Self {
        let (public, admin) = (server.public_address().unwrap(), server.admin_address().unwrap());
        let check = server.check_address();
        let (end, ended) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async {
            // Whoever drops the world ends it as well.
            let _ = ended.await;
        }));
        Self { folder, issuer, public, admin, check, end, serving }
    }

    /// A token of Jane, who is a developer.
    pub(crate) fn token(&self) -> String {
        self.signed(self.jane())
    }

    /// Jane's token in the making.
    pub(crate) fn jane(&self) -> TokenBuilder<'_> {
        self.issuer.token().claim("groups", vec!["developers"])
    }

    /// Signs a token that no log may hold.
    pub(crate) fn signed(&self, token: TokenBuilder<'_>) -> String {
        secret(token.sign())
    }

    /// A client of the public listener.
    pub(crate) fn client(&self, via: Via) -> Client {
        Client::new(self.public, via)
    }

    /// A client of the admin listener.
    pub(crate) fn admin(&self) -> Client {
        Client::new(self.admin, Via::Http1)
    }

    /// Asks for the end and returns what serves until then.
    pub(crate) fn end(self) -> (JoinHandle<()>, Folder) {
        self.end.send(()).unwrap();
        (self.serving, self.folder)
    }

    /// Ends it. The audit log, of which no line and of whose process no log line holds a token.
    pub(crate) async fn stop(self) -> Vec<serde_json::Value> {
        let (serving, folder) = self.end();
        timeout(PATIENCE, serving).await.unwrap().unwrap();
        let audit = folder.read("audit.jsonl");
        assert!(!leaks::holds_token(&audit), "a token in the audit log");
        leaks::assert_none();
        audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A token that no log may hold.
pub(crate) fn secret(token: String) -> String {
    leaks::register(&token);
    token
}

/// Starts a gateway, its logs watched.
pub(crate) async fn start(path: &Path, overrides: Overrides) -> Result<Server, StartError> {
    leaks::watch_logs();
    Server::start(serve::load(path)?, overrides, now).await
}

/// Waits until `holds`, for a bounded time.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waited = timeout(PATIENCE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}
