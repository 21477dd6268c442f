//! Load over HTTP by `wrk`, on one thread and [`CONNECTIONS`] kept-alive connections.

use std::path::PathBuf;
use std::time::Duration;

use crate::cores::Cores;
use crate::error::{BenchError, Context as _};
use crate::http::Request;
use crate::process::Folder;

/// Connections of a load.
const CONNECTIONS: u32 = 16;

/// Prints what the table needs, and takes tokens in turn where a file of them is named.
const SCRIPT: &str = r#"
local requests, at = {}, 0
local path, once = os.getenv("BENCH_TOKENS"), os.getenv("BENCH_ONCE")

if path then
  function init(args)
    for token in io.lines(path) do
      local headers = {}
      for name, value in pairs(wrk.headers) do headers[name] = value end
      headers["Authorization"] = "Bearer " .. token
      requests[#requests + 1] = wrk.format("GET", nil, headers)
    end
  end
  function request()
    at = at + 1
    if at > #requests then
      if once then wrk.thread:stop() end
      at = 1
    end
    return requests[at]
  end
end

function done(summary, latency, requests)
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format("\nRESULT %d %d %d", summary.requests, summary.errors.status, lost))
end
"#;

/// A generator of load.
pub(crate) struct Wrk {
    program: PathBuf,
    script: PathBuf,
    cores: Cores,
}

/// Which tokens a load brings along.
#[derive(Clone, Copy)]
pub(crate) enum Tokens<'a> {
    /// What the request's own headers hold.
    Fixed,
    /// Those of a file, one a line, in turn, for the time of the load.
    InTurn(&'a PathBuf),
    /// Those of a file, each once; then the load ends.
    Once(&'a PathBuf),
}

/// What came of a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Requests that were answered.
    pub(crate) answered: u32,
    /// Answers with a status of 400 or more.
    pub(crate) refused: u32,
    /// Requests without an answer.
    pub(crate) lost: u32,
}

impl Wrk {
    pub(crate) fn new(program: PathBuf, folder: &Folder, cores: Cores) -> Result<Self, BenchError> {
        Ok(Self { program, script: folder.write("load.lua", SCRIPT)?, cores })
    }

    /// Sends `request` over and over for `time`, which is rounded up to whole seconds.
    pub(crate) fn run(
        &self,
        request: &Request,
        tokens: Tokens<'_>,
        time: Duration,
    ) -> Result<Load, BenchError> {
        let mut command = self.cores.load(&self.program);
        let seconds = time.as_secs_f64().ceil();
        command
            .args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s")])
            .arg("-s")
            .arg(&self.script);
        for (name, value) in &request.headers {
            command.arg("-H").arg(format!("{name}: {value}"));
        }
        match tokens {
            Tokens::Fixed => {}
            Tokens::InTurn(file) => drop(command.env("BENCH_TOKENS", file)),
            Tokens::Once(file) => drop(command.env("BENCH_TOKENS", file).env("BENCH_ONCE", "1")),
        }
        let output = command.arg(format!("http://{}{}", request.address, request.path)).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let line = line.context(&format!("wrk says {text}{}", String::from_utf8_lossy(&output.stderr)))?;
        let mut numbers = line.split(' ').map(|number| number.parse().unwrap_or(0));
        let mut number = || numbers.next().unwrap_or(0);
        Ok(Load { answered: number(), refused: number(), lost: number() })
    }
}
