use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};

use crate::algorithm::{Algorithm, Curve, KeyType};
use crate::public_key::PublicKey;
use crate::{KeyError, KeyId, Secret};

/// A key that verifies signatures: parsed and checked once, shared by all requests.
pub struct VerificationKey {
    id: Option<KeyId>,
    /// The one algorithm that the key's publisher declared, if it did.
    declared: Option<Algorithm>,
    verifier: Verifier,
    /// None for a secret: its hash would let it be guessed offline.
    thumbprint: Option<Box<str>>,
    /// Whether the JWK held members of a private key.
    pub(crate) has_private_members: bool,
}

enum Verifier {
    Rsa(Box<RsaVerifier>),
    Ec(Curve, ParsedPublicKey),
    Ed25519(ParsedPublicKey),
    Hmac(Box<HmacVerifier>),
}

/// A signature that was not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VerifyError {
    /// The key does not verify this algorithm: another type of key, or another algorithm declared.
    #[error("the key is not for this algorithm")]
    WrongAlgorithm,
    /// The signature does not fit the text and the key.
    #[error("the signature does not verify")]
    BadSignature,
}

impl VerificationKey {
    pub(crate) fn from_public(
        key: &PublicKey,
        id: Option<KeyId>,
        declared: Option<Algorithm>,
    ) -> Result<Self, KeyError> {
        if declared.is_some_and(|algorithm| algorithm.key_type() != key.key_type()) {
            return Err(KeyError::AlgorithmMismatch);
        }
        let verifier = match key {
            PublicKey::Rsa { modulus, exponent } => {
                let first = declared.unwrap_or(Algorithm::Rs256);
                let rsa = RsaVerifier::new(modulus.clone(), exponent.clone(), first)?;
                Verifier::Rsa(Box::new(rsa))
            }
            PublicKey::Ec { curve, point } => {
                let algorithm = match curve {
                    Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED,
                    Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED,
                    Curve::P521 => &signature::ECDSA_P521_SHA512_FIXED,
                };
                // Refuses a point that is not on the curve.
                let parsed = ParsedPublicKey::new(algorithm, point).map_err(|_| KeyError::InvalidKey)?;
                Verifier::Ec(*curve, parsed)
            }
            PublicKey::Ed25519(point) => Verifier::Ed25519(
                ParsedPublicKey::new(&signature::ED25519, point).map_err(|_| KeyError::InvalidKey)?,
            ),
        };
        let thumbprint = Some(key.thumbprint().into());
        Ok(Self { id, declared, verifier, thumbprint, has_private_members: false })
    }

    /// The key of a secret that the gate and the issuer both hold, for one HMAC algorithm or, without
    /// one, for every HMAC algorithm that the secret is long enough for.
    ///
    /// Only an explicit configuration may lead here: a published key set never does.
    ///
    /// # Errors
    /// [`KeyError::TooSmall`] below the length of the hash (RFC 7518 §3.2), 32 bytes at least;
    /// [`KeyError::AlgorithmMismatch`] for an algorithm that is not HMAC.
    pub fn from_secret(
        secret: &Secret<Vec<u8>>,
        id: Option<KeyId>,
        declared: Option<Algorithm>,
    ) -> Result<Self, KeyError> {
        if declared.is_some_and(|algorithm| !algorithm.is_symmetric()) {
            return Err(KeyError::AlgorithmMismatch);
        }
        let hmac = HmacVerifier::new(secret.expose());
        if hmac.key(declared.unwrap_or(Algorithm::Hs256)).is_none() {
            return Err(KeyError::TooSmall);
        }
        let verifier = Verifier::Hmac(Box::new(hmac));
        Ok(Self { id, declared, verifier, thumbprint: None, has_private_members: false })
    }

    /// The key ID under which the key was published.
    pub fn id(&self) -> Option<&KeyId> {
        self.id.as_ref()
    }

    /// The type of the key.
    pub fn key_type(&self) -> KeyType {
        match &self.verifier {
            Verifier::Rsa(_) => KeyType::Rsa,
            Verifier::Ec(curve, _) => KeyType::Ec(*curve),
            Verifier::Ed25519(_) => KeyType::Ed25519,
            Verifier::Hmac(_) => KeyType::Oct,
        }
    }

    /// The SHA-256 thumbprint of RFC 7638 in base64url; `None` for a secret.
    pub fn thumbprint(&self) -> Option<&str> {
        self.thumbprint.as_deref()
    }

