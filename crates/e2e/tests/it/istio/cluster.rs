//! As much of a Kubernetes API server as istiod asks for: every list is empty but those of Services and of their
//! endpoints, nothing ever changes, and nothing can be written.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::wire::{self, Received};

/// A Service, and where its ports lead.
pub(crate) struct Service {
    namespace: String,
    name: String,
    ports: Vec<Value>,
    endpoints: Vec<Value>,
}

impl Service {
    /// The Service of a user's manifest.
    pub(crate) fn of_manifest(text: &str) -> Self {
        let manifest: Value = serde_saphyr::from_str(text).unwrap();
        assert_eq!((&manifest["apiVersion"], &manifest["kind"]), (&json!("v1"), &json!("Service")));
        let text = |name: &str| manifest["metadata"][name].as_str().unwrap().to_owned();
        let ports = manifest["spec"]["ports"].as_array().unwrap().clone();
        Self { namespace: text("namespace"), name: text("name"), ports, endpoints: Vec::new() }
    }

    /// A Service of one port.
    pub(crate) fn new(namespace: &str, name: &str, port_name: &str, port: u16) -> Self {
        let ports = vec![json!({"name": port_name, "port": port})];
        Self { namespace: namespace.to_owned(), name: name.to_owned(), ports, endpoints: Vec::new() }
    }

    /// Where a port leads.
    pub(crate) fn at(mut self, port: &str, address: SocketAddr) -> Self {
        assert!(self.ports.iter().any(|declared| declared["name"] == port), "no port `{port}`");
        self.endpoints.push(json!({"name": port, "port": address.port(), "protocol": "TCP"}));
        self
    }

    fn service(&self, index: usize) -> Value {
        let ports = self.ports.iter().map(|port| {
            let mut port = port.clone();
            port["protocol"] = json!("TCP");
            port
        });
        json!({
            "metadata": {"name": self.name, "namespace": self.namespace, "resourceVersion": "1"},
            "spec": {
                "type": "ClusterIP",
                "clusterIP": format!("10.96.0.{}", index + 10),
                "clusterIPs": [format!("10.96.0.{}", index + 10)],
                "ports": ports.collect::<Vec<_>>(),
            },
        })
    }

    fn slice(&self) -> Value {
        json!({
            "metadata": {
                "name": format!("{}-1", self.name),
                "namespace": self.namespace,
                "resourceVersion": "1",
                "labels": {"kubernetes.io/service-name": self.name},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": true}}],
            "ports": self.endpoints,
        })
    }
}

/// Starts the API server; it lives as long as the test run.
pub(crate) fn serve(services: &[Service]) -> SocketAddr {
    let list = |version: &str, kind: &str, items: Vec<Value>| {
        json!({"apiVersion": version, "kind": kind, "metadata": {"resourceVersion": "1"}, "items": items})
            .to_string()
    };
    let of_services = services.iter().enumerate().map(|(index, service)| service.service(index)).collect();
    let of_services = list("v1", "ServiceList", of_services);
    let slices =
        list("discovery.k8s.io/v1", "EndpointSliceList", services.iter().map(Service::slice).collect());
    let nothing = list("v1", "List", Vec::new());
    wire::serve(move |Received { method, target, .. }| {
        let ok = |body: &str| wire::response("200 OK", "application/json", body);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        match path {
            _ if query.contains("watch=true") => {
                // The body goes on for ever, and nothing comes.
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    .to_vec()
            }
            "/version" => ok(r#"{"major":"1","minor":"36","gitVersion":"v1.36.0"}"#),
            "/api/v1/services" => ok(&of_services),
            "/apis/discovery.k8s.io/v1/endpointslices" => ok(&slices),
            _ if method == "GET" && !query.is_empty() => ok(&nothing),
            _ => wire::response(
                "404 Not Found",
                "application/json",
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"NotFound","code":404}"#,
            ),
        }
    })
}

/// What a client of the API server is told of it.
pub(crate) fn kubeconfig(address: SocketAddr) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters: [{{ name: test, cluster: {{ server: \"http://{address}\" }} }}]
users: [{{ name: test, user: {{}} }}]
contexts: [{{ name: test, context: {{ cluster: test, user: test }} }}]
current-context: test
"
    )
}
