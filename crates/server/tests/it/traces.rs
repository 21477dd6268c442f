//! Spans as a collector receives them, decoded with OpenTelemetry's own messages.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use bytes::Bytes;
use claimgate_core::time::Timestamp;
use claimgate_crypto::Algorithm;
use claimgate_server::serve::{Overrides, Server};
use claimgate_testkit::{Issuer, NOW};
use http::HeaderMap;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// What a collector was sent.
struct Export {
    headers: HeaderMap,
    body: Bytes,
    request: ExportTraceServiceRequest,
}

impl Export {
    fn spans(&self) -> &[Span] {
        &self.request.resource_spans[0].scope_spans[0].spans
    }
}

async fn served(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A collector that says it rejects `rejected` spans of each export.
async fn collector(rejected: i64) -> (String, mpsc::UnboundedReceiver<Export>) {
    let (tell, told) = mpsc::unbounded_channel();
    let take = move |State(tell): State<mpsc::UnboundedSender<Export>>, headers: HeaderMap, body: Bytes| async move {
        let request = ExportTraceServiceRequest::decode(body.clone()).unwrap();
        let _ = tell.send(Export { headers, body, request });
        let partial_success = (rejected > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: rejected,
            error_message: "full".to_owned(),
        });
        ExportTraceServiceResponse { partial_success }.encode_to_vec()
    };
    (served(Router::new().route("/v1/traces", post(take)).with_state(tell)).await, told)
}

struct Gate {
    url: String,
    admin: String,
    folder: PathBuf,
    end: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
    client: reqwest::Client,
}

impl Gate {
    /// A gate with `traces` as the section, trusting `issuer` by `keys`.
    async fn start(name: &str, issuer: &Issuer, keys: &str, traces: &str) -> Self {
        // The client of these tests wants one for the process; another test may have set it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("keys.json"), issuer.jwk_set()).unwrap();
        std::fs::write(folder.join("headers"), "authorization: Bearer of-the-collector\n").unwrap();
        let config = format!(
            "version: 1\nlisteners: {{ public: {{ address: 127.0.0.1:0 }}, admin: {{ address: 127.0.0.1:0 }} }}\n\
             trustedProxies: [127.0.0.0/8]\n\
             jwt: [{{ name: ours, issuer: {{ url: {}, audiences: [claimgate] }}, algorithms: [ES256], keys: {keys} }}]\n\
             routes: [{{ name: app, allow: authenticated }}]\n\
             readiness: {{ waitFor: [ours] }}\n\
             audit: {{ to: {{ file: {{ path: audit.log }} }} }}\n{traces}\n",
            issuer.url()
        );
        let path = folder.join("claimgate.yaml");
        std::fs::write(&path, config).unwrap();
        let clock = || Timestamp::from_seconds(NOW);
        let server = Server::start(&path, Overrides::default(), clock).await.unwrap();
        let url = format!("http://{}", server.public_address().unwrap());
        let admin = format!("http://{}", server.admin_address().unwrap());
        let (end, asked) = oneshot::channel();
        let ended = tokio::spawn(server.serve(async move { drop(asked.await) }));
        Self { url, admin, folder, end, ended, client: reqwest::Client::new() }
    }

    async fn ask(&self, token: Option<&str>, headers: &[(&str, &str)]) -> u16 {
        let mut request = self.client.get(format!("{}/_claimgate/check", self.url));
        for (name, value) in [
            ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "app.example.com"),
            ("x-forwarded-uri", "/path?code=in-the-query"),
        ]
        .iter()
        .chain(headers)
        {
            request = request.header(*name, *value);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().status().as_u16()
    }

