use claimgate_fetch::{AddressError, FetchUrl};
use claimgate_json::{Json, Limits, ParseError, parse};

/// Why a discovery document is not acceptable.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// Not strict JSON.
    #[error("the discovery document is not valid JSON")]
    Json(#[source] ParseError),
    /// No text `issuer`.
    #[error("the discovery document names no `issuer`")]
    NoIssuer,
    /// Another issuer (`OpenID` Connect Discovery 1.0 §4.3).
    #[error("the discovery document is of the issuer `{found}`, expected `{expected}`")]
    WrongIssuer {
        /// The issuer of the configuration.
        expected: String,
        /// What the document says, shortened.
        found: String,
    },
    /// No text `jwks_uri`.
    #[error("the discovery document names no `jwks_uri`")]
    NoKeySet,
    /// A `jwks_uri` that may not be called.
    #[error("the `jwks_uri` of the discovery document cannot be called")]
    KeySetAddress(#[source] AddressError),
}

/// Reads the address of the key set from the discovery document that was found at `document`.
///
/// The issuer must be spelled exactly as configured, or as one of the aliases. The address of the keys
/// may not be weaker than the one of the document: a document that came over https cannot send us to
/// plain http.
pub(crate) fn key_set_address(
    body: &[u8],
    document: &FetchUrl,
    issuer: &str,
    aliases: &[String],
) -> Result<FetchUrl, DiscoveryError> {
    let metadata = parse(body, Limits::default()).map_err(DiscoveryError::Json)?;
    let found = metadata.get("issuer").and_then(Json::as_str).ok_or(DiscoveryError::NoIssuer)?;
    if found != issuer && !aliases.iter().any(|alias| alias == found) {
        let found = found.chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(DiscoveryError::WrongIssuer { expected: issuer.to_owned(), found });
    }
    let keys = metadata.get("jwks_uri").and_then(Json::as_str).ok_or(DiscoveryError::NoKeySet)?;
    FetchUrl::parse(keys, document.plain_http()).map_err(DiscoveryError::KeySetAddress)
}

#[cfg(test)]
mod tests {
    use claimgate_fetch::PlainHttp;

    use super::*;

    #[test]
    fn the_issuer_is_exact_and_the_keys_are_no_weaker_than_the_document() {
        let document =
            FetchUrl::parse("https://a.example/.well-known/openid-configuration", PlainHttp::Never).unwrap();
        let read = |text: &str| {
            let address =
                key_set_address(text.as_bytes(), &document, "https://a.example", &["a.example".to_owned()]);
            address.map(|address| address.as_str().to_owned()).map_err(|error| error.to_string())
        };
        let good = Ok("https://keys.example/k".to_owned());
        assert_eq!(read(r#"{"issuer":"https://a.example","jwks_uri":"https://keys.example/k"}"#), good);
        assert_eq!(read(r#"{"issuer":"a.example","jwks_uri":"https://keys.example/k"}"#), good);
        for bad in [
            r#"{"issuer":"https://a.example/","jwks_uri":"https://keys.example/k"}"#,
            r#"{"issuer":"https://A.example","jwks_uri":"https://keys.example/k"}"#,
            r#"{"issuer":["https://a.example"],"jwks_uri":"https://keys.example/k"}"#,
            r#"{"issuer":"https://b.example","issuer":"https://a.example","jwks_uri":"https://a.example/k"}"#,
            r#"{"jwks_uri":"https://keys.example/k"}"#,
            r#"{"issuer":"https://a.example"}"#,
            r#"{"issuer":"https://a.example","jwks_uri":"http://127.0.0.1/k"}"#,
            r#"{"issuer":"https://a.example","jwks_uri":"file:///etc/passwd"}"#,
            r#"{"issuer":"https://a.example","jwks_uri":"/k"}"#,
            "<html></html>",
            "",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
