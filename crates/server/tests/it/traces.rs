//! Spans as a collector receives them, decoded with OpenTelemetry's own messages.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use bytes::Bytes;
use claimgate_crypto::Algorithm;
use claimgate_server::serve::Overrides;
use claimgate_testkit::Issuer;
use http::HeaderMap;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::authority::Authority;
use crate::client::{Ask, Via};
use crate::door::Door;
use crate::folder::Folder;
use crate::world::{self, ISSUER, ROUTES, TRUSTED, World, configuration, eventually};

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

/// A gateway with `section`, whose issuer has its keys by `keys`.
async fn start(issuer: Issuer, keys: &str, section: &str) -> World {
    let folder = Folder::new();
    folder.write("keys.json", &issuer.jwk_set());
    folder.write("headers", "authorization: Bearer of-the-collector\n");
    let top = format!("{TRUSTED}\nreadiness: {{ waitFor: [main] }}\n{section}");
    let config = configuration(&top, ROUTES).replace("{ file: keys.json }", keys);
    folder.write("claimgate.yaml", &config);
    let server = world::start(&folder.join("claimgate.yaml"), Overrides::default()).await.unwrap();
    World::serve(folder, issuer, server)
}

async fn traced(section: &str) -> World {
    start(issuer(), "{ file: keys.json }", section).await
}

/// The status of a check.
async fn ask(world: &World, token: Option<&str>, headers: &[(&str, &str)]) -> u16 {
    let mut ask = Ask::get("/path?code=in-the-query");
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    if let Some(token) = token {
        ask = ask.bearer(token);
    }
    world.client(Via::Http1).send(&Door::Forwarded(Via::Http1).check_request(&ask)).await.status
}

