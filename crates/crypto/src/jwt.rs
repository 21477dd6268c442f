use std::fmt;

use claimgate_json::{Json, Limits, Object, ParseError, parse};

use crate::{Algorithm, KeyId, VerificationKey, VerifyError, base64url};

/// Bounds of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JwtLimits {
    /// The longest token, in bytes. Checked before anything else is looked at.
    pub bytes: usize,
    /// The deepest nest of lists and objects in header and claims.
    pub depth: usize,
}

impl Default for JwtLimits {
    fn default() -> Self {
        Self { bytes: 16 * 1024, depth: 32 }
    }
}

/// A part of the compact serialisation (RFC 7515 §7.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JwtPart {
    /// The first part.
    Header,
    /// The second part: the claims.
    Payload,
    /// The third part.
    Signature,
}

impl fmt::Display for JwtPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a text is not a token that could be verified.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JwtError {
    /// Longer than [`JwtLimits::bytes`].
    #[error("the token is too long")]
    TooLarge,
    /// Not three parts with dots between them.
    #[error("the token is not a JWS in compact serialisation")]
    NotCompact,
    /// Five parts: a JWE (RFC 7516 §9).
    #[error("the token is encrypted")]
    Encrypted,
    /// A part of no length.
    #[error("the token's {0} is empty")]
    Empty(JwtPart),
    /// A part that is not canonical base64url without padding.
    #[error("the token's {0} is not canonical base64url")]
    Base64(JwtPart),
    /// A part that is not strict JSON.
    #[error("the token's {part} is not valid JSON")]
    Json {
        /// Header or payload.
        part: JwtPart,
        /// The cause; its offset counts decoded bytes.
        #[source]
        source: ParseError,
    },
    /// Header or payload is JSON, but no object.
    #[error("the token's {0} is not a JSON object")]
    NotAnObject(JwtPart),
    /// No `alg` in the header (RFC 7515 §4.1.1).
    #[error("the token's header has no `alg`")]
    MissingAlgorithm,
    /// A header parameter of the wrong type.
    #[error("the header parameter `{0}` is not a text")]
    InvalidParameter(&'static str),
    /// The algorithm `none`.
    #[error("the token is not signed")]
    Unsigned,
    /// An algorithm that Claimgate does not know.
    #[error("the token's algorithm is not supported")]
    UnsupportedAlgorithm,
    /// `crit` or `b64` in the header. No extension is understood here, so RFC 7515 §4.1.11 makes the
    /// token invalid; RFC 7797 §7 keeps `b64` out of a JWT.
    #[error("the token's header asks for an extension: `{0}`")]
    Extension(&'static str),
}

/// The kind of a token (`typ`), as a media type in lower case. `application/` is dropped in front of a
/// subtype, as RFC 7515 §4.1.9 says that both forms are one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TokenType(Box<str>);

impl TokenType {
    /// The type that a `typ` of this text names.
    pub fn new(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let short = lower.strip_prefix("application/").filter(|rest| !rest.contains('/'));
        Self(short.unwrap_or(&lower).into())
    }

    /// The media type, such as `jwt` or `at+jwt`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token as it came in: well formed, and nothing else is known about it.
///
/// What it says about itself chooses the issuer and the key, nothing more. Only [`UnverifiedJwt::verify`]
/// turns it into a [`VerifiedJwt`]. `jku`, `jwk`, `x5u` and `x5c` are never looked at: a token does not
/// bring its own key.
pub struct UnverifiedJwt<'t> {
    signing_input: &'t [u8],
    signature: Vec<u8>,
    header: Header,
    claims: Object,
}

struct Header {
    algorithm: Algorithm,
    key_id: Option<KeyId>,
    token_type: Option<TokenType>,
}

impl<'t> UnverifiedJwt<'t> {
    /// Reads a JWT in compact serialisation (RFC 7519 §7.2), strictly: three parts that are not empty,
    /// in canonical base64url, header and payload strict JSON objects.
    ///
    /// # Errors
    /// [`JwtError`]; never a part of the token.
    pub fn parse(token: &'t [u8], limits: JwtLimits) -> Result<Self, JwtError> {
        if token.len() > limits.bytes {
            return Err(JwtError::TooLarge);
        }
        let (header, payload, signature) = split(token)?;
        if header.is_empty() {
            return Err(JwtError::Empty(JwtPart::Header));
        }
        let header = Header::read(&object(header, JwtPart::Header, limits)?)?;
        for (part, name) in [(payload, JwtPart::Payload), (signature, JwtPart::Signature)] {
            if part.is_empty() {
                return Err(JwtError::Empty(name));
            }
        }
        let claims = object(payload, JwtPart::Payload, limits)?;
        let signing_input = token.get(..token.len() - signature.len() - 1).unwrap_or_default();
        let signature = decode(signature, JwtPart::Signature)?;
        Ok(Self { signing_input, signature, header, claims })
    }

    /// The algorithm that the header names.
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// The key ID that the header names.
    pub fn key_id(&self) -> Option<&KeyId> {
        self.header.key_id.as_ref()
    }

    /// The kind of token that the header names.
    pub fn token_type(&self) -> Option<&TokenType> {
        self.header.token_type.as_ref()
    }

    /// The claims. Not verified.
    pub fn claims(&self) -> &Object {
        &self.claims
    }

    /// The issuer that the token names, if it names exactly one. Not verified.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.get("iss")?.as_str()
    }

    /// The bytes that the signature is over: header and payload as they came in.
    pub fn signing_input(&self) -> &'t [u8] {
        self.signing_input
    }

