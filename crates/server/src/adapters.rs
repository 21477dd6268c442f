//! Adapters: the ways in which proxies ask.
//!
//! An adapter reads the facts of the client's request off a check request, and renders the decision as its
//! proxy understands it. It decides nothing. To add one see `docs/dev/adding-an-adapter.md`.

pub mod envoy_grpc;
pub mod envoy_http;
pub mod forwarded;
pub mod nginx;

use std::net::IpAddr;

use claimgate_core::decision::{Denial, DenyReason};
use claimgate_core::request::{CanonicalRequest, RawRequest};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// The name, path and purpose of an adapter, for logs and the reference page.
#[derive(Clone, Copy, Debug)]
pub struct AdapterInfo {
    /// The name in logs and metrics.
    pub name: &'static str,
    /// Where it is served.
    pub path: &'static str,
    /// For which proxies.
    pub purpose: &'static str,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Every adapter.
pub const ADAPTERS: &[AdapterInfo] = &[forwarded::INFO, nginx::INFO, envoy_http::INFO, envoy_grpc::INFO];

/// Who sent the check request.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The address of the peer.
    pub address: IpAddr,
    /// Whether the peer may speak for others: it is in `trustedProxies` or has shown a client certificate.
    pub trusted: bool,
    /// Whether the connection is TLS.
    pub tls: bool,
}

/// The client's request, as an adapter read it off the check request.
#[derive(Debug)]
pub struct Asked {
    /// The canonical request.
    pub request: CanonicalRequest,
    /// The client's address, where the proxy names it.
    pub client: Option<IpAddr>,
}

impl Caller {
    fn scheme(self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// # Errors
    /// `untrusted_proxy`.
    pub(crate) fn require_trust(self) -> Result<(), Denial> {
        if self.trusted {
            return Ok(());
        }
        let detail = format!("{} is not in `trustedProxies`", self.address);
        Err(Denial::new(DenyReason::UntrustedProxy, detail))
    }
}

/// The caller's own request, where it speaks for nobody else.
pub(crate) fn own_request(parts: &Parts, caller: Caller) -> Result<Asked, Denial> {
    let target = parts.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let request = request_to(parts, caller.scheme(), target)?;
    Ok(Asked { request, client: Some(caller.address) })
}

/// A request with the method and authority of `parts`, to `target`.
pub(crate) fn request_to(parts: &Parts, scheme: &str, target: &str) -> Result<CanonicalRequest, Denial> {
    let host = single(&parts.headers, &http::header::HOST)?;
    let authority = match (parts.uri.authority(), host) {
        // HTTP/2 has the authority in its target, and `Host` must not differ (RFC 9113 §8.3.1).
        (Some(authority), Some(host)) if !host.eq_ignore_ascii_case(authority.as_str()) => {
            return Err(bad_request("the target and the `Host` header name different hosts"));
        }
        (Some(authority), _) => authority.as_str(),
        (None, host) => host.unwrap_or_default(),
    };
    canonical(RawRequest { method: parts.method.as_str(), scheme, authority, target })
}

pub(crate) fn canonical(raw: RawRequest<'_>) -> Result<CanonicalRequest, Denial> {
    CanonicalRequest::parse(raw).map_err(|error| bad_request(&error.to_string()))
}

/// The one value of a header, or none; a header that stands twice can be read in two ways.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Denial> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(bad_request(&format!("header `{name}` stands twice")));
    }
    let text = value.to_str().map_err(|_| bad_request(&format!("header `{name}` is not ASCII")))?;
    Ok(Some(text))
}

pub(crate) fn bad_request(detail: &str) -> Denial {
    Denial::new(DenyReason::BadRequest, detail)
}

/// The client behind a chain of proxies: the last address of `X-Forwarded-For` that no trusted proxy has.
/// It serves the audit log and the bound on failed attempts; nothing is decided by it.
pub(crate) fn forwarded_client(headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let values = headers.get_all(&FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    hops.iter()
        .rev()
        .map_while(|hop| hop.parse::<IpAddr>().ok())
        .find(|address| !trusted.iter().any(|network| network.contains(address)))
}
