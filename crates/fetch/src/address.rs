use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// An address that may be fetched: https, or http where [`PlainHttp`] permits it; never with a user
/// name, a password or a fragment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FetchUrl(Url);

/// Whether an address may be plain http.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PlainHttp {
    /// Never.
    Never,
    /// On `localhost`, `127.0.0.0/8` and `::1` only.
    #[default]
    Loopback,
    /// On any host, because the operator said so for this issuer.
    Allowed,
}

impl FetchUrl {
    /// Reads an address under the rule for plain http.
    ///
    /// # Errors
    /// [`AddressError`] says which part is not acceptable.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::NotAnAddress)?;
        if url.host().is_none() {
            return Err(AddressError::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(AddressError::Fragment);
        }
        match (url.scheme(), plain) {
            ("https", _) | ("http", PlainHttp::Allowed) => Ok(Self(url)),
            ("http", PlainHttp::Loopback) if is_loopback(&url) => Ok(Self(url)),
            ("http", _) => Err(AddressError::PlainHttp),
            _ => Err(AddressError::Scheme),
        }
    }

    /// The address of a document below this one: `.../realms/main` and `.well-known/x` give
    /// `.../realms/main/.well-known/x`, whether or not this one ends with a slash.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        let mut url = self.0.clone();
        let joined = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&joined);
        url.set_query(None);
        Self(url)
    }

    /// What an address that this one's answer names may be: as strict as this one.
    pub fn plain_http(&self) -> PlainHttp {
        match (self.0.scheme(), is_loopback(&self.0)) {
            ("http", true) => PlainHttp::Loopback,
            ("http", false) => PlainHttp::Allowed,
            _ => PlainHttp::Never,
        }
    }

    /// Whether both have the same scheme, host and port (RFC 6454 §4).
    pub fn same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// The address as it may be shown.
    pub fn redacted(&self) -> RedactedUrl {
        RedactedUrl::from(&self.0)
    }

    /// The address as it is called, with its query.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for FetchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FetchUrl({})", self.redacted())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An address as logs, pages and errors show it: scheme, host, port and path; a query is shown as `?…`,
/// a user name and password not at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedactedUrl(String);

impl From<&Url> for RedactedUrl {
    fn from(url: &Url) -> Self {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let query = if url.query().is_some() { "?…" } else { "" };
        let host = url.host_str().unwrap_or_default();
        Self(format!("{}://{host}{port}{}{query}", url.scheme(), url.path()))
    }
}

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The proxy that an issuer's calls go through. It may carry a user name and a password, which are
/// never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for ProxyUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::NotAnAddress)?;
        match url.scheme() {
            "http" | "https" if url.host().is_some() => Ok(Self(url)),
            "http" | "https" => Err(AddressError::NotAnAddress),
            _ => Err(AddressError::ProxyScheme),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({})", RedactedUrl::from(&self.0))
    }
}

/// Why a text is not an address that may be called. The text itself is not part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    /// Not a URL with a host.
    #[error("not a URL with a host")]
    NotAnAddress,
    /// Neither https nor http.
    #[error("expected an `https` URL")]
    Scheme,
    /// Plain http where it is not allowed.
    #[error("plain `http` is allowed on loopback hosts only, unless the issuer sets `allowHttp: true`")]
    PlainHttp,
    /// A user name or a password in the URL.
    #[error("a URL may not carry a user name or a password")]
    Credentials,
    /// A fragment.
    #[error("a URL may not carry a fragment")]
    Fragment,
    /// A proxy that is neither http nor https.
    #[error("expected an `http` or `https` proxy")]
    ProxyScheme,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_needs_loopback_or_permission() {
        use AddressError as E;
        use PlainHttp::{Allowed, Loopback, Never};
        let cases: &[(&str, PlainHttp, Result<(), E>)] = &[
            ("https://id.example.com/realms/main", Never, Ok(())),
            ("http://id.example.com", Loopback, Err(E::PlainHttp)),
            ("http://id.example.com", Allowed, Ok(())),
            ("http://127.0.0.1:8080", Loopback, Ok(())),
            ("http://127.9.9.9", Loopback, Ok(())),
            ("http://[::1]:1", Loopback, Ok(())),
            ("http://localhost", Loopback, Ok(())),
            ("http://127.0.0.1", Never, Err(E::PlainHttp)),
            ("http://localhost.example.com", Loopback, Err(E::PlainHttp)),
            ("http://127.0.0.1.example.com", Loopback, Err(E::PlainHttp)),
            ("http://0.0.0.0", Loopback, Err(E::PlainHttp)),
            ("http://[::ffff:127.0.0.1]", Loopback, Err(E::PlainHttp)),
            ("https://user@id.example.com", Allowed, Err(E::Credentials)),
            ("https://:secret@id.example.com", Allowed, Err(E::Credentials)),
            ("https://id.example.com/#x", Allowed, Err(E::Fragment)),
            ("file:///etc/passwd", Allowed, Err(E::NotAnAddress)),
            ("ftp://id.example.com", Allowed, Err(E::Scheme)),
            ("id.example.com", Allowed, Err(E::NotAnAddress)),
        ];
        for (text, plain, expected) in cases {
            assert_eq!(FetchUrl::parse(text, *plain).map(|_| ()), *expected, "{text}");
        }
    }

    #[test]
    fn an_answer_may_not_name_a_weaker_address_than_its_own() {
        let https = FetchUrl::parse("https://localhost", PlainHttp::Allowed).unwrap();
        assert_eq!(https.plain_http(), PlainHttp::Never);
        let loopback = FetchUrl::parse("http://127.0.0.1:1", PlainHttp::Allowed).unwrap();
        assert_eq!(loopback.plain_http(), PlainHttp::Loopback);
        let inside = FetchUrl::parse("http://dex.dex:5556", PlainHttp::Allowed).unwrap();
        assert_eq!(inside.plain_http(), PlainHttp::Allowed);
    }

    #[test]
    fn documents_below_an_issuer() {
        for (issuer, expected) in [
            ("https://a.example", "https://a.example/.well-known/x"),
            ("https://a.example/", "https://a.example/.well-known/x"),
            ("https://a.example/realms/main", "https://a.example/realms/main/.well-known/x"),
            ("https://a.example/realms/main/", "https://a.example/realms/main/.well-known/x"),
        ] {
            let url = FetchUrl::parse(issuer, PlainHttp::Never).unwrap().below(".well-known/x");
            assert_eq!(url.as_str(), expected);
        }
    }

    #[test]
    fn shown_addresses_hold_no_query_and_no_password() {
        let url = FetchUrl::parse("https://a.example:8443/keys?code=topsecret", PlainHttp::Never).unwrap();
        assert_eq!(url.redacted().to_string(), "https://a.example:8443/keys?…");
        assert_eq!(format!("{url:?}"), "FetchUrl(https://a.example:8443/keys?…)");
        let proxy: ProxyUrl = "http://me:topsecret@proxy.example:3128".parse().unwrap();
        assert_eq!(format!("{proxy:?}"), "ProxyUrl(http://proxy.example:3128/)");
        assert_eq!("socks5://p".parse::<ProxyUrl>().unwrap_err(), AddressError::ProxyScheme);
    }
}
