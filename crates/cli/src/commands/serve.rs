use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use claimgate_server::serve::{self, Overrides, Server, StartError};
use clap::Args;
use ipnet::IpNet;

use crate::clock;
use crate::failure::Failure;
use crate::logging;

/// `claimgate serve`
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The configuration, or a bare `AuthenticationConfiguration` of Kubernetes
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Address of the public listener, in place of the configuration's
    #[arg(long, value_name = "ADDRESS")]
    public_address: Option<SocketAddr>,
    /// Address of the admin listener, in place of the configuration's
    #[arg(long, value_name = "ADDRESS")]
    admin_address: Option<SocketAddr>,
    /// A network whose proxies may speak for their clients, beside those of the configuration; repeatable
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<IpNet>,
}

impl Serve {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let overrides = Overrides {
            public_address: self.public_address,
            admin_address: self.admin_address,
            trusted_proxies: self.trusted_proxy,
        };
        runtime()?.block_on(async {
            let loaded = serve::load(&self.config).map_err(failure)?;
            logging::start(Some(loaded.logging()));
            let server = Server::start(loaded, overrides, clock::now).await.map_err(failure)?;
            if let (Ok(public), Ok(admin)) = (server.public_address(), server.admin_address()) {
                tracing::info!(%public, %admin, "Serving");
            }
            server.serve(ended()).await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// The asynchronous runtime of commands that serve.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::new(format!("the asynchronous runtime did not start: {error}")))
}

/// A failed start, in words.
pub(crate) fn failure(error: StartError) -> Failure {
    let failure = match &error {
        StartError::Config(problems) => Failure::new(format!("{error}\n{}", problems.render(false))),
        _ => Failure::new(&error),
    };
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Ready when SIGTERM or SIGINT comes.
pub(crate) async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        tracing::warn!("SIGTERM cannot be heard");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
