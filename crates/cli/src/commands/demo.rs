//! `claimgate demo`: the main job on one machine.

mod upstream;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use claimgate_devprovider::{DevProvider, Options, TokenKind};
use claimgate_server::serve::{self, Overrides, Server, StartError};
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;

use super::Output;
use super::serve::{ended, failure, runtime};
use crate::clock;
use crate::failure::Failure;
use crate::logging;

/// `claimgate demo`
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// The first of four consecutive ports: gate, admin, provider, upstream; 0 takes any free ones
    #[arg(long, default_value_t = 8800)]
    port: u16,
    /// Where to write the demo's configuration; a folder of its own among the temporary files unless given
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to say what runs where
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What to do where a port is taken.
const OTHER_PORTS: &str = "`--port N` takes other ports, `--port 0` any free ones";

/// How often free ports are looked for, where another process takes them first.
const TRIES: u32 = 10;

/// What runs where.
struct Running {
    config: PathBuf,
    gate_url: String,
    admin_url: String,
    provider_url: String,
    token_url: String,
    upstream_url: String,
    tokens: [(&'static str, String); 4],
}

impl Demo {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        runtime()?.block_on(self.start())
    }

    async fn start(self) -> Result<ExitCode, Failure> {
        logging::start(None);
        let seconds = Arc::new(|| clock::now().as_seconds());
        let provider = DevProvider::start(self.address(2)?, Options::default(), seconds).await;
        let provider = provider.map_err(|error| {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            Failure::new(format!("the development provider did not start: {error}{cause}")).hint(OTHER_PORTS)
        })?;
        let (config, server) = self.start_gate(&provider).await?;
        let no_socket = |error| Failure::new(format!("a socket is gone: {error}"));
        let public = server.public_address().map_err(no_socket)?;
        let admin = server.admin_address().map_err(no_socket)?;
        let socket = TcpListener::bind(self.address(3)?).await;
        let socket = socket.map_err(|error| {
            Failure::new(format!("the upstream did not start: {error}")).hint(OTHER_PORTS)
        })?;
        let upstream = socket.local_addr().map_err(no_socket)?;
        let running = Running {
            config,
            gate_url: format!("http://{public}/_claimgate/check"),
            admin_url: format!("http://{admin}"),
            provider_url: provider.issuer_url().to_owned(),
            token_url: provider.token_url(),
            upstream_url: format!("http://{upstream}/"),
            tokens: tokens(&provider)?,
        };
        let application = tokio::spawn(upstream::serve(socket, public));
        let serving = tokio::spawn(server.serve(ended()));
        wait_for(public).await;
        running.announce(self.output);
        // Ends when the server has ended.
        let _ = serving.await;
        application.abort();
        Ok(ExitCode::SUCCESS)
    }

    fn address(&self, offset: u16) -> Result<SocketAddr, Failure> {
        let port = if self.port == 0 { Some(0) } else { self.port.checked_add(offset) };
        let port = port.ok_or_else(|| Failure::usage("the ports after `--port` are beyond 65535"))?;
        Ok((Ipv4Addr::LOCALHOST, port).into())
    }

    /// Writes the configuration, with the ports that the gate then has, and starts the gate with it.
    async fn start_gate(&self, provider: &DevProvider) -> Result<(PathBuf, Server), Failure> {
        let path = self.config_path()?;
        let mut tries_left = TRIES;
        loop {
            let [public, admin] = self.gate_addresses()?;
            let text = format!(
                include_str!("demo/claimgate.yaml"),
                public = public,
                admin = admin,
                issuer = provider.issuer_url(),
                audience = provider.options().audience,
            );
            write(&path, &text)?;
            tries_left -= 1;
            match Server::start(serve::load(&path).map_err(failure)?, Overrides::default(), clock::now).await
            {
                Ok(server) => return Ok((path, server)),
                // Somebody took the port after it was found to be free.
                Err(StartError::Bind { .. }) if self.port == 0 && tries_left > 0 => {}
                Err(error @ StartError::Bind { .. }) => return Err(failure(error).hint(OTHER_PORTS)),
                Err(error) => return Err(failure(error)),
            }
        }
    }

    fn config_path(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.config {
            return Ok(path.clone());
        }
        let name = format!("claimgate-demo-{}-{:x}", std::process::id(), clock::now().as_milliseconds());
        let folder = std::env::temp_dir().join(name);
        create(&folder)?;
        Ok(folder.join("claimgate.yaml"))
    }

    /// Where the gate's two listeners are to be: at the ports that were asked for, or at free ones.
    fn gate_addresses(&self) -> Result<[SocketAddr; 2], Failure> {
        if self.port != 0 {
            return Ok([self.address(0)?, self.address(1)?]);
        }
        let free = || std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        // Both are held until both are known, so that they differ.
        let found = free().and_then(|one| Ok((one, free()?)));
        let addresses = found.and_then(|(one, other)| Ok([one.local_addr()?, other.local_addr()?]));
        addresses.map_err(|error| Failure::new(format!("no port is free: {error}")))
    }
}

/// A folder for this user alone, which nobody has made before.
fn create(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().mode(0o700).create(folder);
    made.map_err(|error| Failure::new(format!("`{}` cannot be made: {error}", folder.display())))
}

#[expect(clippy::disallowed_methods, reason = "the demo writes its configuration")]
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::new(format!("`{}` cannot be written: {error}", path.display())))
}

fn tokens(provider: &DevProvider) -> Result<[(&'static str, String); 4], Failure> {
    let mint = |kind| provider.mint("alice", kind).map_err(Failure::new);
    Ok([
        ("valid", mint(TokenKind::Valid)?),
        ("wrongAudience", mint(TokenKind::WrongAudience)?),
        ("expired", mint(TokenKind::Expired)?),
        ("unknownIssuer", mint(TokenKind::UnknownIssuer)?),
    ])
}

/// Waits until the gate answers; its socket is bound already.
async fn wait_for(address: SocketAddr) {
    // Whether it can be reached shows in the first call at the latest.
    let _ = tokio::net::TcpStream::connect(address).await;
}

impl Running {
    fn announce(&self, output: Output) {
        match output {
            Output::Json => println!("{}", self.to_json()),
            Output::Text => self.print(),
        }
    }

    fn to_json(&self) -> serde_json::Value {
        let tokens: serde_json::Map<_, _> =
            self.tokens.iter().map(|(name, token)| ((*name).to_owned(), json!(token))).collect();
        json!({
            "gateUrl": self.gate_url,
            "adminUrl": self.admin_url,
            "providerUrl": self.provider_url,
            "upstreamUrl": self.upstream_url,
            "config": self.config,
            "tokens": tokens,
        })
    }

    fn print(&self) {
        let Self { config, gate_url, admin_url, provider_url, token_url, upstream_url, .. } = self;
        let (audit, other) = (config.with_file_name("audit.jsonl"), config.with_file_name("token"));
        let config = config.display();
        let claimgate = std::env::current_exe().unwrap_or_else(|_| "claimgate".into());
        println!(
            include_str!("demo/announcement.txt"),
            config = config,
            audit = audit.display(),
            other = other.display(),
            claimgate = claimgate.display(),
            gate = gate_url,
            admin = admin_url,
            provider = provider_url,
            token = token_url,
            upstream = upstream_url,
            grant = claimgate_devprovider::PERSON_GRANT,
        );
    }
}
