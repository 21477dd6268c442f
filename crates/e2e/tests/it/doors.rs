//! The ways to the gate: its check endpoint asked directly, and each real proxy with the configuration that its
//! guide shows to users.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use crate::process::{Folder, Program, free_addresses, repository, tool};
use crate::wire;

/// A way to the gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Door {
    Check,
    EnvoyPrefix,
    EnvoySocket,
    EnvoyGrpc,
    Nginx,
    Caddy,
    Traefik,
    Haproxy,
}

impl Door {
    pub(crate) const ALL: [Self; 8] = [
        Self::Check,
        Self::EnvoyPrefix,
        Self::EnvoySocket,
        Self::EnvoyGrpc,
        Self::Nginx,
        Self::Caddy,
        Self::Traefik,
        Self::Haproxy,
    ];
}

/// Where the gate listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    pub(crate) public: SocketAddr,
    /// `listeners.check`
    pub(crate) check: SocketAddr,
}

/// A running proxy. [`Door::Check`] has none: there the tests play the proxy.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    _program: Option<Program>,
    _folder: Option<Folder>,
}

impl Proxy {
    /// Starts the door's proxy between clients and an upstream.
    pub(crate) fn start(door: Door, gate: Gate, upstream: SocketAddr, folder: Folder) -> Self {
        if door == Door::Check {
            return Self { address: gate.public, _program: None, _folder: None };
        }
        let [address] = free_addresses();
        let place = Place { address, gate, upstream, folder: &folder };
        let mut command = match door {
            Door::Nginx => nginx(&place),
            Door::Caddy => caddy(&place),
            Door::Traefik => traefik(&place),
            Door::Haproxy => haproxy(&place),
            _ => envoy(door, &place),
        };
        let mut program =
            Program::start(command.current_dir(folder.path()), folder.path().join("log"), &[address]);
        if door == Door::Traefik {
            // It listens before it has read its routes.
            program.wait_until(|| {
                let probe = wire::request("GET", "/", &[("Host", "probe.test")]);
                wire::exchange(address, &probe).is_ok_and(|answer| answer.status != 404)
            });
        }
        Self { address, _program: Some(program), _folder: Some(folder) }
    }
}

struct Place<'a> {
    address: SocketAddr,
    gate: Gate,
    upstream: SocketAddr,
    folder: &'a Folder,
}

impl Place<'_> {
    /// A guide's snippet with the addresses of this test in place of those it shows.
    fn snippet(&self, guide: &str, name: &str, listen: (&str, &str)) -> String {
        let mut text = snippet(guide, name);
        assert!(text.contains(listen.0), "the snippet `{name}` does not hold `{}`", listen.0);
        text = text.replace(listen.0, listen.1);
        text.replace("127.0.0.1:8080", &self.gate.public.to_string())
            .replace("127.0.0.1:8081", &self.gate.check.to_string())
            .replace("127.0.0.1:3000", &self.upstream.to_string())
    }
}

/// The code block that follows `<!-- snippet: NAME -->` in a guide.
pub(crate) fn snippet(guide: &str, name: &str) -> String {
    let path = repository().join("docs/guides").join(guide);
    let text = fs::read_to_string(&path).unwrap();
    let (_, rest) = text
        .split_once(&format!("<!-- snippet: {name} -->\n```"))
        .unwrap_or_else(|| panic!("no snippet `{name}` in {}", path.display()));
    let (_, code) = rest.split_once('\n').unwrap();
    let (code, _) = code.split_once("\n```").unwrap();
    format!("{code}\n")
}

