//! Configurations of the gate, and gates that serve them.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::BenchError;
use crate::http::Request;
use crate::process::{Program, free_addresses};
use crate::speed::World;
use crate::tokens::AUDIENCE;

/// The host that checks ask about.
pub(crate) const HOST: &str = "app.example.test";
/// The path that checks ask about.
pub(crate) const PATH: &str = "/reports/7?page=2";

/// Which decisions are recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audit {
    Refusals,
    Everything,
}

/// A trust entry: its name, its issuer's URL, and the keys if they are not to be fetched.
pub(crate) fn entry(name: &str, issuer: &str, keys: Option<&str>) -> String {
    let keys = keys.map_or(String::new(), |keys| format!(", keys: {{ inline: '{keys}' }}"));
    format!(
        "  - {{ name: {name}, issuer: {{ url: '{issuer}', audiences: [{AUDIENCE}] }}, claimMappings: \
         {{ username: {{ claim: sub, prefix: '' }}, groups: {{ claim: groups, prefix: '' }} }}{keys} }}\n"
    )
}

/// The route of every host.
pub(crate) const ANY_ROUTE: &str = "  - { name: app, allow: authenticated }\n";

/// A running gate.
pub(crate) struct Gate {
    pub(crate) program: Program,
    pub(crate) public: SocketAddr,
    /// The folder of its configuration, below the run's own.
    folder: String,
    head: String,
}

impl Gate {
    /// Starts a gate with these trust entries and routes, and waits until `token` is allowed.
    pub(crate) fn start(
        world: &World,
        audit: Audit,
        entries: &str,
        routes: &str,
        token: &str,
    ) -> Result<Self, BenchError> {
        let draft = Draft::write(world, audit, entries, routes)?;
        let probe = Request::check(draft.public, HOST, PATH).bearer(token);
        let log = world.folder.path(&format!("{}.log", draft.folder));
        let mut command = world.cores.server(&world.gate);
        command.arg("serve").arg("--config").arg(&draft.file);
        let program = Program::ready(&mut command, &log, &probe)?;
        Ok(Self { program, public: draft.public, folder: draft.folder, head: draft.head })
    }

    /// Puts other trust entries and routes in force.
    pub(crate) fn change(&self, world: &World, entries: &str, routes: &str) -> Result<(), BenchError> {
        let text = format!("{}jwt:\n{entries}routes:\n{routes}", self.head);
        world.folder.write(&format!("{}/claimgate.yaml", self.folder), &text)?;
        Ok(())
    }
}

/// A configuration that is written and not yet served.
pub(crate) struct Draft {
    pub(crate) file: PathBuf,
    pub(crate) public: SocketAddr,
    folder: String,
    head: String,
}

impl Draft {
    pub(crate) fn write(
        world: &World,
        audit: Audit,
        entries: &str,
        routes: &str,
    ) -> Result<Self, BenchError> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let folder = format!("gate-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        // A folder of its own: the gate watches it, and the audit log would stir it with every line.
        std::fs::create_dir_all(world.folder.path(&folder))?;
        let [public, admin] = free_addresses()?;
        let log = world.folder.path(&format!("{folder}.audit"));
        let mut head = "version: 1\ntrustedProxies: [127.0.0.0/8]\nlogging: { level: warn }\n".to_owned();
        let _ = writeln!(
            head,
            "listeners: {{ public: {{ address: '{public}' }}, admin: {{ address: '{admin}' }} }}\n\
             audit: {{ allowed: {}, to: {{ file: {{ path: '{}' }} }} }}",
            audit == Audit::Everything,
            log.display()
        );
        let text = format!("{head}jwt:\n{entries}routes:\n{routes}");
        let file = world.folder.write(&format!("{folder}/claimgate.yaml"), &text)?;
        Ok(Self { file, public, folder, head })
    }
}
