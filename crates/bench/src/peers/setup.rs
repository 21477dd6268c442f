//! How each peer is started for one issuer and one audience, with as little else as it allows.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::config::{HOST, PATH};
use crate::error::{BenchError, Context as _};
use crate::http::Request;
use crate::process::{Program, free_addresses};
use crate::speed::{Served, World, modulus};
use crate::tokens::AUDIENCE;

/// A running peer.
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) program: Program,
    pub(super) request: Request,
    /// Whether it asks the bare server about each request.
    pub(super) asks_bare: bool,
}

impl Peer {
    fn ready(
        world: &World,
        name: &'static str,
        command: &mut Command,
        request: Request,
    ) -> Result<Self, BenchError> {
        let log = world.folder.path(&format!("peer-{}.log", request.address.port()));
        let request = request.bearer(&world.token);
        let program = Program::ready(command, &log, &request)?;
        Ok(Self { name, program, request, asks_bare: false })
    }
}

/// Envoy, verifying by itself and answering directly.
pub(super) fn envoy(world: &World, cache: bool) -> Result<Peer, BenchError> {
    let [address] = free_addresses()?;
    let name = if cache { "Envoy jwt_authn with its cache" } else { "Envoy jwt_authn without cache" };
    let cached = if cache { "jwt_cache_config: { jwt_cache_size: 1000 }" } else { "forward: true" };
    let config = ENVOY
        .replace("@port", &address.port().to_string())
        .replace("@issuer", world.issuer.url())
        .replace("@audience", AUDIENCE)
        .replace("@keys", &world.issuer.jwk_set())
        .replace("@cache", cached);
    let file = world.folder.write(&format!("envoy-{}.yaml", address.port()), &config)?;
    let mut command = world.cores.server(&world.tool("envoy")?);
    command.arg("-c").arg(file).args(["--concurrency", "1", "--disable-hot-restart", "-l", "error"]);
    Peer::ready(world, name, &mut command, Request::check(address, HOST, PATH))
}

const ENVOY: &str = r#"
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: @port } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bench
          route_config:
            virtual_hosts:
            - { name: all, domains: ["*"], routes: [{ match: { prefix: / }, direct_response: { status: 200 } }] }
          http_filters:
          - name: envoy.filters.http.jwt_authn
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
              providers:
                main:
                  issuer: @issuer
                  audiences: [@audience]
                  local_jwks: { inline_string: '@keys' }
                  claim_to_headers: [{ header_name: x-user, claim_name: sub }]
                  @cache
              rules: [{ match: { prefix: / }, requires: { provider_name: main } }]
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
"#;

/// Apache as a resource server for JWT access tokens, serving an empty file.
pub(super) fn apache(world: &World) -> Result<Peer, BenchError> {
    let [address] = free_addresses()?;
    let root = world.folder.path("apache");
    fs::create_dir_all(root.join("site"))?;
    fs::write(root.join("site/empty.txt"), "")?;
    let config = APACHE
        .replace("@root", &root.display().to_string())
        .replace("@address", &address.to_string())
        .replace("@key", world.issuer.key().id().as_str())
        .replace(
            "@file",
            &world.folder.write("apache.pem", &public_key(&modulus(&world.issuer)?)?)?.display().to_string(),
        );
    let file = world.folder.write("apache.conf", &config)?;
    let mut command = world.cores.server(&world.tool("apache2")?);
    command.arg("-D").arg("FOREGROUND").arg("-f").arg(file);
    Peer::ready(world, "Apache mod_auth_openidc", &mut command, Request::get(address, "/empty.txt"))
}

const APACHE: &str = "
ServerRoot @root
ServerName bench.test
PidFile @root/pid
ErrorLog @root/error.log
Listen @address
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_openidc_module /usr/lib/apache2/modules/mod_auth_openidc.so
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
KeepAlive On
MaxKeepAliveRequests 0
DocumentRoot @root/site
OIDCCryptoPassphrase bench
OIDCOAuthVerifyCertFiles @key#@file
OIDCOAuthRemoteUserClaim sub
<Location />
  AuthType oauth20
  Require valid-user
</Location>
";

/// A 2048-bit RSA key as `SubjectPublicKeyInfo` in PEM (RFC 5280 §4.1), whose lengths are all known. Apache
/// fetches key sets over https alone.
fn public_key(modulus: &str) -> Result<String, BenchError> {
    const BEFORE: [u8; 33] = [
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
        0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00,
    ];
    let modulus = URL_SAFE_NO_PAD.decode(modulus).context("the modulus is not base64url")?;
    let der = [&BEFORE[..], &modulus, &[0x02, 0x03, 0x01, 0x00, 0x01]].concat();
    Ok(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der)))
}

