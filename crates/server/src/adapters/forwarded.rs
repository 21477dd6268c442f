//! `/_claimgate/check`: Caddy's `forward_auth`, Traefik's `forwardAuth`, `HAProxy` and everybody who sends
//! `X-Forwarded-{Method,Proto,Host,Uri}`.

use claimgate_core::decision::Denial;
use claimgate_core::request::RawRequest;
use http::HeaderName;
use http::request::Parts;
use ipnet::IpNet;

use super::{AdapterInfo, Asked, Caller, bad_request, canonical, forwarded_client, own_request, single};

/// This adapter.
pub const INFO: AdapterInfo = AdapterInfo {
    name: "check",
    path: "/_claimgate/check",
    purpose: "Caddy `forward_auth`, Traefik `forwardAuth`, HAProxy, and a direct question about one's own request",
};

const METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const URI: HeaderName = HeaderName::from_static("x-forwarded-uri");

/// The client's request. Who sends none of the four headers asks about its own request.
///
/// # Errors
/// `untrusted_proxy`; `bad_request` for a partial set, a repeated header or an ambiguous request.
pub fn facts(parts: &Parts, caller: Caller, trusted: &[IpNet]) -> Result<Asked, Denial> {
    if ![METHOD, PROTO, HOST, URI].iter().any(|name| parts.headers.contains_key(name)) {
        return own_request(parts, caller);
    }
    caller.require_trust()?;
    let value = |name: &HeaderName| {
        let missing = || bad_request(&format!("header `{name}` is missing beside the other `X-Forwarded-*`"));
        single(&parts.headers, name)?.ok_or_else(missing)
    };
    let scheme = match value(&PROTO)? {
        // Traefik names a WebSocket's scheme.
        "ws" => "http",
        "wss" => "https",
        scheme => scheme,
    };
    let (method, authority, target) = (value(&METHOD)?, value(&HOST)?, value(&URI)?);
    let request = canonical(RawRequest { method, scheme, authority, target })?;
    Ok(Asked { request, client: forwarded_client(&parts.headers, trusted) })
}
