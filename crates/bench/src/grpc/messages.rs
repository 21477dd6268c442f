//! What is asked and answered in the loads over gRPC.

use std::collections::HashMap;

use claimgate_testkit::envoy::{
    Address, AttributeContext, CheckRequest, CheckResponse, HeaderValue, HeaderValueOption, HttpRequest,
    HttpResponse, OkHttpResponse, Peer, Request, SocketAddress, Status, Timestamp,
};

/// What Envoy asks about a GET with this token.
pub(crate) fn check_request(token: &str) -> CheckRequest {
    let headers = [
        (":authority", "app.example.test"),
        (":method", "GET"),
        (":path", "/reports/7?page=2"),
        (":scheme", "https"),
        ("accept", "application/json"),
        ("authorization", &format!("Bearer {token}")),
        ("user-agent", "bench/1.0"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "5d9c6a0e-34d5-4f0e-9c77-0b4f8c9f7a11"),
    ];
    let peer = |port| Peer {
        address: Some(Address {
            socket_address: Some(SocketAddress { address: "127.0.0.1".to_owned(), port }),
        }),
    };
    let http = HttpRequest {
        id: "8123456789".to_owned(),
        method: "GET".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        path: "/reports/7?page=2".to_owned(),
        host: "app.example.test".to_owned(),
        scheme: "https".to_owned(),
        protocol: "HTTP/1.1".to_owned(),
        header_map: None,
    };
    let time = Some(Timestamp { seconds: 1_800_000_000, nanos: 5 });
    CheckRequest {
        attributes: Some(AttributeContext {
            source: Some(peer(50_000)),
            destination: Some(peer(443)),
            request: Some(Request { time, http: Some(http) }),
            context_extensions: HashMap::new(),
        }),
    }
}

/// An allow with two headers.
pub(crate) fn allow() -> CheckResponse {
    let header = |key: &str, value: &str| HeaderValueOption {
        header: Some(HeaderValue { key: key.to_owned(), value: value.to_owned() }),
        append_action: 2,
        keep_empty_value: false,
    };
    let headers = vec![header("x-claimgate-user", "jane"), header("x-claimgate-groups", "team-00,team-01")];
    CheckResponse {
        status: Some(Status { code: 0 }),
        http_response: Some(HttpResponse::Ok(OkHttpResponse { headers, ..OkHttpResponse::default() })),
        dynamic_metadata: None,
    }
}

/// Whether the check was allowed.
pub(crate) fn is_allow(response: &CheckResponse) -> bool {
    response.status.as_ref().is_none_or(|status| status.code == 0)
}