/// oauth2-proxy, answering checks for bearer tokens of its provider.
pub(super) fn oauth2_proxy(world: &World) -> Result<Peer, BenchError> {
    let [address] = free_addresses()?;
    let mut command = world.cores.server(&world.tool("oauth2-proxy")?);
    command
        .arg(format!("--http-address={address}"))
        .arg(format!("--oidc-issuer-url={}", world.issuer.url()))
        .arg(format!("--client-id={AUDIENCE}"))
        .args(["--provider=oidc", "--client-secret=bench", "--email-domain=*", "--cookie-secure=false"])
        .args(["--cookie-secret=0123456789abcdef0123456789abcdef", "--skip-jwt-bearer-tokens=true"])
        .args(["--set-xauthrequest=true", "--upstream=static://200", "--reverse-proxy=true"])
        .args(["--redirect-url=http://127.0.0.1/oauth2/callback", "--request-logging=false"])
        .args(["--auth-logging=false", "--standard-logging=false"]);
    let request = Request::get(address, "/oauth2/auth")
        .with("X-Forwarded-Method", "GET")
        .with("X-Forwarded-Proto", "https")
        .with("X-Forwarded-Host", HOST)
        .with("X-Forwarded-Uri", PATH);
    Peer::ready(world, "oauth2-proxy", &mut command, request)
}

/// heimdall as decision service.
pub(super) fn heimdall(world: &World) -> Result<Peer, BenchError> {
    let [address, management] = free_addresses()?;
    let rules = world.folder.write("heimdall-rules.yaml", HEIMDALL_RULES)?;
    let config = HEIMDALL
        .replace("@port", &address.port().to_string())
        .replace("@management", &management.port().to_string())
        .replace("@issuer", world.issuer.url())
        .replace("@audience", AUDIENCE)
        .replace("@jwks", &world.issuer_server.jwks())
        .replace("@rules", &rules.display().to_string());
    let file = world.folder.write("heimdall.yaml", &config)?;
    let mut command = world.cores.server(&world.tool("heimdall")?);
    command.args(["serve", "decision", "--insecure", "-c"]).arg(file);
    Peer::ready(world, "heimdall", &mut command, Request::check(address, HOST, PATH))
}

const HEIMDALL: &str = "
serve: { host: 127.0.0.1, port: @port, trusted_proxies: [127.0.0.0/8] }
management: { host: 127.0.0.1, port: @management }
log: { level: error }
metrics: { enabled: false }
tracing: { enabled: false }
cache: { type: in-memory }
mechanisms:
  authenticators:
  - id: jwt
    type: jwt
    config:
      jwks_endpoint: { url: '@jwks', method: GET }
      assertions: { issuers: ['@issuer'], audience: [@audience], allowed_algorithms: [RS256] }
      cache_ttl: 5m
  finalizers:
  - id: headers
    type: header
    config: { headers: { X-User: '{{ .Subject.ID }}' } }
providers:
  file_system: { src: '@rules' }
";

const HEIMDALL_RULES: &str = "
version: '1alpha4'
name: bench
rules:
- id: all
  match: { routes: [{ path: '/**' }] }
  execute:
  - authenticator: jwt
  - finalizer: headers
";

/// nginx asking a bare authorizer about an empty file.
pub(super) fn nginx(world: &World, authorizer: &Served) -> Result<Peer, BenchError> {
    let [address] = free_addresses()?;
    let root = world.folder.path("nginx");
    fs::create_dir_all(root.join("site"))?;
    fs::write(root.join("site/empty.txt"), "")?;
    let config = nginx_config(&root, &address.to_string(), &authorizer.request.address.to_string());
    let file = world.folder.write("nginx.conf", &config)?;
    let mut command = world.cores.server(&world.tool("nginx")?);
    command.arg("-e").arg("stderr").arg("-c").arg(file);
    let request = Request::get(address, "/empty.txt");
    let name = "nginx auth_request with a bare authorizer";
    Ok(Peer { asks_bare: true, ..Peer::ready(world, name, &mut command, request)? })
}

fn nginx_config(root: &Path, address: &str, authorizer: &str) -> String {
    let root = root.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {root}/{kind};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {root}/pid;\nerror_log stderr error;\nuser root;\nevents {{}}\nhttp {{\n\
         {temporary}  access_log off;\n  keepalive_requests 100000000;\n  upstream authorizer {{ server {authorizer}; \
         keepalive 32; keepalive_requests 100000000; }}\n  server {{\n    listen {address};\n    root {root}/site;\n    \
         location / {{ auth_request /check; }}\n    location = /check {{\n      internal;\n      \
         proxy_pass http://authorizer;\n      proxy_http_version 1.1;\n      proxy_set_header Connection '';\n      \
         proxy_pass_request_body off;\n      proxy_set_header Content-Length '';\n    }}\n  }}\n}}\n"
    )
}