    /// The algorithm that the publisher declared for the key (`alg`).
    pub fn declared_algorithm(&self) -> Option<Algorithm> {
        self.declared
    }

    /// Whether the key verifies signatures of `algorithm`.
    pub fn supports(&self, algorithm: Algorithm) -> bool {
        let declared = self.declared.is_none_or(|declared| declared == algorithm);
        let long_enough = match &self.verifier {
            Verifier::Hmac(hmac) => hmac.key(algorithm).is_some(),
            _ => true,
        };
        declared && algorithm.key_type() == self.key_type() && long_enough
    }

    /// Verifies `signature`, the bytes of a JWS signature, over `signing_input`.
    ///
    /// ECDSA signatures are `r || s`, each as long as the field (RFC 7518 §3.4); the salt of PSS is as
    /// long as the hash (§3.5); HMAC is compared in constant time.
    ///
    /// # Errors
    /// [`VerifyError`]; nothing about the signature can be learnt from it.
    pub fn verify(
        &self,
        algorithm: Algorithm,
        signing_input: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        if !self.supports(algorithm) {
            return Err(VerifyError::WrongAlgorithm);
        }
        let verified = match &self.verifier {
            Verifier::Rsa(rsa) => {
                let key = rsa.key(algorithm).ok_or(VerifyError::WrongAlgorithm)?;
                key.verify_sig(signing_input, signature)
            }
            Verifier::Ec(_, key) | Verifier::Ed25519(key) => key.verify_sig(signing_input, signature),
            Verifier::Hmac(hmac) => {
                let key = hmac.key(algorithm).ok_or(VerifyError::WrongAlgorithm)?;
                hmac::verify(key, signing_input, signature)
            }
        };
        verified.map_err(|_| VerifyError::BadSignature)
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("id", &self.id)
            .field("key_type", &self.key_type())
            .field("declared", &self.declared)
            .field("thumbprint", &self.thumbprint())
            .finish_non_exhaustive()
    }
}

/// aws-lc ties a parsed key to one algorithm. A key that declares none is nearly always used with one
/// of the six, so each is prepared when it is first asked for.
struct RsaVerifier {
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
    prepared: [OnceLock<Option<ParsedPublicKey>>; 6],
}

impl RsaVerifier {
    fn new(modulus: Box<[u8]>, exponent: Box<[u8]>, first: Algorithm) -> Result<Self, KeyError> {
        let verifier = Self { modulus, exponent, prepared: Default::default() };
        match verifier.key(first) {
            Some(_) => Ok(verifier),
            None => Err(KeyError::InvalidKey),
        }
    }

    fn key(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        let (slot, parameters): (usize, &'static RsaParameters) = match algorithm {
            Algorithm::Rs256 => (0, &signature::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Rs384 => (1, &signature::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::Rs512 => (2, &signature::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::Ps256 => (3, &signature::RSA_PSS_2048_8192_SHA256),
            Algorithm::Ps384 => (4, &signature::RSA_PSS_2048_8192_SHA384),
            Algorithm::Ps512 => (5, &signature::RSA_PSS_2048_8192_SHA512),
            _ => return None,
        };
        let prepare = || {
            let numbers = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
            numbers.to_parsed_public_key(parameters).ok()
        };
        self.prepared.get(slot)?.get_or_init(prepare).as_ref()
    }
}

/// The secret prepared for each hash that it is long enough for.
struct HmacVerifier {
    sha256: Option<hmac::Key>,
    sha384: Option<hmac::Key>,
    sha512: Option<hmac::Key>,
}

impl HmacVerifier {
    fn new(secret: &[u8]) -> Self {
        let key = |algorithm: hmac::Algorithm| {
            (secret.len() >= algorithm.tag_len()).then(|| hmac::Key::new(algorithm, secret))
        };
        Self {
            sha256: key(hmac::HMAC_SHA256),
            sha384: key(hmac::HMAC_SHA384),
            sha512: key(hmac::HMAC_SHA512),
        }
    }

    fn key(&self, algorithm: Algorithm) -> Option<&hmac::Key> {
        match algorithm {
            Algorithm::Hs256 => self.sha256.as_ref(),
            Algorithm::Hs384 => self.sha384.as_ref(),
            Algorithm::Hs512 => self.sha512.as_ref(),
            _ => None,
        }
    }
}