    async fn metric(&self, name: &str) -> u64 {
        let text =
            self.client.get(format!("{}/metrics", self.admin)).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// Waits, for a bounded time, until a metric has a value.
    async fn until(&self, name: &str, value: u64) {
        let began = Instant::now();
        while self.metric(name).await != value {
            assert!(began.elapsed() < Duration::from_secs(20), "{name} never became {value}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends the gate; the lines of its audit log.
    async fn end(self) -> Vec<Json> {
        self.end.send(()).unwrap();
        self.ended.await.unwrap();
        let log = std::fs::read_to_string(self.folder.join("audit.log")).unwrap();
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn issuer() -> Issuer {
    Issuer::new("https://issuer.example.com", Algorithm::Es256)
}

fn section(endpoint: &str, further: &str) -> String {
    format!(
        "telemetry: {{ traces: {{ otlp: {{ endpoint: \"{endpoint}\", headersFile: headers }}{further} }} }}"
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An attribute as text.
fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    Some(match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => text.clone(),
        Value::BoolValue(value) => value.to_string(),
        Value::IntValue(value) => value.to_string(),
        other => panic!("{key}: {other:?}"),
    })
}

fn sampled() -> String {
    format!("00-{TRACE}-{PARENT}-01")
}

#[tokio::test]
async fn a_decision_is_a_span_of_its_callers_trace() {
    let (endpoint, mut told) = collector(0).await;
    let issuer = issuer();
    let gate = Gate::start("span", &issuer, "{ file: keys.json }", &section(&endpoint, "")).await;
    let token = issuer.token().sign();
    assert_eq!(gate.ask(Some(&token), &[]).await, 200);
    let headers =
        [("traceparent", &*sampled()), ("tracestate", "congo=t61,rojo=00f"), ("x-request-id", "request-7")];
    assert_eq!(gate.ask(Some(&token), &headers).await, 200);
    assert_eq!(gate.ask(None, &headers).await, 401);
    let audit = gate.end().await;
    let mut spans = Vec::new();
    while let Ok(export) = told.try_recv() {
        let bytes = String::from_utf8_lossy(&export.body).into_owned();
        for secret in [&token, "in-the-query", "jane", token.split('.').nth(2).unwrap()] {
            assert!(!bytes.contains(secret), "{secret}");
        }
        assert_eq!(export.headers["content-type"], "application/x-protobuf");
        assert_eq!(export.headers["authorization"], "Bearer of-the-collector");
        let resource = export.request.resource_spans[0].resource.as_ref().unwrap();
        assert_eq!(resource.attributes[0].key, "service.name");
        spans.extend(export.spans().to_vec());
    }
    let mut decisions = spans.iter().filter(|span| span.name == "gate.decide");
    let root = decisions.next().unwrap();
    assert!(root.parent_span_id.is_empty() && root.trace_state.is_empty(), "{root:?}");
    assert_eq!(hex(&root.trace_id), audit[0]["traceId"]);
    for (code, outcome, status, line) in
        [(None, "allow", "200", &audit[1]), (Some("missing_credential"), "challenge", "401", &audit[2])]
    {
        let span = decisions.next().unwrap();
        assert_eq!((hex(&span.trace_id).as_str(), hex(&span.parent_span_id).as_str()), (TRACE, PARENT));
        assert_eq!((span.trace_state.as_str(), span.flags), ("congo=t61,rojo=00f", 0x301));
        assert_eq!((span.span_id.len(), span.kind), (8, SpanKind::Server as i32));
        assert!(span.start_time_unix_nano < span.end_time_unix_nano && span.status.is_none());
        for (key, value) in [
            ("claimgate.adapter", Some("check")),
            ("claimgate.route", Some("app")),
            ("claimgate.outcome", Some(outcome)),
            ("claimgate.code", code),
            ("claimgate.entry", code.is_none().then_some("ours")),
            ("claimgate.exempt", Some("false")),
            ("claimgate.request.id", Some("request-7")),
            ("claimgate.decision.id", line["decisionId"].as_str()),
            ("http.response.status_code", Some(status)),
        ] {
            assert_eq!(attribute(span, key).as_deref(), value, "{key}");
        }
        assert_eq!((line["traceId"].as_str(), line["requestId"].as_str()), (Some(TRACE), Some("request-7")));
    }
    assert!(decisions.next().is_none());
}

#[tokio::test]
async fn a_malformed_parent_begins_a_new_trace_and_an_unsampled_one_is_not_sent() {
    let (endpoint, mut told) = collector(0).await;
    let gate = Gate::start("parents", &issuer(), "{ file: keys.json }", &section(&endpoint, "")).await;
    let malformed = format!("00-{TRACE}-{PARENT}-01-more");
    assert_eq!(gate.ask(None, &[("traceparent", &malformed), ("tracestate", "a=1")]).await, 401);
    let unsampled = format!("00-{TRACE}-{PARENT}-00");
    assert_eq!(gate.ask(None, &[("traceparent", &unsampled)]).await, 401);
    let audit = gate.end().await;
    let export = told.try_recv().unwrap();
    let [span] = export.spans() else { panic!("{:?}", export.spans()) };
    assert!(span.parent_span_id.is_empty() && span.trace_state.is_empty(), "{span:?}");
    assert_ne!(hex(&span.trace_id), TRACE);
    assert_eq!(audit[0]["traceId"], hex(&span.trace_id));
    assert_eq!(audit[1]["traceId"], TRACE, "the caller's trace, which it does not record");
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn what_begins_here_is_recorded_in_part_and_what_comes_along_as_its_caller_says() {
    let (endpoint, mut told) = collector(1).await;
    let section = section(&endpoint, ", samplingRatio: 0, serviceName: gate");
    let gate = Gate::start("ratio", &issuer(), "{ file: keys.json }", &section).await;
    assert_eq!(gate.ask(None, &[]).await, 401);
    assert_eq!(gate.ask(None, &[("traceparent", &sampled())]).await, 401);
    gate.until("claimgate_traces_dropped_spans_total{reason=\"rejected\"}", 1).await;
    let audit = gate.end().await;
    let export = told.try_recv().unwrap();
    assert_eq!(export.spans().len(), 1);
    assert_eq!(hex(&export.spans()[0].trace_id), TRACE);
    let name = &export.request.resource_spans[0].resource.as_ref().unwrap().attributes[0].value;
    assert_eq!(name.as_ref().unwrap().value, Some(Value::StringValue("gate".to_owned())));
    assert!(audit[0]["traceId"].is_null());
}

#[tokio::test]
async fn a_collector_that_is_down_costs_spans_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let section = format!("{}\nlimits: {{ traceQueue: 2 }}", section(&endpoint, ""));
    let gate = Gate::start("down", &issuer(), "{ file: keys.json }", &section).await;
    let mut asked: u64 = 0;
    // The exporter waits before it tries again; meanwhile the queue of two fills.
    let (sent, full) = loop {
        for _ in 0..5 {
            assert_eq!(gate.ask(None, &[]).await, 401);
            asked += 1;
        }
        let sent = gate.metric("claimgate_traces_dropped_spans_total{reason=\"exportFailed\"}").await;
        let full = gate.metric("claimgate_traces_dropped_spans_total{reason=\"queueFull\"}").await;
        if sent > 0 && full > 0 {
            break (sent, full);
        }
        assert!(asked < 100_000, "nothing was dropped: {sent} {full}");
    };
    assert!(sent + full <= asked);
    assert_eq!(gate.metric("claimgate_traces_exported_spans_total").await, 0);
    assert_eq!(gate.end().await.len() as u64, asked);
}

#[tokio::test]
async fn a_collector_that_answers_nothing_holds_up_neither_decisions_nor_the_end_for_long() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let gate = Gate::start("silent", &issuer(), "{ file: keys.json }", &section(&endpoint, "")).await;
    assert_eq!(gate.ask(None, &[]).await, 401);
    let began = Instant::now();
    assert_eq!(gate.end().await.len(), 1);
    // Half of the time that an export may take.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    drop(listener);
}

#[tokio::test]
async fn a_wait_for_keys_is_a_span_of_its_own_and_issuers_hear_of_no_trace() {
    let (endpoint, mut told) = collector(0).await;
    let issuer = issuer();
    let (tell, mut asked) = mpsc::unbounded_channel();
    // The first fetch brings another key, so the decision itself causes the second and waits for it.
    let other = Issuer::new(issuer.url(), Algorithm::Es256).with_key_id("another");
    let answers = Arc::new(Mutex::new(vec![issuer.jwk_set(), other.jwk_set()]));
    let answer = move |headers: HeaderMap| {
        tell.send(headers).unwrap();
        let keys = answers.lock().unwrap().pop().unwrap_or_default();
        async move { ([("content-type", "application/json")], keys) }
    };
    let url = served(Router::new().route("/keys", get(answer))).await;
    let keys = format!("{{ url: \"{url}/keys\" }}");
    let gate = Gate::start("wait", &issuer, &keys, &section(&endpoint, "")).await;
    assert_eq!(gate.ask(Some(&issuer.token().sign()), &[("traceparent", &sampled())]).await, 200);
    for _ in 0..2 {
        let fetched = asked.try_recv().unwrap();
        assert!(!fetched.contains_key("traceparent") && !fetched.contains_key("tracestate"));
    }
    gate.end().await;
    let export = told.try_recv().unwrap();
    let [decision, wait] = export.spans() else { panic!("{:?}", export.spans()) };
    assert_eq!((decision.name.as_str(), wait.name.as_str()), ("gate.decide", "keys.wait"));
    assert_eq!((&wait.trace_id, &wait.parent_span_id), (&decision.trace_id, &decision.span_id));
    assert!(wait.span_id != decision.span_id && wait.kind == SpanKind::Internal as i32);
    let within = decision.start_time_unix_nano..=decision.end_time_unix_nano;
    assert!(within.contains(&wait.start_time_unix_nano) && within.contains(&wait.end_time_unix_nano));
}
