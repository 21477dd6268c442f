//! Credentials: what a request brings along, before anything of it is verified.

use std::borrow::Cow;
use std::fmt;

use http::header::{AUTHORIZATION, COOKIE, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderName};

/// A place where a route looks for a bearer token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CredentialSource {
    /// `Authorization: Bearer …` (RFC 6750 §2.1); the scheme in any case.
    Authorization,
    /// The whole value of a named header.
    Header(HeaderName),
    /// The value of a named cookie, with or without `Bearer ` in front.
    Cookie(Box<str>),
    /// Kubernetes' WebSocket subprotocol `base64url.bearer.authorization.k8s.io.…`.
    WebSocketSubprotocol,
}

/// The credential of a request.
pub enum Credential<'a> {
    /// The request has none.
    None,
    /// A bearer token.
    Bearer(Cow<'a, str>),
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

/// Why a request's credential cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CredentialError {
    /// Two different bearer tokens.
    #[error("the request carries two different bearer tokens")]
    Conflicting,
    /// An `Authorization` header that is not one bearer token.
    #[error("the `Authorization` header is not a bearer token")]
    NotBearer,
    /// A token with a character that no token has.
    #[error("the bearer token holds a character that no token has")]
    Character,
    /// A subprotocol that does not decode to a token.
    #[error("the WebSocket subprotocol does not hold a token")]
    Subprotocol,
}

impl<'a> Credential<'a> {
    /// The one credential that `headers` carry in `sources`. The same token in two places is one.
    ///
    /// # Errors
    /// [`CredentialError`] for what is there but is not one well-formed bearer token: malformed is not
    /// absent, so nothing falls through to a later source.
    pub fn extract(sources: &'a [CredentialSource], headers: &'a HeaderMap) -> Result<Self, CredentialError> {
        let mut found = Self::None;
        for source in sources {
            match source {
                CredentialSource::Authorization => {
                    for value in headers.get_all(AUTHORIZATION) {
                        let value = value.to_str().map_err(|_| CredentialError::NotBearer)?;
                        bearers(value, |token| found.take(Cow::Borrowed(token)))?;
                    }
                }
                CredentialSource::Header(name) => {
                    for value in headers.get_all(name) {
                        let value = value.to_str().map_err(|_| CredentialError::Character)?;
                        let token = strip_scheme(value).unwrap_or(value);
                        if token.contains(',') {
                            return Err(CredentialError::Conflicting);
                        }
                        found.take(Cow::Borrowed(checked(token)?))?;
                    }
                }
                CredentialSource::Cookie(name) => {
                    for token in cookies(headers, name) {
                        found.take(Cow::Borrowed(checked(strip_scheme(token).unwrap_or(token))?))?;
                    }
                }
                CredentialSource::WebSocketSubprotocol => {
                    for token in subprotocols(headers) {
                        found.take(Cow::Owned(token?))?;
                    }
                }
            }
        }
        Ok(found)
    }

    fn take(&mut self, token: Cow<'a, str>) -> Result<(), CredentialError> {
        match self {
            Self::Bearer(known) if *known != token => Err(CredentialError::Conflicting),
            Self::Bearer(_) => Ok(()),
            Self::None => {
                *self = Self::Bearer(token);
                Ok(())
            }
        }
    }
}

/// The bearer tokens of one `Authorization` value. Proxies join repeated headers with a comma, which no
/// token has.
fn bearers<'a>(
    value: &'a str,
    mut take: impl FnMut(&'a str) -> Result<(), CredentialError>,
) -> Result<(), CredentialError> {
    // Nearly always there is one, and looking at each byte of it once is enough.
    if let Some(token) = strip_scheme(value.trim_matches(' '))
        && is_token(token)
    {
        return take(token);
    }
    for part in value.split(',') {
        let token = strip_scheme(part.trim_matches(' ')).ok_or(CredentialError::NotBearer)?;
        take(checked(token)?)?;
    }
    Ok(())
}

fn strip_scheme(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_at_checked(6)?;
    let token = token.strip_prefix(' ')?.trim_start_matches(' ');
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn checked(token: &str) -> Result<&str, CredentialError> {
    if is_token(token) { Ok(token) } else { Err(CredentialError::Character) }
}

/// `b64token` of RFC 6750 §2.1.
fn is_token(token: &str) -> bool {
    let body = token.trim_end_matches('=').as_bytes();
    let fits = |b: u8| {
        (b | 0x20).wrapping_sub(b'a') < 26
            || b.wrapping_sub(b'0') < 10
            || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
    };
    // Without an early end, so that many bytes are looked at at once.
    !body.is_empty() && body.iter().fold(true, |all, b| all & fits(*b))
}

/// The values of the cookies named `name` (RFC 6265 §5.4); there can be several with different paths.
fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim_matches(' ').split_once('='))
        .filter(move |(known, _)| *known == name)
        .map(|(_, value)| value.trim_matches('"'))
}

