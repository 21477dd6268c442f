//! The messages of `envoy.service.auth.v3` as far as the gate reads and writes them. Fields are numbered as
//! in Envoy's API; what is not named here is skipped.

use std::net::IpAddr;

use bytes::Bytes;
use claimgate_core::audit::DecisionId;
use http::{HeaderName, HeaderValue};
use prost::{Message, Oneof};

use super::Metadata;

#[derive(Clone, PartialEq, Message)]
pub(super) struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    pub(super) attributes: Option<AttributeContext>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AttributeContext {
    #[prost(message, optional, tag = "1")]
    pub(super) source: Option<Peer>,
    #[prost(message, optional, tag = "4")]
    pub(super) request: Option<Request>,
    #[prost(message, repeated, tag = "10")]
    pub(super) context_extensions: Vec<Entry>,
}

impl AttributeContext {
    pub(super) fn client_address(&self) -> Option<IpAddr> {
        let socket = self.source.as_ref()?.address.as_ref()?.socket_address.as_ref()?;
        super::parse_address(&socket.address)
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Peer {
    #[prost(message, optional, tag = "1")]
    pub(super) address: Option<Address>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Address {
    #[prost(message, optional, tag = "1")]
    pub(super) socket_address: Option<SocketAddress>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SocketAddress {
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) address: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    #[prost(message, optional, tag = "2")]
    pub(super) http: Option<HttpRequest>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HttpRequest {
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) method: Bytes,
    /// `map<string, string>`, entry by entry.
    #[prost(message, repeated, tag = "3")]
    pub(super) headers: Vec<Entry>,
    /// Path and query.
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) path: Bytes,
    #[prost(bytes = "bytes", tag = "5")]
    pub(super) host: Bytes,
    #[prost(bytes = "bytes", tag = "6")]
    pub(super) scheme: Bytes,
    /// The headers where `encode_raw_headers` is set; then the map is empty.
    #[prost(message, optional, tag = "13")]
    pub(super) header_map: Option<HeaderMap>,
}

impl HttpRequest {
    pub(super) fn raw_headers(&self) -> impl Iterator<Item = &Entry> {
        self.header_map.iter().flat_map(|map| &map.headers)
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HeaderMap {
    #[prost(message, repeated, tag = "1")]
    pub(super) headers: Vec<Entry>,
}

/// A `map` entry, and `HeaderValue` with its `raw_value` in the third field.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Entry {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) key: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    raw_value: Bytes,
}

impl Entry {
    pub(super) fn value(&self) -> &Bytes {
        if self.raw_value.is_empty() { &self.value } else { &self.raw_value }
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) status: Option<Status>,
    #[prost(oneof = "HttpResponse", tags = "2, 3")]
    pub(super) http_response: Option<HttpResponse>,
    #[prost(message, optional, tag = "4")]
    pub(super) dynamic_metadata: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Status {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum HttpResponse {
    #[prost(message, tag = "2")]
    Denied(DeniedResponse),
    #[prost(message, tag = "3")]
    Ok(OkResponse),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DeniedResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) status: Option<HttpStatus>,
    #[prost(message, repeated, tag = "2")]
    pub(super) headers: Vec<HeaderValueOption>,
    #[prost(string, tag = "3")]
    pub(super) body: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HttpStatus {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OkResponse {
    #[prost(message, repeated, tag = "2")]
    pub(super) headers: Vec<HeaderValueOption>,
    #[prost(string, repeated, tag = "5")]
    pub(super) headers_to_remove: Vec<String>,
    #[prost(message, repeated, tag = "6")]
    pub(super) response_headers_to_add: Vec<HeaderValueOption>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HeaderValueOption {
    #[prost(message, optional, tag = "1")]
    pub(super) header: Option<Header>,
    #[prost(int32, tag = "3")]
    pub(super) append_action: i32,
    /// An empty value is a value: the client's own must not stay.
    #[prost(bool, tag = "4")]
    pub(super) keep_empty_value: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Header {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    /// A text to Envoy, which reads `raw_value` in check requests only. Ours are UTF-8.
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) value: Bytes,
}

/// `HeaderAppendAction`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AppendAction {
    Append = 0,
    Overwrite = 2,
}

impl HeaderValueOption {
    pub(super) fn new(name: &HeaderName, value: &HeaderValue, action: AppendAction) -> Self {
        let value = Bytes::copy_from_slice(value.as_bytes());
        Self {
            header: Some(Header { key: name.as_str().to_owned(), value }),
            append_action: action as i32,
            keep_empty_value: true,
        }
    }
}

/// `google.protobuf.Struct`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Struct {
    #[prost(message, repeated, tag = "1")]
    pub(super) fields: Vec<Field>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Field {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(message, optional, tag = "2")]
    pub(super) value: Option<Value>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(oneof = "Kind", tags = "3, 6")]
    pub(super) kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Kind {
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(message, tag = "6")]
    List(ListValue),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ListValue {
    #[prost(message, repeated, tag = "1")]
    pub(super) values: Vec<Value>,
}

impl Struct {
    pub(super) fn of(metadata: &Metadata<'_>, id: DecisionId) -> Self {
        let text = |text: &str| Value { kind: Some(Kind::Text(text.to_owned())) };
        let groups = ListValue { values: metadata.groups.iter().map(|group| text(group)).collect() };
        let field = |key: &str, value| Field { key: key.to_owned(), value: Some(value) };
        Self {
            fields: vec![
                field("decisionId", text(&id.to_string())),
                field("entry", text(metadata.entry)),
                field("groups", Value { kind: Some(Kind::List(groups)) }),
                field("route", text(metadata.route)),
                field("user", text(metadata.user)),
            ],
        }
    }
}
