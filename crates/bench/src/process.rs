//! Programs under measurement: started, waited for, read off `/proc`, ended by their process id.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, process, thread};

use crate::error::{BenchError, Context as _};
use crate::http::Request;

/// How long a program may take until it is ready.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A running program; dropping it ends it.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program whose output goes to `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self, BenchError> {
        let file = File::create(log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().context(&format!("{command:?} does not start"))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Starts a program and waits until `probe` is answered with 200.
    pub(crate) fn ready(command: &mut Command, log: &Path, probe: &Request) -> Result<Self, BenchError> {
        let mut program = Self::start(command, log)?;
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            match probe.send() {
                Ok(answer) if answer.is_allowed() => return Ok(program),
                answer if Instant::now() > deadline => {
                    let log = program.log();
                    return Err(BenchError::new(format!("{command:?} answers {answer:?}:\n{log}")));
                }
                _ => thread::sleep(Duration::from_millis(20)),
            }
            if let Some(status) = program.child.try_wait()? {
                let log = program.log();
                return Err(BenchError::new(format!("{command:?} ended with {status}:\n{log}")));
            }
        }
    }

    fn log(&self) -> String {
        let log = String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned();
        log.lines().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// The CPU time, user and system, of the program and its children so far.
    pub(crate) fn cpu(&self) -> Result<Duration, BenchError> {
        let mut nanoseconds = 0_u64;
        for process in family(self.child.id())? {
            // A thread may end while it is counted.
            let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
            for task in tasks.flatten() {
                let times = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
                let on_cpu = times.split_whitespace().next().and_then(|number| number.parse().ok());
                nanoseconds += on_cpu.unwrap_or(0_u64);
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The memory of the program that is resident, in bytes.
    pub(crate) fn resident(&self) -> Result<u64, BenchError> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no `VmRSS`")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().context("`VmRSS` is no number")?;
        Ok(kibibytes * 1024)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGTERM first: a program with children ends them itself.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg("-TERM").arg(&pid).stderr(Stdio::null()).status();
        let deadline = Instant::now() + Duration::from_millis(1500);
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process and all that descend from it.
fn family(root: u32) -> Result<Vec<u32>, BenchError> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name, in parentheses, may hold blanks.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        if let Some(parent) = fields.split(' ').nth(1).and_then(|number| number.parse::<u32>().ok()) {
            parents.push((pid, parent));
        }
    }
    let mut members = vec![root];
    let mut next = 0;
    while let Some(&member) = members.get(next) {
        members.extend(parents.iter().filter(|(_, parent)| *parent == member).map(|(pid, _)| *pid));
        next += 1;
    }
    Ok(members)
}

/// Loopback addresses that nobody listens on.
pub(crate) fn free_addresses<const N: usize>() -> Result<[SocketAddr; N], BenchError> {
    let mut addresses = [SocketAddr::from(([127, 0, 0, 1], 0)); N];
    // All are held at once, so that no two are the same.
    let mut held = Vec::with_capacity(N);
    for address in &mut addresses {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        *address = listener.local_addr()?;
        held.push(listener);
    }
    Ok(addresses)
}

/// A new folder that disappears with the value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Result<Self, BenchError> {
        let path = env::temp_dir().join(format!("claimgate-bench-{}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file into the folder, in place of an old one by one rename, and says where it is.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, BenchError> {
        let path = self.0.join(name);
        // Written beside the folder's files, so that watchers see one change.
        let partial = self.0.with_extension("partial");
        fs::write(&partial, text)?;
        fs::rename(&partial, &path)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