fn subprotocols(headers: &HeaderMap) -> impl Iterator<Item = Result<String, CredentialError>> {
    const PREFIX: &str = "base64url.bearer.authorization.k8s.io.";
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|protocol| protocol.trim_matches(' ').strip_prefix(PREFIX))
        .map(|encoded| {
            let bytes =
                claimgate_crypto::base64url::decode(encoded).map_err(|_| CredentialError::Subprotocol)?;
            let token = String::from_utf8(bytes).map_err(|_| CredentialError::Subprotocol)?;
            checked(&token)?;
            Ok(token)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        sources: &[CredentialSource],
        headers: &[(&'static str, &str)],
    ) -> Result<Option<String>, CredentialError> {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect::<Vec<_>>()
            .into_iter()
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value);
                map
            });
        Credential::extract(sources, &map).map(|credential| match credential {
            Credential::None => None,
            Credential::Bearer(token) => Some(token.into_owned()),
        })
    }

    #[test]
    fn authorization_is_one_bearer_token_or_refused() {
        use CredentialError::{Character, Conflicting, NotBearer};
        let sources = [CredentialSource::Authorization];
        for (headers, expected) in [
            (&[] as &[(&str, &str)], Ok(None)),
            (&[("authorization", "Bearer a.b.c")], Ok(Some("a.b.c"))),
            (&[("authorization", "bEARER   a.b.c")], Ok(Some("a.b.c"))),
            (&[("authorization", "Bearer a"), ("authorization", "Bearer a")], Ok(Some("a"))),
            (&[("authorization", "Bearer a"), ("authorization", "Bearer b")], Err(Conflicting)),
            (&[("authorization", "Bearer a, Bearer b")], Err(Conflicting)),
            (&[("authorization", "Bearer a,Bearer a")], Ok(Some("a"))),
            (&[("authorization", "Bearer a,b")], Err(NotBearer)),
            (&[("authorization", "Bearer a, Basic eDp5")], Err(NotBearer)),
            (&[("authorization", "Basic eDp5")], Err(NotBearer)),
            (&[("authorization", "Bearer")], Err(NotBearer)),
            (&[("authorization", "Bearer ")], Err(NotBearer)),
            (&[("authorization", "")], Err(NotBearer)),
            (&[("authorization", "Bearer a b")], Err(Character)),
            (&[("authorization", "Bearer \"a\"")], Err(Character)),
            (&[("authorization", "Bearera.b.c")], Err(NotBearer)),
            (&[("cookie", "authorization=Bearer a")], Ok(None)),
        ] {
            assert_eq!(
                read(&sources, headers),
                expected.map(|token| token.map(str::to_owned)),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_token_is_made_of_the_characters_of_the_rfc() {
        for b in 0..=127_u8 {
            let rfc = b.is_ascii_alphanumeric() || b"-._~+/".contains(&b);
            assert_eq!(is_token(std::str::from_utf8(&[b]).unwrap()), rfc, "{b}");
            assert_eq!(is_token(&format!("{}{}c=", "a".repeat(40), char::from(b))), rfc, "{b}");
        }
        for (text, expected) in [("a==", true), ("=", false), ("", false), ("a=b", false), ("é", false)] {
            assert_eq!(is_token(text), expected, "{text}");
        }
    }

    #[test]
    fn other_sources_are_read_only_where_named() {
        let sources = [
            CredentialSource::Authorization,
            CredentialSource::Header(HeaderName::from_static("x-token")),
            CredentialSource::Cookie("session".into()),
            CredentialSource::WebSocketSubprotocol,
        ];
        for (headers, expected) in [
            (&[("x-token", "a.b.c")] as &[(&str, &str)], Ok(Some("a.b.c"))),
            (&[("cookie", "a=b; session=a.b.c")], Ok(Some("a.b.c"))),
            (&[("cookie", "session=a"), ("authorization", "Bearer b")], Err(CredentialError::Conflicting)),
            (&[("cookie", "session=a; session=b")], Err(CredentialError::Conflicting)),
            (&[("x-token", "a,b")], Err(CredentialError::Conflicting)),
            (
                &[(
                    "sec-websocket-protocol",
                    "base64url.bearer.authorization.k8s.io.YS5iLmM, base64.binary.k8s.io",
                )],
                Ok(Some("a.b.c")),
            ),
            (
                &[("sec-websocket-protocol", "base64url.bearer.authorization.k8s.io.Y")],
                Err(CredentialError::Subprotocol),
            ),
        ] {
            assert_eq!(
                read(&sources, headers),
                expected.map(|token| token.map(str::to_owned)),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", Credential::Bearer(Cow::Borrowed("planted"))).contains("planted"));
    }
}
