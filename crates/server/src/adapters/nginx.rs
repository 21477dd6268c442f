//! `/_claimgate/nginx`: nginx' `auth_request`, which passes the client's own `X-Forwarded-*` on and so has
//! headers of its own.

use claimgate_core::decision::Denial;
use claimgate_core::request::CanonicalRequest;
use http::request::Parts;
use http::{HeaderName, StatusCode};

use super::{AdapterInfo, Asked, Caller, bad_request, own_request, single};

/// This adapter.
pub const INFO: AdapterInfo =
    AdapterInfo { name: "nginx", path: "/_claimgate/nginx", purpose: "nginx `auth_request`" };

const METHOD: HeaderName = HeaderName::from_static("x-original-method");
const URL: HeaderName = HeaderName::from_static("x-original-url");

/// The client's request, from `X-Original-Method` and `X-Original-URL`. Who sends neither asks about its own
/// request.
///
/// # Errors
/// `untrusted_proxy`; `bad_request` for a partial set, a repeated header or an ambiguous request.
pub fn facts(parts: &Parts, caller: Caller) -> Result<Asked, Denial> {
    let (method, url) = (single(&parts.headers, &METHOD), single(&parts.headers, &URL));
    if matches!((&method, &url), (Ok(None), Ok(None))) {
        return own_request(parts, caller);
    }
    caller.require_trust()?;
    let (Some(method), Some(url)) = (method?, url?) else {
        return Err(bad_request("`X-Original-Method` and `X-Original-URL` come together"));
    };
    let request =
        CanonicalRequest::parse_url(method, url).map_err(|error| bad_request(&error.to_string()))?;
    Ok(Asked { request, client: None })
}

/// The status that nginx passes on: it makes 500 of everything but 2xx, 401 and 403.
pub fn status(status: StatusCode) -> StatusCode {
    match status {
        StatusCode::OK | StatusCode::UNAUTHORIZED => status,
        _ => StatusCode::FORBIDDEN,
    }
}
