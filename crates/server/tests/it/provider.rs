use std::ops::Deref;
use std::sync::Arc;

use claimgate_devprovider::{DevProvider, Options, TokenKind};
use claimgate_testkit::NOW;

use crate::world::{World, configuration, secret};

/// A provider on loopback whose tokens no log may hold.
pub(crate) struct Provider(DevProvider);

impl Provider {
    /// A token of Alice, for `claimgate-demo`.
    pub(crate) fn token(&self) -> String {
        secret(self.0.mint("alice", TokenKind::Valid).unwrap())
    }
}

impl Deref for Provider {
    type Target = DevProvider;

    fn deref(&self) -> &DevProvider {
        &self.0
    }
}

pub(crate) async fn start() -> Provider {
    start_with(Options::default()).await
}

pub(crate) async fn start_with(options: Options) -> Provider {
    let address = "127.0.0.1:0".parse().unwrap();
    Provider(DevProvider::start(address, options, Arc::new(|| NOW)).await.unwrap())
}

/// A configuration with the entry `provided` beside `main`, for a route of its own and for `app`.
pub(crate) fn configured(provider: &Provider, top: &str) -> String {
    let routes = r"
  - { name: app, hosts: [app.example.com], accept: jwt/main, allow: authenticated }
  - { name: provided, hosts: [provided.example.com], accept: jwt/provided, allow: authenticated }
";
    let entry = format!(
        "jwt:\n  - name: provided\n    issuer: {{ url: \"{}\", audiences: [claimgate-demo] }}\n",
        provider.issuer_url()
    );
    configuration(top, routes).replacen("jwt:\n", &entry, 1)
}

pub(crate) async fn world(provider: &Provider, top: &str) -> World {
    World::start(&configured(provider, top)).await
}
