//! Envoy's and Istio's `ext_authz` over HTTP: the check request is the client's request itself, behind a
//! path prefix or on a socket of its own.

use claimgate_core::decision::Denial;
use http::HeaderName;
use http::request::Parts;
use ipnet::IpNet;

use super::{AdapterInfo, Asked, Caller, forwarded_client, request_to, single};

/// This adapter.
pub const INFO: AdapterInfo = AdapterInfo {
    name: "envoyHttp",
    path: "/_claimgate/envoy/…, or every path of `listeners.check`",
    purpose: "Envoy and Istio `ext_authz` over HTTP",
};

/// The path prefix on the public listener, without the slash of the client's path.
pub const PREFIX: &str = "/_claimgate/envoy";

const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client's request: method, host and path of the check request, its path without `prefix`.
///
/// # Errors
/// `untrusted_proxy`; `bad_request` for a repeated header or an ambiguous request.
pub fn facts(parts: &Parts, prefix: &str, caller: Caller, trusted: &[IpNet]) -> Result<Asked, Denial> {
    caller.require_trust()?;
    let target = parts.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let target = target.strip_prefix(prefix).unwrap_or(target);
    // Envoy sends the scheme only where it is told to.
    let scheme = single(&parts.headers, &PROTO)?.unwrap_or(caller.scheme());
    let request = request_to(parts, scheme, if target.is_empty() { "/" } else { target })?;
    Ok(Asked { request, client: forwarded_client(&parts.headers, trusted) })
}
