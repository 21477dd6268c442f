//! Envoy's side of `envoy.service.auth.v3`, over tonic, and what Envoy makes of an answer.

use std::collections::HashMap;
use std::net::SocketAddr;

use claimgate_testkit::envoy::{
    AttributeContext, CheckRequest, CheckResponse, HeaderValueOption, HttpRequest, OkHttpResponse, Request,
};
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

/// The name and value that an answer sets.
pub(crate) fn pair(option: &HeaderValueOption) -> (String, String) {
    let header = option.header.clone().unwrap();
    (header.key, header.value)
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
        ..HttpRequest::default()
    };
    let request = Some(Request { time: None, http: Some(http) });
    CheckRequest { attributes: Some(AttributeContext { request, ..AttributeContext::default() }) }
}

/// The headers that the application gets: Envoy sets first, then removes.
pub(crate) fn forwarded(client: &[(String, String)], answer: &OkHttpResponse) -> Vec<(String, String)> {
    let mut headers: Vec<_> =
        client.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    for option in &answer.headers {
        let (name, value) = pair(option);
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
