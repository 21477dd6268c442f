use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use claimgate_crypto::SigningKeyError;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::keys::Keys;
use crate::{Fault, MintError, SigningAlgorithm, TokenKind};

/// The time of day in seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Whom the provider knows, and for whom its tokens are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The audience of tokens, unless a request names another.
    pub audience: String,
    /// The people.
    pub people: Vec<Person>,
    /// The machine.
    pub machine: Machine,
    /// The beginning of the key IDs; without it they are thumbprints.
    pub key_id_prefix: Option<String>,
    /// The `Cache-Control` of the key set.
    pub cache_control: Option<String>,
}

/// A person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The subject and preferred user name.
    pub name: String,
    /// The full name.
    pub display_name: String,
    /// The e-mail address, which counts as verified.
    pub email: String,
    /// The groups.
    pub groups: Vec<String>,
}

/// A machine: an OAuth client that acts for itself (RFC 6749 §4.4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Machine {
    /// The client ID, and the subject of its tokens.
    pub client_id: String,
    /// The client secret. It is printed and known to everybody.
    pub client_secret: String,
}

impl Default for Options {
    fn default() -> Self {
        let person = |name: &str, display_name: &str, groups: &[&str]| Person {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            email: format!("{name}@example.com"),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
        };
        let machine = Machine { client_id: "robot".to_owned(), client_secret: "not-a-secret".to_owned() };
        Self {
            audience: "claimgate-demo".to_owned(),
            people: vec![
                person("alice", "Alice Ahrens", &["admins", "developers"]),
                person("bob", "Bob Brandt", &["developers"]),
            ],
            machine,
            key_id_prefix: None,
            cache_control: None,
        }
    }
}

/// A provider that runs until it is dropped.
#[derive(Debug)]
pub struct DevProvider {
    state: Arc<State>,
    task: JoinHandle<()>,
}

/// How often the provider was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// For its discovery document.
    pub discovery: u64,
    /// For its key set.
    pub keys: u64,
}

/// Why a provider did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not a loopback address.
    #[error("the development provider listens on loopback only, not on `{0}`")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on `{0}`")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// No keys.
    #[error("the development provider has no keys")]
    Keys(#[from] SigningKeyError),
}

pub(crate) struct State {
    pub(crate) issuer: String,
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    keys: Mutex<Keys>,
    pub(crate) fault: watch::Sender<Fault>,
    pub(crate) counts: watch::Sender<Counts>,
}

impl DevProvider {
    /// Starts a provider at `address`; port 0 takes any free one.
    ///
    /// # Errors
    /// [`StartError`], also for any address that is not loopback.
    pub async fn start(address: SocketAddr, options: Options, clock: Clock) -> Result<Self, StartError> {
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        let failed = |error| StartError::Listen(address, error);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let state = Arc::new(State {
            issuer: format!("http://{bound}"),
            keys: Mutex::new(Keys::generate(options.key_id_prefix.clone())?),
            options,
            clock,
            fault: watch::Sender::new(Fault::None),
            counts: watch::Sender::new(Counts::default()),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { state, task })
    }

    /// The issuer: the URL at which it listens.
    pub fn issuer_url(&self) -> &str {
        &self.state.issuer
    }

    /// The address of the token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}/token", self.state.issuer)
    }

    /// The address of the key set.
    pub fn keys_url(&self) -> String {
        format!("{}/keys", self.state.issuer)
    }

    /// Whom it knows.
    pub fn options(&self) -> &Options {
        &self.state.options
    }

    /// A token of a person or the machine, signed by RS256.
    ///
    /// # Errors
    /// [`MintError`] for an unknown name.
    pub fn mint(&self, name: &str, kind: TokenKind) -> Result<String, MintError> {
        self.mint_with(name, kind, SigningAlgorithm::Rs256)
    }

    /// A token of a person or the machine, signed by the algorithm.
    ///
    /// # Errors
    /// [`MintError`] for an unknown name.
    pub fn mint_with(
        &self,
        name: &str,
        kind: TokenKind,
        algorithm: SigningAlgorithm,
    ) -> Result<String, MintError> {
        self.state.mint(name, kind, algorithm, None)
    }

    /// The key ID of the key that signs.
    pub fn key_id(&self, algorithm: SigningAlgorithm) -> String {
        self.state.keys().signing(algorithm).id().as_str().to_owned()
    }

    /// Signs with new keys from now on. The former ones stay published.
    ///
    /// # Errors
    /// If no keys can be generated.
    pub fn rotate(&self) -> Result<(), SigningKeyError> {
        self.state.keys().rotate()
    }

    /// Publishes only the keys that sign.
    pub fn withdraw_former_keys(&self) {
        self.state.keys().withdraw_former();
    }

    /// Misbehaves so from now on.
    pub fn fault(&self, fault: Fault) {
        self.state.fault.send_replace(fault);
    }

    /// How often it was asked, to read or to wait for.
    pub fn counts(&self) -> watch::Receiver<Counts> {
        self.state.counts.subscribe()
    }
}

impl Drop for DevProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    pub(crate) fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Serves until it is aborted, which closes all connections.
async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, Arc::clone(&state)));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { state.answer(request).await }
    });
    // A connection that breaks is the caller's loss.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
