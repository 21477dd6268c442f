use std::fmt;

use claimgate_json::{Json, Object};

use crate::algorithm::{Algorithm, Curve};
use crate::public_key::PublicKey;
use crate::{Secret, VerificationKey, base64url};

/// The name under which an issuer publishes a key (`kid`): unique per issuer at best, never beyond.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyId(Box<str>);

impl KeyId {
    /// The key ID of this text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a key cannot verify signatures here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// The JWK is not a JSON object.
    #[error("a key is not a JSON object")]
    NotAnObject,
    /// A member that the type of key needs is not there.
    #[error("the member `{0}` is missing")]
    Missing(&'static str),
    /// A member has the wrong type, or is not canonical base64url.
    #[error("the member `{0}` is not what it must be")]
    Invalid(&'static str),
    /// A `kty` other than `RSA`, `EC`, `OKP` and, where secrets are expected, `oct`.
    #[error("the type of key is not supported")]
    UnknownKeyType,
    /// A curve other than P-256, P-384, P-521 and Ed25519.
    #[error("the curve is not supported")]
    UnsupportedCurve,
    /// `use` or `key_ops` say that the key does not verify signatures.
    #[error("the key is not for signatures")]
    NotForSignatures,
    /// An `alg` that is no signature algorithm of Claimgate.
    #[error("the key's algorithm is not supported")]
    UnsupportedAlgorithm,
    /// An `alg` that another type of key is for.
    #[error("the key's algorithm is for another type of key")]
    AlgorithmMismatch,
    /// An RSA key below 2048 bits, or a secret shorter than its hash.
    #[error("the key is too small")]
    TooSmall,
    /// An RSA key above 8192 bits.
    #[error("the key is too large")]
    TooLarge,
    /// Numbers that are no key: a point off the curve, an even modulus.
    #[error("the numbers of the key are not a valid key")]
    InvalidKey,
    /// A secret where only public keys belong.
    #[error("a shared secret is not a public key")]
    SharedSecret,
    /// The same key stands in the set already.
    #[error("the key is a repetition")]
    Repeated,
}

/// What may stand where a JWK is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    /// Public keys: the keys of an issuer.
    Public,
    /// Public keys and secrets: a static key set of the configuration.
    PublicAndSecret,
}

impl VerificationKey {
    /// The key of a JWK (RFC 7517, RFC 7518 §6, RFC 8037 §2). Members of a private key are ignored.
    ///
    /// # Errors
    /// [`KeyError`] if the JWK is not a public key for signatures that Claimgate knows.
    pub fn from_jwk(jwk: &Json) -> Result<Self, KeyError> {
        from_jwk(jwk, Accept::Public)
    }
}

pub(crate) fn from_jwk(jwk: &Json, accept: Accept) -> Result<VerificationKey, KeyError> {
    let jwk = jwk.as_object().ok_or(KeyError::NotAnObject)?;
    let id = text(jwk, "kid")?.map(KeyId::new);
    check_purpose(jwk)?;
    let kty = text(jwk, "kty")?.ok_or(KeyError::Missing("kty"))?;
    let is_secret = kty == "oct";
    if is_secret && accept == Accept::Public {
        return Err(KeyError::SharedSecret);
    }
    if is_secret {
        return VerificationKey::from_secret(&Secret::new(bytes(jwk, "k")?), id, declared(jwk)?);
    }
    let key = public_key(kty, jwk)?;
    let declared = declared(jwk)?;
    let mut key = VerificationKey::from_public(&key, id, declared)?;
    key.has_private_members = jwk.contains("d");
    Ok(key)
}

/// The numbers of a public key.
pub(crate) fn public_key(kty: &str, jwk: &Object) -> Result<PublicKey, KeyError> {
    match kty {
        "RSA" => PublicKey::rsa(&bytes(jwk, "n")?, &bytes(jwk, "e")?),
        "EC" => {
            let curve = text(jwk, "crv")?.ok_or(KeyError::Missing("crv"))?;
            let curve = Curve::from_name(curve).ok_or(KeyError::UnsupportedCurve)?;
            PublicKey::ec(curve, &bytes(jwk, "x")?, &bytes(jwk, "y")?)
        }
        "OKP" => match text(jwk, "crv")?.ok_or(KeyError::Missing("crv"))? {
            "Ed25519" => PublicKey::ed25519(&bytes(jwk, "x")?),
            _ => Err(KeyError::UnsupportedCurve),
        },
        _ => Err(KeyError::UnknownKeyType),
    }
}

/// `alg` (RFC 7517 §4.4).
fn declared(jwk: &Object) -> Result<Option<Algorithm>, KeyError> {
    let name = text(jwk, "alg")?;
    name.map(|name| Algorithm::from_name(name).ok_or(KeyError::UnsupportedAlgorithm)).transpose()
}

/// `use` and `key_ops` (RFC 7517 §4.2, §4.3).
fn check_purpose(jwk: &Object) -> Result<(), KeyError> {
    if text(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(KeyError::NotForSignatures);
    }
    let Some(operations) = jwk.get("key_ops") else { return Ok(()) };
    let operations = operations.as_array().ok_or(KeyError::Invalid("key_ops"))?;
    if operations.iter().any(|operation| operation.as_str().is_none()) {
        return Err(KeyError::Invalid("key_ops"));
    }
    let verifies = operations.iter().any(|operation| operation.as_str() == Some("verify"));
    if verifies { Ok(()) } else { Err(KeyError::NotForSignatures) }
}

/// The text of the member `name`, if it is there.
pub(crate) fn text<'a>(jwk: &'a Object, name: &'static str) -> Result<Option<&'a str>, KeyError> {
    match jwk.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(KeyError::Invalid(name)),
    }
}

/// The bytes of the member `name`.
pub(crate) fn bytes(jwk: &Object, name: &'static str) -> Result<Vec<u8>, KeyError> {
    let text = text(jwk, name)?.ok_or(KeyError::Missing(name))?;
    base64url::decode(text).map_err(|_| KeyError::Invalid(name))
}

#[cfg(test)]
mod tests;