async fn metric(world: &World, name: &str) -> u64 {
    let reply = world.admin().get("/metrics").await;
    let text = reply.text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

fn issuer() -> Issuer {
    Issuer::new(ISSUER, Algorithm::Es256)
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
    let world = traced(&section(&endpoint, "")).await;
    let token = world.token();
    assert_eq!(ask(&world, Some(&token), &[]).await, 200);
    let headers =
        [("traceparent", &*sampled()), ("tracestate", "congo=t61,rojo=00f"), ("x-request-id", "request-7")];
    assert_eq!(ask(&world, Some(&token), &headers).await, 200);
    assert_eq!(ask(&world, None, &headers).await, 401);
    let audit = world.stop().await;
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
            ("claimgate.entry", code.is_none().then_some("main")),
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
    let world = traced(&section(&endpoint, "")).await;
    let malformed = format!("00-{TRACE}-{PARENT}-01-more");
    assert_eq!(ask(&world, None, &[("traceparent", &malformed), ("tracestate", "a=1")]).await, 401);
    let unsampled = format!("00-{TRACE}-{PARENT}-00");
    assert_eq!(ask(&world, None, &[("traceparent", &unsampled)]).await, 401);
    let audit = world.stop().await;
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
    let world = traced(&section).await;
    assert_eq!(ask(&world, None, &[]).await, 401);
    assert_eq!(ask(&world, None, &[("traceparent", &sampled())]).await, 401);
    let rejected = "claimgate_traces_dropped_spans_total{reason=\"rejected\"}";
    eventually("the span is rejected", || async { metric(&world, rejected).await == 1 }).await;
    let audit = world.stop().await;
    let export = told.try_recv().unwrap();
    assert_eq!(export.spans().len(), 1);
    assert_eq!(hex(&export.spans()[0].trace_id), TRACE);
    let name = &export.request.resource_spans[0].resource.as_ref().unwrap().attributes[0].value;
    assert_eq!(name.as_ref().unwrap().value, Some(Value::StringValue("gate".to_owned())));
    assert!(audit[0]["traceId"].is_null());
}

/// A reload changes the collector, its authorities and what is recorded; nothing of the former is lost.
#[tokio::test]
async fn a_reload_takes_traces_as_everything_else() {
    let ((one, mut told_one), (other, mut told_other)) = (collector(0).await, collector(0).await);
    let world = traced(&section(&one, "")).await;
    let first = world.folder.read("claimgate.yaml");
    assert_eq!(ask(&world, None, &[]).await, 401);
    let changed =
        first.replace(&one, &other).replace("headersFile", "certificateAuthorityFile: ca.crt, headersFile");
    world.folder.write("ca.crt", &Authority::new().pem());
    world.folder.write("claimgate.yaml", &changed);
    eventually("the change is in force", || async {
        metric(&world, "claimgate_config_generation").await == 2
    })
    .await;
    assert_eq!(ask(&world, None, &[]).await, 401);
    assert_eq!(ask(&world, None, &[]).await, 401);
    // New authorities are read as well.
    world.folder.write("ca.crt", &Authority::new().pem());
    eventually("the change is in force", || async {
        metric(&world, "claimgate_config_generation").await == 3
    })
    .await;
    let without = first.lines().filter(|line| !line.starts_with("telemetry:")).collect::<Vec<_>>().join("\n");
    world.folder.write("claimgate.yaml", &without);
    eventually("the change is in force", || async {
        metric(&world, "claimgate_config_generation").await == 4
    })
    .await;
    assert_eq!(ask(&world, None, &[]).await, 401);
    let exported = "claimgate_traces_exported_spans_total";
    eventually("every span is taken", || async { metric(&world, exported).await == 3 }).await;
    assert_eq!(world.stop().await.len(), 4);
    assert_eq!(told_one.try_recv().unwrap().spans().len(), 1);
    let mut spans = 0;
    while let Ok(export) = told_other.try_recv() {
        spans += export.spans().len();
    }
    assert_eq!((spans, told_one.try_recv().is_err()), (2, true));
}

#[tokio::test]
async fn a_collector_that_is_down_costs_spans_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let section = format!("{}\nlimits: {{ traceQueue: 2 }}", section(&endpoint, ""));
    let world = traced(&section).await;
    let mut asked: u64 = 0;
    // The exporter waits before it tries again; meanwhile the queue of two fills.
    let (sent, full) = loop {
        for _ in 0..5 {
            assert_eq!(ask(&world, None, &[]).await, 401);
            asked += 1;
        }
        let sent = metric(&world, "claimgate_traces_dropped_spans_total{reason=\"exportFailed\"}").await;
        let full = metric(&world, "claimgate_traces_dropped_spans_total{reason=\"queueFull\"}").await;
        if sent > 0 && full > 0 {
            break (sent, full);
        }
        assert!(asked < 100_000, "nothing was dropped: {sent} {full}");
    };
    assert!(sent + full <= asked);
    assert_eq!(metric(&world, "claimgate_traces_exported_spans_total").await, 0);
    assert_eq!(world.stop().await.len() as u64, asked);
}

#[tokio::test]
async fn a_collector_that_answers_nothing_holds_up_neither_decisions_nor_the_end_for_long() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let world = traced(&section(&endpoint, "")).await;
    assert_eq!(ask(&world, None, &[]).await, 401);
    // Less than the ten seconds that an export may take.
    let audit = timeout(Duration::from_secs(9), world.stop()).await.unwrap();
    assert_eq!(audit.len(), 1);
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
    let world = start(issuer, &keys, &section(&endpoint, "")).await;
    assert_eq!(ask(&world, Some(&world.token()), &[("traceparent", &sampled())]).await, 200);
    for _ in 0..2 {
        let fetched = asked.try_recv().unwrap();
        assert!(!fetched.contains_key("traceparent") && !fetched.contains_key("tracestate"));
    }
    world.stop().await;
    let export = told.try_recv().unwrap();
    let [decision, wait] = export.spans() else { panic!("{:?}", export.spans()) };
    assert_eq!((decision.name.as_str(), wait.name.as_str()), ("gate.decide", "keys.wait"));
    assert_eq!((&wait.trace_id, &wait.parent_span_id), (&decision.trace_id, &decision.span_id));
    assert!(wait.span_id != decision.span_id && wait.kind == SpanKind::Internal as i32);
    let within = decision.start_time_unix_nano..=decision.end_time_unix_nano;
    assert!(within.contains(&wait.start_time_unix_nano) && within.contains(&wait.end_time_unix_nano));
}
