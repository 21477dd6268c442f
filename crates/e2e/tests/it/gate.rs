//! The release binary, serving the configuration of the table at trace level.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::doors::Gate;
use crate::process::{Folder, Program, free_addresses, repository};
use crate::table::{self, Issuers, Row};
use crate::wire;

/// A running `claimgate serve`.
pub(crate) struct RunningGate {
    pub(crate) listens: Gate,
    program: Program,
    _folder: Folder,
}

impl RunningGate {
    /// Trusts loopback, where the proxies of the tests are.
    pub(crate) fn start(issuers: &Issuers) -> Self {
        Self::serve(issuers, "gate", "trustedProxies: [127.0.0.0/8]\n")
    }

    /// Trusts no proxy.
    pub(crate) fn untrusting(issuers: &Issuers) -> Self {
        Self::serve(issuers, "untrusting", "")
    }

    fn serve(issuers: &Issuers, name: &str, trust: &str) -> Self {
        let [public, check, admin] = free_addresses();
        let folder = Folder::new(name);
        let config = format!(
            "version: 1\n{trust}logging: {{ level: trace }}\nreadiness: {{ waitFor: [alpha, beta] }}\nlisteners:\n\
             \x20 public: {{ address: {public} }}\n\
             \x20 check: {{ address: {check}, protocol: envoyHttp }}\n\
             \x20 admin: {{ address: {admin} }}\n{}",
            table::config(issuers)
        );
        let file = folder.write("claimgate.yaml", &config);
        let mut command = Command::new(binary());
        command.arg("serve").arg("--config").arg(file).current_dir(folder.path());
        let mut program = Program::start(&mut command, folder.path().join("log"), &[public, check, admin]);
        let ready = wire::request("GET", "/readyz", &[("Host", "gate.test")]);
        program.wait_until(|| wire::exchange(admin, &ready).is_ok_and(|answer| answer.status == 200));
        Self { listens: Gate { public, check }, program, _folder: folder }
    }

    /// The code of a decision's audit record; a record may be a moment late.
    pub(crate) fn code_of(&self, decision: &str) -> Option<String> {
        let deadline = Instant::now() + Duration::from_secs(2);
        loop {
            let log = self.program.log();
            let lines = log.lines().rev().filter(|line| line.starts_with('{') && line.contains(decision));
            let mut records = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(record) = records.find(|record| record["decisionId"] == decision) {
                return record["code"].as_str().map(str::to_owned);
            }
            if Instant::now() > deadline {
                return None;
            }
            std::thread::yield_now();
        }
    }

    /// No token of the rows stands in the log, not even its signature alone.
    pub(crate) fn assert_silent_about(&self, rows: &[Row]) {
        let log = self.program.log();
        assert!(log.contains("decisionId"), "no log to search");
        for row in rows {
            for token in row.tokens() {
                let signature = token.rsplit('.').next().filter(|part| part.len() > 40).unwrap_or(token);
                assert!(!log.contains(signature), "the log holds the token of the row `{}`", row.name);
            }
        }
    }
}

/// `CLAIMGATE_BIN`, or a release binary built now.
fn binary() -> PathBuf {
    if let Some(path) = env::var_os("CLAIMGATE_BIN") {
        return PathBuf::from(path);
    }
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--package", "claimgate-cli", "--message-format", "json"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "the release binary does not build: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .expect("cargo names the binary it built")
}
