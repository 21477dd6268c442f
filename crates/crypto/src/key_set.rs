use claimgate_json::{Limits, ParseError, parse};

use crate::jwk::{Accept, from_jwk};
use crate::{Algorithm, KeyError, KeyId, VerificationKey};

/// The most keys that one token is tried against.
const MAX_CANDIDATES: usize = 8;

/// Bounds of a JWK Set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeySetLimits {
    /// The largest document, in bytes.
    pub bytes: usize,
    /// The most keys, good or not.
    pub keys: usize,
}

impl Default for KeySetLimits {
    fn default() -> Self {
        Self { bytes: 1024 * 1024, keys: 256 }
    }
}

/// Why a document is no JWK Set. One bad key among others is not a reason.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeySetError {
    /// Larger than [`KeySetLimits::bytes`].
    #[error("the key set is too large")]
    TooLarge,
    /// Not strict JSON.
    #[error("the key set is not valid JSON")]
    Json(#[source] ParseError),
    /// Not an object with a list `keys` (RFC 7517 §5).
    #[error("the document is not a JWK Set: it has no list `keys`")]
    NotAKeySet,
    /// More keys than [`KeySetLimits::keys`].
    #[error("the key set has too many keys")]
    TooManyKeys,
    /// Text around or inside the blocks of a PEM document that does not belong there.
    #[error("the document is not valid PEM")]
    Pem,
}

/// A key that was left out of its set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SkippedKey {
    /// The position in the document, from 0.
    pub index: usize,
    /// The key ID, if it is a text.
    pub id: Option<KeyId>,
    /// Why.
    pub error: KeyError,
}

/// A key that was published together with its private part: whoever reads the set can sign with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrivateMembers {
    /// The position in the document, from 0.
    pub index: usize,
    /// The key ID.
    pub id: Option<KeyId>,
}

/// The keys of one issuer or of one file.
///
/// Key IDs may repeat. RFC 7517 §4.5 allows it for keys of different types, and issuers that rotate
/// under one key ID exist: all keys of a key ID are tried, up to eight.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
    skipped: Vec<SkippedKey>,
    private: Vec<PrivateMembers>,
}

impl KeySet {
    /// Reads the JWK Set of an issuer. Keys that cannot be used are skipped; a set without a usable
    /// key is still a set.
    ///
    /// # Errors
    /// [`KeySetError`] if the document as a whole is unusable.
    pub fn parse(document: &[u8], limits: KeySetLimits) -> Result<Self, KeySetError> {
        Self::read(document, limits, Accept::Public)
    }

    /// Reads a JWK Set that the configuration itself holds or names. Shared secrets (`oct`) are
    /// allowed here and nowhere else.
    ///
    /// # Errors
    /// [`KeySetError`] if the document as a whole is unusable.
    pub fn parse_static(document: &[u8], limits: KeySetLimits) -> Result<Self, KeySetError> {
        Self::read(document, limits, Accept::PublicAndSecret)
    }

    /// The set of these keys; a repetition is left out.
    pub fn from_keys(keys: impl IntoIterator<Item = VerificationKey>) -> Self {
        let mut set = Self::default();
        for (index, key) in keys.into_iter().enumerate() {
            let id = key.id().cloned();
            set.add(index, id, Ok(key));
        }
        set
    }

    /// The keys, in the order of the document.
    pub fn keys(&self) -> &[VerificationKey] {
        &self.keys
    }

    /// The keys that were left out, in the order of the document.
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// The keys that were published with their private part. They verify, and are worth an alarm.
    pub fn private_members(&self) -> &[PrivateMembers] {
        &self.private
    }

    /// Whether there is no usable key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys with which a token of this header may be verified, at most eight.
    ///
    /// With a key ID: the keys of that key ID; if there are none, the keys that have no key ID. Without
    /// one: every key. Only keys for `algorithm`.
    pub fn candidates<'a>(
        &'a self,
        id: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a VerificationKey> {
        let named = id.is_some_and(|id| self.has_key_id(id));
        let of_this_id = move |key: &&VerificationKey| match (id, key.id()) {
            (None, _) => true,
            (Some(id), Some(key_id)) => named && key_id.as_str() == id,
            (Some(_), None) => !named,
        };
        let keys = self.keys.iter().filter(of_this_id);
        keys.filter(move |key| key.supports(algorithm)).take(MAX_CANDIDATES)
    }

    /// Whether a usable key has this key ID.
    pub fn has_key_id(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id().is_some_and(|key_id| key_id.as_str() == id))
    }

    fn read(document: &[u8], limits: KeySetLimits, accept: Accept) -> Result<Self, KeySetError> {
        if document.len() > limits.bytes {
            return Err(KeySetError::TooLarge);
        }
        let document = parse(document, Limits::default()).map_err(KeySetError::Json)?;
        let keys = document.get("keys").and_then(|keys| keys.as_array()).ok_or(KeySetError::NotAKeySet)?;
        if keys.len() > limits.keys {
            return Err(KeySetError::TooManyKeys);
        }
        let mut set = Self::default();
        for (index, jwk) in keys.iter().enumerate() {
            let id = jwk.get("kid").and_then(|id| id.as_str()).map(KeyId::new);
            set.add(index, id, from_jwk(jwk, accept));
        }
        Ok(set)
    }

    pub(crate) fn add(&mut self, index: usize, id: Option<KeyId>, key: Result<VerificationKey, KeyError>) {
        let key = match key {
            Ok(key) if self.repeats(&key) => Err(KeyError::Repeated),
            other => other,
        };
        match key {
            Ok(key) => {
                if key.has_private_members {
                    self.private.push(PrivateMembers { index, id });
                }
                self.keys.push(key);
            }
            Err(error) => self.skipped.push(SkippedKey { index, id, error }),
        }
    }

    /// Whether a key of the same numbers, key ID and algorithm is there already.
    fn repeats(&self, key: &VerificationKey) -> bool {
        key.thumbprint().is_some()
            && self.keys.iter().any(|known| {
                known.thumbprint() == key.thumbprint()
                    && known.id() == key.id()
                    && known.declared_algorithm() == key.declared_algorithm()
            })
    }
}

#[cfg(test)]
mod tests;
