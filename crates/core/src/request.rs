//! The canonical request: the one form in which routes, rules, headers and the audit log see it.
//!
//! Proxies, policies and applications fail when they read one request in two ways. So a request is
//! built once, from what the adapter read off the wire, and whatever can be read in two ways is
//! refused: dot segments, empty segments, backslashes, matrix parameters, double encodings, control
//! characters, a fragment, an odd host. What remains is written in one way: the host in lower case and
//! without its port, the path with unreserved characters decoded and all other encodings in upper case.

mod host;
mod path;

use std::fmt;

pub use host::{Host, HostError};
pub use path::{EncodedSlash, Path, PathError};

/// Method, scheme, host, path and query of a request, in canonical form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CanonicalRequest {
    method: Method,
    scheme: Scheme,
    host: Host,
    path: Path,
    query: Option<Box<str>>,
}

/// A request as an adapter read it, before anything was decided about it.
#[derive(Clone, Copy, Debug)]
pub struct RawRequest<'a> {
    /// The method, as sent.
    pub method: &'a str,
    /// `http` or `https`, in any case.
    pub scheme: &'a str,
    /// Host and optional port (RFC 9110 §7.2).
    pub authority: &'a str,
    /// Path and optional query, in origin form (RFC 9112 §3.2.1).
    pub target: &'a str,
}

impl CanonicalRequest {
    /// The canonical form of `raw`.
    ///
    /// # Errors
    /// [`RequestError`] if the request is malformed or can be read in more than one way.
    pub fn parse(raw: RawRequest<'_>) -> Result<Self, RequestError> {
        let (path, query) = match raw.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (raw.target, None),
        };
        if let Some(query) = query
            && query.bytes().any(|b| !b.is_ascii_graphic() || b == b'#')
        {
            return Err(RequestError::Query);
        }
        Ok(Self {
            method: Method::parse(raw.method)?,
            scheme: Scheme::parse(raw.scheme)?,
            host: Host::parse_authority(raw.authority)?,
            path: Path::parse(path)?,
            query: query.map(Into::into),
        })
    }

    /// The canonical form of an absolute URL, such as nginx sends it in `X-Original-URL`.
    ///
    /// # Errors
    /// [`RequestError`] as for [`CanonicalRequest::parse`], and if `url` is not absolute.
    pub fn parse_url(method: &str, url: &str) -> Result<Self, RequestError> {
        let (scheme, rest) = url.split_once("://").ok_or(RequestError::NotAbsolute)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let target = if target.is_empty() { "/" } else { target };
        Self::parse(RawRequest { method, scheme, authority, target })
    }

    /// The method.
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The query, without its question mark, as sent.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }
}

/// A request method: upper-case letters, as every registered method is (RFC 9110 §16.1), and `-`.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Method(MethodText);

#[derive(Clone, PartialEq, Eq, Debug)]
enum MethodText {
    Registered(&'static str),
    Other(Box<str>),
}

impl Method {
    fn parse(text: &str) -> Result<Self, RequestError> {
        const REGISTERED: &[&str] =
            &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
        if let Some(known) = REGISTERED.iter().find(|known| **known == text) {
            return Ok(Self(MethodText::Registered(known)));
        }
        let fits = !text.is_empty() && text.len() <= 32;
        if fits && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
            Ok(Self(MethodText::Other(text.into())))
        } else {
            Err(RequestError::Method)
        }
    }

    fn as_str(&self) -> &str {
        match &self.0 {
            MethodText::Registered(text) => text,
            MethodText::Other(text) => text,
        }
    }
}

/// The scheme of the client's request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Scheme {
    /// # Errors
    /// [`RequestError::Scheme`] for anything but `http` and `https`.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        if text.eq_ignore_ascii_case("https") {
            Ok(Self::Https)
        } else if text.eq_ignore_ascii_case("http") {
            Ok(Self::Http)
        } else {
            Err(RequestError::Scheme)
        }
    }

    /// The scheme in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Why a request has no canonical form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestError {
    /// The method is not upper-case letters.
    #[error("the method is not made of upper-case letters")]
    Method,
    /// The scheme is neither `http` nor `https`.
    #[error("the scheme is neither `http` nor `https`")]
    Scheme,
    /// The host is missing or odd.
    #[error("the host {0}")]
    Host(#[from] HostError),
    /// The path is malformed or ambiguous.
    #[error("the path {0}")]
    Path(#[from] PathError),
    /// The query holds a control character, a space, a byte outside ASCII or a fragment.
    #[error("the query holds a character that must be encoded")]
    Query,
    /// The URL is not absolute.
    #[error("the URL is not absolute")]
    NotAbsolute,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