    /// The bytes of the signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether `key` made the signature.
    ///
    /// # Errors
    /// [`VerifyError`] if it did not.
    pub fn check_signature(&self, key: &VerificationKey) -> Result<(), VerifyError> {
        key.verify(self.header.algorithm, self.signing_input, &self.signature)
    }

    /// Verifies the signature with the first of `keys` that fits. The caller bounds the keys and has
    /// checked that the issuer may use [`UnverifiedJwt::algorithm`].
    ///
    /// # Errors
    /// [`VerifyError::BadSignature`] if a key for the algorithm was tried, else
    /// [`VerifyError::WrongAlgorithm`].
    pub fn verify<'k>(
        self,
        keys: impl IntoIterator<Item = &'k VerificationKey>,
    ) -> Result<VerifiedJwt, VerifyError> {
        let mut error = VerifyError::WrongAlgorithm;
        for key in keys {
            match self.check_signature(key) {
                Ok(()) => {
                    let verified_by = key.id().cloned();
                    return Ok(VerifiedJwt { header: self.header, claims: self.claims, verified_by });
                }
                Err(VerifyError::BadSignature) => error = VerifyError::BadSignature,
                Err(VerifyError::WrongAlgorithm) => {}
            }
        }
        Err(error)
    }
}

/// Shows the header only: claims are personal data, and a signature is what makes the token usable.
impl fmt::Debug for UnverifiedJwt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.header.debug("UnverifiedJwt", f)
    }
}

/// A token whose signature was made by a key of the issuer. Its claims are the issuer's words; whether
/// they hold now and here (times, audience, kind) is the next question.
pub struct VerifiedJwt {
    header: Header,
    claims: Object,
    verified_by: Option<KeyId>,
}

impl VerifiedJwt {
    /// The algorithm of the signature.
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// The kind of token that the header names.
    pub fn token_type(&self) -> Option<&TokenType> {
        self.header.token_type.as_ref()
    }

    /// The key ID of the key that verified, if it was published with one.
    pub fn verified_by(&self) -> Option<&KeyId> {
        self.verified_by.as_ref()
    }

    /// The claims.
    pub fn claims(&self) -> &Object {
        &self.claims
    }

    /// The claims, taken out.
    pub fn into_claims(self) -> Object {
        self.claims
    }
}

/// Shows the header only: claims are personal data.
impl fmt::Debug for VerifiedJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.header.debug("VerifiedJwt", f)
    }
}

impl Header {
    fn read(header: &Object) -> Result<Self, JwtError> {
        let algorithm = text(header, "alg")?.ok_or(JwtError::MissingAlgorithm)?;
        if algorithm.eq_ignore_ascii_case("none") {
            return Err(JwtError::Unsigned);
        }
        if let Some(extension) = ["crit", "b64"].into_iter().find(|name| header.contains(name)) {
            return Err(JwtError::Extension(extension));
        }
        let key_id = text(header, "kid")?.map(KeyId::new);
        let token_type = text(header, "typ")?.map(TokenType::new);
        let algorithm = Algorithm::from_name(algorithm).ok_or(JwtError::UnsupportedAlgorithm)?;
        Ok(Self { algorithm, key_id, token_type })
    }

    fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .field("token_type", &self.token_type)
            .finish_non_exhaustive()
    }
}

type Parts<'t> = (&'t [u8], &'t [u8], &'t [u8]);

fn split(token: &[u8]) -> Result<Parts<'_>, JwtError> {
    // Six suffice to tell a JWE from anything else, however many dots there are.
    let mut parts = token.splitn(6, |byte| *byte == b'.');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(signature), None, _, _) => Ok((header, payload, signature)),
        (Some(_), Some(_), Some(_), Some(_), Some(_), None) => Err(JwtError::Encrypted),
        _ => Err(JwtError::NotCompact),
    }
}

fn object(text: &[u8], part: JwtPart, limits: JwtLimits) -> Result<Object, JwtError> {
    let bytes = decode(text, part)?;
    let value =
        parse(&bytes, Limits { depth: limits.depth }).map_err(|source| JwtError::Json { part, source })?;
    if let Json::Object(object) = value { Ok(object) } else { Err(JwtError::NotAnObject(part)) }
}

fn decode(text: &[u8], part: JwtPart) -> Result<Vec<u8>, JwtError> {
    base64url::decode(text).map_err(|_| JwtError::Base64(part))
}

fn text<'a>(header: &'a Object, name: &'static str) -> Result<Option<&'a str>, JwtError> {
    match header.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(JwtError::InvalidParameter(name)),
    }
}

#[cfg(test)]
mod tests;
