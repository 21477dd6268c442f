//! Which core serves and which one makes the load.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::{BenchError, Context as _};

/// Two different cores of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// The first and the last core that this process may use.
    pub(crate) fn of_this_process() -> Result<Self, BenchError> {
        let status = fs::read_to_string("/proc/self/status")?;
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let numbers: Vec<usize> = list
            .unwrap_or_default()
            .trim()
            .split([',', '-'])
            .filter_map(|number| number.parse().ok())
            .collect();
        match (numbers.first(), numbers.last()) {
            (Some(&server), Some(&load)) if server != load => Ok(Self { server, load }),
            _ => Err(BenchError::new("two cores are needed: one for the server, one for the load")),
        }
    }

    pub(crate) fn server(self, program: &Path) -> Command {
        pinned(self.server, program)
    }

    pub(crate) fn load(self, program: &Path) -> Command {
        pinned(self.load, program)
    }
}

/// `taskset` becomes the program itself, so that its process id is the program's.
fn pinned(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(core.to_string()).arg(program);
    command
}

/// This program.
pub(crate) fn own_program() -> Result<std::path::PathBuf, BenchError> {
    std::env::current_exe().context("this program has no path")
}
