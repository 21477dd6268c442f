//! Envoy's and Istio's `ext_authz` over gRPC: `envoy.service.auth.v3.Authorization/Check`.

mod messages;

use std::net::IpAddr;

use bytes::{BufMut, Bytes, BytesMut};
use claimgate_core::audit::DecisionId;
use claimgate_core::decision::Denial;
use claimgate_core::headers::HeaderPlan;
use claimgate_core::request::RawRequest;
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message as _;

use super::{AdapterInfo, Asked, Caller, bad_request, canonical};
use crate::answer::DECISION_ID;
use messages::{
    AppendAction, CheckRequest, CheckResponse, DeniedResponse, HeaderValueOption, HttpResponse, HttpStatus,
    OkResponse, Status, Struct,
};

/// This adapter.
pub const INFO: AdapterInfo = AdapterInfo {
    name: "envoyGrpc",
    path: "/envoy.service.auth.v3.Authorization/Check",
    purpose: "Envoy and Istio `ext_authz` over gRPC",
};

/// The key of the context extension with which the caller may name the route.
const ROUTE: &[u8] = b"route";

/// gRPC status codes (<https://grpc.github.io/grpc/core/md_doc_statuscodes.html>).
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;
const UNAUTHENTICATED: i32 = 16;

/// A check request, decoded: the headers of the client's request and what is asked about it.
pub struct Check {
    /// The facts.
    pub asked: Asked,
    /// The client's headers.
    pub headers: HeaderMap,
    /// The route that the caller names.
    pub route: Option<String>,
}

/// Decodes the one message of a gRPC request body.
///
/// # Errors
/// `untrusted_proxy`; `bad_request` for what is not one uncompressed `CheckRequest`, or asks about an
/// ambiguous request.
pub fn facts(body: &Bytes, caller: Caller) -> Result<Check, Denial> {
    caller.require_trust()?;
    let message = CheckRequest::decode(message(body)?).map_err(|_| bad_request("not a `CheckRequest`"))?;
    let attributes = message.attributes.ok_or_else(|| bad_request("the check request has no attributes"))?;
    let client = attributes.client_address();
    let route = attributes.context_extensions.iter().find(|entry| entry.key == ROUTE);
    let route = route.map(|entry| text(entry.value()).map(str::to_owned)).transpose()?;
    let http = attributes.request.and_then(|request| request.http);
    let http = http.ok_or_else(|| bad_request("the check request is not about an HTTP request"))?;
    let headers = header_map(&http)?;
    let request = canonical(RawRequest {
        method: text(&http.method)?,
        scheme: Some(text(&http.scheme)?).filter(|scheme| !scheme.is_empty()).unwrap_or("http"),
        authority: text(&http.host)?,
        target: text(&http.path)?,
    })?;
    Ok(Check { asked: Asked { request, client }, headers, route })
}

/// The one message of a body: a prefix of one byte for compression and four for the length (gRPC over
/// HTTP/2, "Length-Prefixed-Message").
fn message(body: &Bytes) -> Result<Bytes, Denial> {
    let malformed = || bad_request("the gRPC body is not one uncompressed message");
    let (&[compressed, a, b, c, d], rest) = body.split_first_chunk::<5>().ok_or_else(malformed)?;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if compressed == 0 && rest.len() == length { Ok(body.slice(5..)) } else { Err(malformed()) }
}

fn header_map(http: &messages::HttpRequest) -> Result<HeaderMap, Denial> {
    let mut headers = HeaderMap::with_capacity(http.headers.len());
    for entry in http.headers.iter().chain(http.raw_headers()) {
        // Pseudo-headers are told by the other fields.
        if entry.key.first() == Some(&b':') {
            continue;
        }
        let name = HeaderName::from_bytes(&entry.key).map_err(|_| bad_request("an odd header name"))?;
        let value = HeaderValue::from_maybe_shared(entry.value().clone());
        headers.append(name, value.map_err(|_| bad_request("an odd header value"))?);
    }
    Ok(headers)
}

fn text(bytes: &Bytes) -> Result<&str, Denial> {
    std::str::from_utf8(bytes).map_err(|_| bad_request("a field of the check request is not UTF-8"))
}

/// What a check response says beside the headers, as dynamic metadata under the filter's name.
pub struct Metadata<'a> {
    /// The user name.
    pub user: &'a str,
    /// The groups.
    pub groups: &'a [String],
    /// The route.
    pub route: &'a str,
    /// The trust entry.
    pub entry: &'a str,
}

/// The response that lets the client's request pass.
pub fn allow(
    plan: &HeaderPlan,
    id: DecisionId,
    client: &HeaderMap,
    metadata: Option<&Metadata<'_>>,
) -> Bytes {
    let mut headers = Vec::with_capacity(plan.set().len());
    for (index, (name, value)) in plan.set().iter().enumerate() {
        let repeated = plan.set().iter().take(index).any(|(before, _)| before == name);
        let action = if repeated { AppendAction::Append } else { AppendAction::Overwrite };
        headers.push(HeaderValueOption::new(name, value, action));
    }
    // What is set overwrites; Envoy removes after it has set, so what is set is not named here.
    let is_set = |name: &str| plan.set().iter().any(|(set, _)| set == name);
    let owned = client.keys().map(HeaderName::as_str).filter(|name| plan.remove().contains(name));
    let headers_to_remove = owned.filter(|name| !is_set(name)).map(str::to_owned).collect();
    let response_headers_to_add = vec![decision_id(id)];
    let ok = OkResponse { headers, headers_to_remove, response_headers_to_add };
    framed(&CheckResponse {
        status: Some(Status { code: OK }),
        http_response: Some(HttpResponse::Ok(ok)),
        dynamic_metadata: metadata.map(|metadata| Struct::of(metadata, id)),
    })
}

/// The response that answers the client with `status`, `headers` and `body`.
pub fn deny(status: u16, headers: &HeaderMap, body: &Bytes) -> Bytes {
    let headers =
        headers.iter().map(|(name, value)| HeaderValueOption::new(name, value, AppendAction::Overwrite));
    let denied = DeniedResponse {
        status: Some(HttpStatus { code: i32::from(status) }),
        headers: headers.collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    framed(&CheckResponse {
        status: Some(Status { code: if status == 401 { UNAUTHENTICATED } else { PERMISSION_DENIED } }),
        http_response: Some(HttpResponse::Denied(denied)),
        dynamic_metadata: None,
    })
}

fn decision_id(id: DecisionId) -> HeaderValueOption {
    let value = HeaderValue::from_bytes(&id.as_hex()).unwrap_or(HeaderValue::from_static(""));
    HeaderValueOption::new(&DECISION_ID, &value, AppendAction::Overwrite)
}

fn framed(response: &CheckResponse) -> Bytes {
    let length = response.encoded_len();
    let mut out = BytesMut::with_capacity(length + 5);
    out.put_u8(0);
    out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    response.encode_raw(&mut out);
    out.freeze()
}

/// The client's address of a `source.address.socket_address`.
fn parse_address(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