fn envoy(door: Door, place: &Place<'_>) -> Command {
    let port = |port: u16| format!("port_value: {port} }}");
    let listen =
        ("address: 0.0.0.0, port_value: 80 }", format!("address: 127.0.0.1, {}", port(place.address.port())));
    let mut config = place.snippet("envoy.md", "envoy", (listen.0, &listen.1));
    let mut gate = place.gate.public.port();
    let filter = match door {
        Door::EnvoySocket => Some("envoy-socket"),
        Door::EnvoyGrpc => Some("envoy-grpc"),
        _ => None,
    };
    if let Some(filter) = filter {
        let (before, rest) = config.split_once("          # claimgate: begin\n").unwrap();
        let (_, after) = rest.split_once("          # claimgate: end\n").unwrap();
        config = format!("{before}{}{after}", snippet("envoy.md", filter));
    }
    if door == Door::EnvoySocket {
        gate = place.gate.check.port();
    }
    if door == Door::EnvoyGrpc {
        let http2 = snippet("envoy.md", "envoy-grpc-cluster");
        let (before, after) =
            config.split_once("    load_assignment:\n      cluster_name: claimgate\n").unwrap();
        config = format!("{before}{http2}    load_assignment:\n      cluster_name: claimgate\n{after}");
    }
    config = config.replace(&port(8080), &port(gate)).replace(&port(3000), &port(place.upstream.port()));
    let file = place.folder.write("envoy.yaml", &config);
    let mut command = Command::new(tool("envoy"));
    command.arg("-c").arg(file).args(["--concurrency", "1", "--disable-hot-restart", "-l", "trace"]);
    command
}

fn nginx(place: &Place<'_>) -> Command {
    let site = place.snippet("nginx.md", "nginx", ("listen 80;", &format!("listen {};", place.address)));
    let folder = place.folder.path().display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr debug;\nevents {{}}\nhttp {{\n\
         \x20   access_log {folder}/access.log;\n{temporary}{site}}}\n"
    );
    let file = place.folder.write("nginx.conf", &config);
    let mut command = Command::new(tool("nginx"));
    command.arg("-e").arg("stderr").arg("-c").arg(file);
    command
}

fn caddy(place: &Place<'_>) -> Command {
    let site = place.snippet(
        "caddy.md",
        "caddy",
        ("http://:80 {\n", &format!("http://:{} {{\n\tbind 127.0.0.1\n", place.address.port())),
    );
    let config = format!("{{\n\tadmin off\n\tauto_https off\n\tdebug\n}}\n{site}");
    let file = place.folder.write("Caddyfile", &config);
    let mut command = Command::new(tool("caddy"));
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
    command.env("XDG_DATA_HOME", place.folder.path()).env("XDG_CONFIG_HOME", place.folder.path());
    command
}

fn traefik(place: &Place<'_>) -> Command {
    let dynamic = place.snippet("traefik.md", "traefik", ("entryPoints: [web]", "entryPoints: [web]"));
    let dynamic = place.folder.write("dynamic.yaml", &dynamic);
    let config = format!(
        "global: {{checkNewVersion: false, sendAnonymousUsage: false}}\nlog: {{level: TRACE}}\naccessLog: {{}}\n\
         entryPoints: {{web: {{address: \"{}\"}}}}\nproviders: {{file: {{filename: {}, watch: false}}}}\n",
        place.address,
        dynamic.display()
    );
    let file = place.folder.write("static.yaml", &config);
    let mut command = Command::new(tool("traefik"));
    command.arg(format!("--configFile={}", file.display()));
    command
}

fn haproxy(place: &Place<'_>) -> Command {
    let lua = place.snippet("haproxy.md", "haproxy-lua", ("127.0.0.1:8080", &place.gate.public.to_string()));
    let lua = place.folder.write("claimgate.lua", &lua);
    let config = place.snippet("haproxy.md", "haproxy", ("bind :80\n", &format!("bind {}\n", place.address)));
    let config = config.replace("/etc/haproxy/claimgate.lua", &lua.display().to_string());
    let file = place.folder.write("haproxy.cfg", &config);
    let mut command = Command::new(tool("haproxy"));
    command.args(["-db", "-f"]).arg(file);
    command
}
