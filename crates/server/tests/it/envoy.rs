//! Envoy's side of `envoy.service.auth.v3`, over tonic: the messages, and what Envoy makes of an answer.

use std::collections::HashMap;
use std::net::SocketAddr;

use http::uri::PathAndQuery;
use prost::{Message, Oneof};
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) attributes: Option<Attributes>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Attributes {
    #[prost(message, optional, tag = "4")]
    pub(crate) request: Option<Request>,
    #[prost(map = "string, string", tag = "10")]
    pub(crate) context_extensions: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(message, optional, tag = "2")]
    pub(crate) http: Option<HttpRequest>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct HttpRequest {
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
    #[prost(message, optional, tag = "13")]
    pub(crate) header_map: Option<RawHeaders>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RawHeaders {
    #[prost(message, repeated, tag = "1")]
    pub(crate) headers: Vec<RawHeader>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RawHeader {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) raw_value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) status: Option<Status>,
    #[prost(oneof = "HttpResponse", tags = "2, 3")]
    pub(crate) http_response: Option<HttpResponse>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum HttpResponse {
    #[prost(message, tag = "2")]
    Denied(Denied),
    #[prost(message, tag = "3")]
    Ok(Ok),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Denied {
    #[prost(message, optional, tag = "1")]
    pub(crate) status: Option<Status>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) headers: Vec<HeaderOption>,
    #[prost(string, tag = "3")]
    pub(crate) body: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Ok {
    #[prost(message, repeated, tag = "2")]
    pub(crate) headers: Vec<HeaderOption>,
    #[prost(string, repeated, tag = "5")]
    pub(crate) headers_to_remove: Vec<String>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) response_headers_to_add: Vec<HeaderOption>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct HeaderOption {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<Header>,
    #[prost(int32, tag = "3")]
    pub(crate) append_action: i32,
    #[prost(bool, tag = "4")]
    pub(crate) keep_empty_value: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Header {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

impl HeaderOption {
    pub(crate) fn pair(&self) -> (String, String) {
        let header = self.header.clone().unwrap();
        (header.key, header.value)
    }
}

/// Asks over a channel of its own.
pub(crate) async fn check(
    address: SocketAddr,
    request: CheckRequest,
) -> Result<CheckResponse, tonic::Status> {
    ask(&mut connect(address).await, request).await
}

pub(crate) async fn connect(address: SocketAddr) -> Grpc<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    Grpc::new(endpoint.connect().await.unwrap())
}

pub(crate) async fn ask(
    grpc: &mut Grpc<Channel>,
    request: CheckRequest,
) -> Result<CheckResponse, tonic::Status> {
    grpc.ready().await.unwrap();
    let path = PathAndQuery::from_static("/envoy.service.auth.v3.Authorization/Check");
    let codec = ProstCodec::<CheckRequest, CheckResponse>::default();
    grpc.unary(tonic::Request::new(request), path, codec).await.map(tonic::Response::into_inner)
}

/// A check request about `method` at `host` and `path` with these headers; names in lower case, as Envoy
/// has them.
pub(crate) fn about(method: &str, host: &str, path: &str, headers: &[(String, String)]) -> CheckRequest {
    let mut map: HashMap<String, String> = HashMap::new();
    for (name, value) in headers {
        // Envoy joins what stands twice.
        map.entry(name.to_ascii_lowercase())
            .and_modify(|known| *known = format!("{known},{value}"))
            .or_insert_with(|| value.clone());
    }
    let http = HttpRequest {
        method: method.to_owned(),
        headers: map,
        path: path.to_owned(),
        host: host.to_owned(),
        scheme: "http".to_owned(),
        header_map: None,
    };
    let request = Some(Request { http: Some(http) });
    CheckRequest { attributes: Some(Attributes { request, context_extensions: HashMap::new() }) }
}

/// The headers that the application gets: Envoy sets first, then removes.
pub(crate) fn forwarded(client: &[(String, String)], answer: &Ok) -> Vec<(String, String)> {
    let mut headers: Vec<_> =
        client.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    for option in &answer.headers {
        let (name, value) = option.pair();
        if value.is_empty() && !option.keep_empty_value {
            continue;
        }
        // `OVERWRITE_IF_EXISTS_OR_ADD`
        if option.append_action == 2 {
            headers.retain(|(known, _)| *known != name);
        }
        headers.push((name, value));
    }
    headers.retain(|(name, _)| !answer.headers_to_remove.contains(name));
    headers
}
