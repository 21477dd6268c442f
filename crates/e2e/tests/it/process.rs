//! Programs under test: started with a log file, ready when their port answers, ended with the test.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

/// A running program; dropping it ends it.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program and waits until each of its addresses accepts connections.
    pub(crate) fn start(command: &mut Command, log: PathBuf, addresses: &[SocketAddr]) -> Self {
        let file = File::create(&log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut program = Self { child, log };
        for address in addresses {
            program.wait_until(|| TcpStream::connect(address).is_ok());
        }
        program
    }

    /// Waits until the program is ready in the sense given; it must be within a minute, and not end before.
    pub(crate) fn wait_until(&mut self, ready: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !ready() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "a program ended with {ended:?}:\n{}", self.log());
            assert!(Instant::now() < deadline, "a program is not ready:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the program has written to its standard output and error.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Loopback addresses for programs that are told where to listen. They are from below the range in which the
/// system picks ports itself, so nothing else of the tests can take one before its program does.
pub(crate) fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another run at the same time begins elsewhere.
    let run = u16::try_from(process::id() % 50).unwrap() * 200;
    std::array::from_fn(|_| {
        loop {
            let port = 20_000 + run + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000;
            if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
                return listener.local_addr().unwrap();
            }
        }
    })
}

/// An address where nothing listens: the port is reserved, and nobody is handed it.
pub(crate) fn nowhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1))
}

/// A new folder that disappears with the value, unless the test fails.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("claimgate-e2e-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into the folder and says where it is.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A real component's program, installed on first use.
pub(crate) fn tool(name: &str) -> PathBuf {
    let output =
        Command::new(repository().join("scripts/tools")).arg(name).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "scripts/tools {name}: {}", String::from_utf8_lossy(&output.stderr));
    let folder = String::from_utf8(output.stdout).unwrap();
    Path::new(folder.trim()).join("bin").join(name)
}
