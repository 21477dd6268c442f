//! The messages of `envoy.service.auth.v3` with the types that code generated from Envoy's API has.

use std::collections::HashMap;

use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) attributes: Option<AttributeContext>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AttributeContext {
    #[prost(message, optional, tag = "1")]
    pub(crate) source: Option<Peer>,
    #[prost(message, optional, tag = "2")]
    pub(crate) destination: Option<Peer>,
    #[prost(message, optional, tag = "4")]
    pub(crate) request: Option<Request>,
    #[prost(map = "string, string", tag = "10")]
    pub(crate) context_extensions: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Peer {
    #[prost(message, optional, tag = "1")]
    pub(crate) address: Option<Address>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Address {
    #[prost(message, optional, tag = "1")]
    pub(crate) socket_address: Option<SocketAddress>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SocketAddress {
    #[prost(string, tag = "2")]
    pub(crate) address: String,
    #[prost(uint32, tag = "3")]
    pub(crate) port: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(message, optional, tag = "1")]
    pub(crate) time: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    pub(crate) http: Option<HttpRequest>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct HttpRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) method: String,
    #[prost(map = "string, string", tag = "3")]
    pub(crate) headers: HashMap<String, String>,
    #[prost(string, tag = "4")]
    pub(crate) path: String,
    #[prost(string, tag = "5")]
    pub(crate) host: String,
    #[prost(string, tag = "6")]
    pub(crate) scheme: String,
    #[prost(string, tag = "10")]
    pub(crate) protocol: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) status: Option<Status>,
    #[prost(oneof = "HttpResponse", tags = "3")]
    pub(crate) http_response: Option<HttpResponse>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum HttpResponse {
    #[prost(message, tag = "3")]
    Ok(OkHttpResponse),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct OkHttpResponse {
    #[prost(message, repeated, tag = "2")]
    pub(crate) headers: Vec<HeaderValueOption>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct HeaderValueOption {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<HeaderValue>,
    #[prost(int32, tag = "3")]
    pub(crate) append_action: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct HeaderValue {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

impl CheckRequest {
    /// What Envoy asks about a GET with this token.
    pub(crate) fn with_token(token: &str) -> Self {
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
        };
        let time = Some(Timestamp { seconds: 1_800_000_000, nanos: 5 });
        Self {
            attributes: Some(AttributeContext {
                source: Some(peer(50_000)),
                destination: Some(peer(443)),
                request: Some(Request { time, http: Some(http) }),
                context_extensions: HashMap::new(),
            }),
        }
    }
}

impl CheckResponse {
    /// An allow with two headers.
    pub(crate) fn allowed() -> Self {
        let header = |key: &str, value: &str| HeaderValueOption {
            header: Some(HeaderValue { key: key.to_owned(), value: value.to_owned() }),
            append_action: 2,
        };
        let headers =
            vec![header("x-claimgate-user", "jane"), header("x-claimgate-groups", "team-00,team-01")];
        Self {
            status: Some(Status { code: 0 }),
            http_response: Some(HttpResponse::Ok(OkHttpResponse { headers })),
        }
    }

    /// Whether the check was allowed.
    pub(crate) fn is_allow(&self) -> bool {
        self.status.as_ref().is_none_or(|status| status.code == 0)
    }
}
