use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// `claimgate init`
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// The proxy in front of the application
    #[arg(value_enum)]
    proxy: Proxy,
    /// Where to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "claimgate.yaml")]
    output: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// The proxies that `init` knows.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Proxy {
    /// nginx `auth_request`
    Nginx,
    /// Envoy `ext_authz`
    Envoy,
    /// Istio, `AuthorizationPolicy` CUSTOM
    Istio,
    /// Caddy `forward_auth`
    Caddy,
    /// Traefik `forwardAuth`
    Traefik,
    /// `HAProxy` with Lua
    Haproxy,
}

/// The parts that every configuration has, after the proxy's own.
const COMMON: &str = include_str!("init/common.yaml");

impl Init {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let text = self.proxy.configuration();
        if self.output.as_os_str() == "-" {
            print!("{text}");
            return Ok(ExitCode::SUCCESS);
        }
        let shown = self.output.display();
        if self.output.exists() && !self.force {
            return Err(Failure::new(format!("`{shown}` is there already")).hint("`--force` replaces it"));
        }
        write(&self.output, &text)?;
        println!("Wrote `{shown}`. Next:");
        println!("  claimgate check {shown}");
        println!("  claimgate serve --config {shown}");
        println!("The proxy's side is in {}", self.proxy.guide());
        Ok(ExitCode::SUCCESS)
    }
}

#[expect(clippy::disallowed_methods, reason = "a command writes the file that it is called with")]
fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::new(format!("`{}` cannot be written: {error}", path.display())))
}

impl Proxy {
    pub(crate) fn configuration(self) -> String {
        let own = match self {
            Self::Nginx => include_str!("init/nginx.yaml"),
            Self::Envoy => include_str!("init/envoy.yaml"),
            Self::Istio => include_str!("init/istio.yaml"),
            Self::Caddy => include_str!("init/caddy.yaml"),
            Self::Traefik => include_str!("init/traefik.yaml"),
            Self::Haproxy => include_str!("init/haproxy.yaml"),
        };
        format!("{own}\n{COMMON}")
    }

    fn guide(self) -> &'static str {
        match self {
            Self::Nginx => "docs/guides/nginx.md",
            Self::Envoy => "docs/guides/envoy.md",
            Self::Istio => "docs/guides/istio.md",
            Self::Caddy => "docs/guides/caddy.md",
            Self::Traefik => "docs/guides/traefik.md",
            Self::Haproxy => "docs/guides/haproxy.md",
        }
    }
}
