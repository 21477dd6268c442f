//! A real istiod and the Envoy that it configures, by the manifests that the guide shows.
//!
//! istiod reads those from files. It does not start without an API server of Kubernetes, though, so it gets one
//! that knows nothing but the Services of the gate and the application ([`cluster`]).

mod cluster;
mod tests;

use std::net::SocketAddr;
use std::process::Command;

use crate::doors::{Door, Place, snippet};
use crate::process::{Folder, Program, free_addresses, tool};
use crate::wire;
use cluster::Service;

/// The mesh's own configuration, beside the providers of the guide. Nothing here has certificates, so the proxies are
/// told not to wait for any.
const MESH: &str = "enableAutoMtls: false\ndefaultProviders: {}\nenablePrometheusMerge: false\n";

/// What istiod is told, and where its Envoy listens.
pub(crate) struct Mesh {
    /// The mesh configuration.
    pub(crate) config: String,
    /// The objects, as a user would apply them.
    pub(crate) objects: Vec<String>,
    services: Vec<Service>,
    discovery: SocketAddr,
}

impl Mesh {
    /// The guide's manifests for a door, with Services that lead to the test's own gate and application.
    pub(crate) fn of_guide(door: Door, place: &Place<'_>) -> Self {
        let provider = match door {
            Door::IstioPrefix => "istio-prefix",
            Door::IstioSocket => "istio-socket",
            _ => "istio-grpc",
        };
        let port = "  - port: { number: 80, ";
        let gateway = snippet("istio.md", "istio-gateway");
        assert!(gateway.contains(port), "the gateway's port is not where it was");
        let own = format!("  - bind: 127.0.0.1\n    port: {{ number: {}, ", place.address.port());
        let gateway = gateway.replace(port, &own);
        let [discovery] = free_addresses();
        let claimgate = Service::of_manifest(&snippet("istio.md", "istio-service"))
            .at("grpc", place.gate.public)
            .at("http-check", place.gate.check);
        Self {
            config: format!("{MESH}{}", snippet("istio.md", provider)),
            objects: vec![gateway, snippet("istio.md", "istio-policy"), snippet("istio.md", "istio-removal")],
            services: vec![
                claimgate,
                Service::new("application", "web", "http", 80).at("http", place.upstream),
            ],
            discovery,
        }
    }

    /// Starts istiod and waits until it is ready to configure proxies.
    pub(crate) fn start_istiod(&self, folder: &Folder) -> Program {
        let [http, monitoring] = free_addresses();
        let kubernetes = cluster::serve(&self.services);
        let kubeconfig = folder.write("kubeconfig", &cluster::kubeconfig(kubernetes));
        let mesh = folder.write("mesh.yaml", &self.config);
        let objects = folder.subfolder("objects");
        for (at, object) in self.objects.iter().enumerate() {
            folder.write(&format!("objects/{at}.yaml"), object);
        }
        let option = |name: &str, value: &dyn std::fmt::Display| format!("--{name}={value}");
        let mut command = Command::new(tool("istiod"));
        command.current_dir(folder.path()).arg("discovery").args([
            option("kubeconfig", &kubeconfig.display()),
            option("meshConfig", &mesh.display()),
            option("configDir", &objects.display()),
            option("grpcAddr", &self.discovery),
            option("httpAddr", &http),
            option("monitoringAddr", &monitoring),
            option("httpsAddr", &""),
            option("secureGRPCAddr", &""),
            option("ctrlz_port", &0),
        ]);
        command.envs([
            ("POD_NAMESPACE", "istio-system"),
            ("POD_NAME", "istiod"),
            // The API server has only lists, and nowhere to keep a CA.
            ("KUBE_FEATURE_WatchListClient", "false"),
            ("ENABLE_CA_SERVER", "false"),
            ("PILOT_CERT_PROVIDER", "none"),
            ("INJECTION_WEBHOOK_CONFIG_NAME", ""),
            ("VALIDATION_WEBHOOK_CONFIG_NAME", ""),
            // Filters that Istio's own build of Envoy has alone.
            ("PILOT_ENABLE_ALPN_FILTER", "false"),
            ("PILOT_DISABLE_MX_ALPN", "true"),
            ("PILOT_ENABLE_METADATA_EXCHANGE", "false"),
        ]);
        let log = folder.path().join("istiod.log");
        let mut istiod = Program::start(&mut command, log, &[http]);
        let ready = wire::request("GET", "/ready", &[("Host", "istiod.test")]);
        istiod.wait_until(|| wire::exchange(http, &ready).is_ok_and(|answer| answer.status == 200));
        istiod
    }

    /// The ingress gateway: an Envoy that knows no more than where its istiod is.
    pub(crate) fn envoy(&self, folder: &Folder) -> Command {
        let port = self.discovery.port();
        // The address must be no Pod's.
        let config = format!(
            "node:
  id: router~127.0.0.9~gateway.istio-system~istio-system.svc.cluster.local
  cluster: gateway.istio-system
  metadata:
    NAMESPACE: istio-system
    NAME: gateway
    LABELS: {{ istio: ingressgateway }}
    CLUSTER_ID: Kubernetes
    ISTIO_VERSION: 1.31.0
    MESH_ID: cluster.local
dynamic_resources:
  ads_config: {{ api_type: GRPC, transport_api_version: V3, grpc_services: [{{ envoy_grpc: {{ cluster_name: istiod }} }}] }}
  cds_config: {{ ads: {{}}, resource_api_version: V3 }}
  lds_config: {{ ads: {{}}, resource_api_version: V3 }}
static_resources:
  clusters:
  - name: istiod
    type: STATIC
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {{ http2_protocol_options: {{}} }}
    load_assignment:
      cluster_name: istiod
      endpoints: [{{ lb_endpoints: [{{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }} }} }}] }}]
"
        );
        let file = folder.write("envoy.yaml", &config);
        let mut command = Command::new(tool("envoy"));
        command.arg("-c").arg(file).args(["--concurrency", "1", "--disable-hot-restart", "-l", "debug"]);
        command
    }
}
