//! Configurations as people write them.
#![expect(clippy::disallowed_methods, reason = "tests read and write files, and call their own servers")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broken;
mod good;
mod kubernetes;
mod oracle;
mod reference;
mod restarts;

use std::collections::BTreeMap;
use std::io;

use claimgate_config::Files;

/// Files that are not on any disk.
#[derive(Default)]
struct Memory(BTreeMap<&'static str, &'static [u8]>);

impl Files for Memory {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).map(|bytes| bytes.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

const CERTIFICATE: &[u8] = include_bytes!("../../testdata/authority.pem");
const KEY_SET: &[u8] = include_bytes!("../../testdata/jwks.json");
const AUTHENTICATION: &[u8] = include_bytes!("../../testdata/authentication.yaml");

/// What the configurations of `testdata` may name.
fn files() -> Memory {
    Memory(BTreeMap::from([
        ("authority.pem", CERTIFICATE),
        ("jwks.json", KEY_SET),
        ("authentication.yaml", AUTHENTICATION),
        ("empty.pem", b"nothing".as_slice()),
        ("broken.json", b"{".as_slice()),
        ("short.key", [7; 31].as_slice()),
        ("digest.key", [7; 32].as_slice()),
    ]))
}

/// The files of a folder of `testdata`, by name.
fn folder(name: &str) -> Vec<(String, Vec<u8>)> {
    let path = format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}
