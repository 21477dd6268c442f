use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair, RsaSignatureEncoding,
};
use aws_lc_rs::{hmac, rsa};
use claimgate_json::{Json, Object};
use zeroize::Zeroizing;

use crate::algorithm::{Algorithm, Curve, KeyType};
use crate::jwk::{bytes, public_key, text};
use crate::public_key::PublicKey;
use crate::{KeyError, KeyId, Secret, VerificationKey, base64url, pem, random_bytes};

/// The most blocks of a PEM document with a private key: the key, and a chain of certificates.
const MAX_PEM_BLOCKS: usize = 16;

/// A key that signs, for one algorithm, under a key ID.
pub struct SigningKey {
    algorithm: Algorithm,
    id: KeyId,
    signer: Signer,
}

enum Signer {
    Rsa(RsaKeyPair, PublicKey),
    Ec(EcdsaKeyPair, PublicKey),
    Ed25519(Ed25519KeyPair, PublicKey),
    Hmac(Box<hmac::Key>, Secret<Vec<u8>>),
}

/// Why there is no signing key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// aws-lc could not make a key, which means that there is no randomness or no memory.
    #[error("the key could not be generated")]
    Generation,
    /// The document is no private key for the algorithm.
    #[error("not a private key for this algorithm")]
    Rejected,
    /// The JWK's own members are wrong.
    #[error("the key is unusable")]
    Key(#[from] KeyError),
}

/// aws-lc could not sign, which means that there is no randomness or no memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the text could not be signed")]
pub struct SignError;

impl SigningKey {
    /// A new key; RSA keys have 2048 bits. The key ID is the key's thumbprint, for HMAC a random text.
    ///
    /// # Errors
    /// [`SigningKeyError::Generation`]
    pub fn generate(algorithm: Algorithm) -> Result<Self, SigningKeyError> {
        let failed = |_| SigningKeyError::Generation;
        let signer = match algorithm.key_type() {
            KeyType::Rsa => Signer::rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?)?,
            KeyType::Ec(curve) => Signer::ec(curve, EcdsaKeyPair::generate(ecdsa(curve)).map_err(failed)?)?,
            KeyType::Ed25519 => Signer::ed25519(Ed25519KeyPair::generate().map_err(failed)?)?,
            KeyType::Oct => {
                let secret = random_bytes::<64>().map_err(|_| SigningKeyError::Generation)?;
                Signer::hmac(algorithm, &Zeroizing::new(secret)[..])?
            }
        };
        Self::new(algorithm, None, signer)
    }

    /// The key of a PKCS#8 document in DER (RFC 5208).
    ///
    /// # Errors
    /// [`SigningKeyError::Rejected`] if it is none for `algorithm`.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, SigningKeyError> {
        let rejected = |_| SigningKeyError::Rejected;
        let signer = match algorithm.key_type() {
            KeyType::Rsa => Signer::rsa(RsaKeyPair::from_pkcs8(der).map_err(rejected)?)?,
            KeyType::Ec(curve) => {
                Signer::ec(curve, EcdsaKeyPair::from_pkcs8(ecdsa(curve), der).map_err(rejected)?)?
            }
            KeyType::Ed25519 => Signer::ed25519(Ed25519KeyPair::from_pkcs8(der).map_err(rejected)?)?,
            KeyType::Oct => return Err(SigningKeyError::Rejected),
        };
        Self::new(algorithm, None, signer)
    }

    /// The key of the one block `PRIVATE KEY` of a PEM document.
    ///
    /// # Errors
    /// [`SigningKeyError::Rejected`] if there is not exactly one, or not for `algorithm`.
    pub fn from_pem(algorithm: Algorithm, document: &Secret<String>) -> Result<Self, SigningKeyError> {
        let blocks = pem::blocks(document.expose(), MAX_PEM_BLOCKS).map_err(|_| SigningKeyError::Rejected)?;
        let ders = blocks.into_iter().map(|block| (block.label, Zeroizing::new(block.der)));
        let mut keys = ders.filter(|(label, _)| *label == "PRIVATE KEY");
        match (keys.next(), keys.next()) {
            (Some((_, der)), None) => Self::from_pkcs8(algorithm, &der),
            _ => Err(SigningKeyError::Rejected),
        }
    }

    /// The key of a private JWK (RFC 7518 §6). An RSA key must have all its numbers.
    ///
    /// # Errors
    /// [`SigningKeyError`] if it is none for `algorithm`.
    pub fn from_jwk(algorithm: Algorithm, jwk: &Json) -> Result<Self, SigningKeyError> {
        let jwk = jwk.as_object().ok_or(KeyError::NotAnObject)?;
        let declared = text(jwk, "alg")?.map(Algorithm::from_name);
        if declared.is_some_and(|declared| declared != Some(algorithm)) {
            return Err(KeyError::AlgorithmMismatch.into());
        }
        let kty = text(jwk, "kty")?.ok_or(KeyError::Missing("kty"))?;
        let signer = match algorithm.key_type() {
            KeyType::Oct if kty == "oct" => Signer::hmac(algorithm, &Zeroizing::new(bytes(jwk, "k")?))?,
            KeyType::Oct => return Err(SigningKeyError::Rejected),
            key_type => {
                let public = public_key(kty, jwk)?;
                if public.key_type() != key_type {
                    return Err(SigningKeyError::Rejected);
                }
                Signer::from_private_jwk(&public, jwk)?
            }
        };
        Self::new(algorithm, text(jwk, "kid")?.map(KeyId::new), signer)
    }

    /// The same key under another key ID.
    #[must_use]
    pub fn with_id(self, id: KeyId) -> Self {
        Self { id, ..self }
    }

    /// The algorithm of every signature of this key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key ID: the SHA-256 thumbprint of RFC 7638 unless told otherwise.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// Signs `text`.
    ///
    /// # Errors
    /// [`SignError`]
    pub fn sign(&self, text: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.signer {
            Signer::Rsa(key, _) => {
                let encoding = rsa_encoding(self.algorithm).ok_or(SignError)?;
                let mut out = vec![0; key.public_modulus_len()];
                key.sign(encoding, &SystemRandom::new(), text, &mut out).map_err(|_| SignError)?;
                Ok(out)
            }
            Signer::Ec(key, _) => {
                let signature = key.sign(&SystemRandom::new(), text).map_err(|_| SignError)?;
                Ok(signature.as_ref().to_vec())
            }
            Signer::Ed25519(key, _) => Ok(key.try_sign(text).map_err(|_| SignError)?.as_ref().to_vec()),
            Signer::Hmac(key, _) => Ok(hmac::sign(key, text).as_ref().to_vec()),
        }
    }

    /// The JWS of this header and payload in compact serialisation (RFC 7515 §7.1). The header is
    /// taken as it is: whether it names this key and its algorithm is the caller's business.
    ///
    /// # Errors
    /// [`SignError`]
    pub fn sign_compact(&self, header: &Object, payload: &[u8]) -> Result<String, SignError> {
        let mut token = base64url::encode(header.to_string());
        token.push('.');
        base64url::encode_into(payload, &mut token);
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        base64url::encode_into(&signature, &mut token);
        Ok(token)
    }

    /// The JWT of these claims, with `alg`, `kid` and this `typ` in its header.
    ///
    /// # Errors
    /// [`SignError`]
    pub fn sign_jwt(&self, typ: &str, claims: &Object) -> Result<String, SignError> {
        let header =
            Object::from_iter([("alg", self.algorithm.name()), ("kid", self.id.as_str()), ("typ", typ)]);
        self.sign_compact(&header, claims.to_string().as_bytes())
    }

    /// The public key as a JWK with `kid`, `alg` and `use`; `None` for HMAC, which has none.
    pub fn public_jwk(&self) -> Option<Object> {
        let mut jwk = self.signer.public()?.jwk();
        jwk.insert("alg", self.algorithm.name());
        jwk.insert("kid", self.id.as_str());
        jwk.insert("use", "sig");
        Some(jwk)
    }

    /// The key that verifies what this one signs.
    ///
    /// # Errors
    /// [`KeyError`] never for a key that was made here.
    pub fn verification_key(&self) -> Result<VerificationKey, KeyError> {
        let (id, algorithm) = (Some(self.id.clone()), Some(self.algorithm));
        match (&self.signer, self.signer.public()) {
            (Signer::Hmac(_, secret), _) => VerificationKey::from_secret(secret, id, algorithm),
            (_, Some(public)) => VerificationKey::from_public(public, id, algorithm),
            (_, None) => Err(KeyError::InvalidKey),
        }
    }

    /// The private key as PKCS#8 in DER; `None` for HMAC.
    pub fn to_pkcs8(&self) -> Option<Secret<Vec<u8>>> {
        let der = match &self.signer {
            Signer::Rsa(key, _) => AsDer::<Pkcs8V1Der>::as_der(key).ok()?.as_ref().to_vec(),
            Signer::Ec(key, _) => key.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Signer::Ed25519(key, _) => key.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Signer::Hmac(..) => return None,
        };
        Some(Secret::new(der))
    }

    fn new(algorithm: Algorithm, id: Option<KeyId>, signer: Signer) -> Result<Self, SigningKeyError> {
        let id = match (id, signer.public()) {
            (Some(id), _) => id,
            (None, Some(public)) => KeyId::new(public.thumbprint()),
            // A hash of the secret would let it be guessed offline.
            (None, None) => {
                let random = random_bytes::<16>().map_err(|_| SigningKeyError::Generation)?;
                KeyId::new(base64url::encode(random))
            }
        };
        Ok(Self { algorithm, id, signer })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Signer {
    fn rsa(key: RsaKeyPair) -> Result<Self, SigningKeyError> {
        let public = PublicKey::from_pkcs1(key.public_key().as_ref())?;
        Ok(Self::Rsa(key, public))
    }

    fn ec(curve: Curve, key: EcdsaKeyPair) -> Result<Self, SigningKeyError> {
        let public = PublicKey::from_point(curve, key.public_key().as_ref())?;
        Ok(Self::Ec(key, public))
    }

    fn ed25519(key: Ed25519KeyPair) -> Result<Self, SigningKeyError> {
        let public = PublicKey::ed25519(key.public_key().as_ref())?;
        Ok(Self::Ed25519(key, public))
    }

    fn hmac(algorithm: Algorithm, secret: &[u8]) -> Result<Self, SigningKeyError> {
        let hash = match algorithm {
            Algorithm::Hs256 => hmac::HMAC_SHA256,
            Algorithm::Hs384 => hmac::HMAC_SHA384,
            Algorithm::Hs512 => hmac::HMAC_SHA512,
            _ => return Err(SigningKeyError::Rejected),
        };
        if secret.len() < hash.tag_len() {
            return Err(KeyError::TooSmall.into());
        }
        let key = Box::new(hmac::Key::new(hash, secret));
        Ok(Self::Hmac(key, Secret::new(secret.to_vec())))
    }

    fn from_private_jwk(public: &PublicKey, jwk: &Object) -> Result<Self, SigningKeyError> {
        let private = |name| bytes(jwk, name).map(Zeroizing::new);
        let rejected = |_| SigningKeyError::Rejected;
        match public {
            PublicKey::Rsa { modulus, exponent } => {
                let (d, p, q) = (private("d")?, private("p")?, private("q")?);
                let (first, second, coefficient) = (private("dp")?, private("dq")?, private("qi")?);
                let components = rsa::KeyPairComponents {
                    public_key: rsa::PublicKeyComponents { n: &modulus[..], e: &exponent[..] },
                    d: &d[..],
                    p: &p[..],
                    q: &q[..],
                    dP: &first[..],
                    dQ: &second[..],
                    qInv: &coefficient[..],
                };
                Self::rsa(RsaKeyPair::from_components(&components).map_err(rejected)?)
            }
            PublicKey::Ec { curve, point } => {
                let key = EcdsaKeyPair::from_private_key_and_public_key(ecdsa(*curve), &private("d")?, point);
                Self::ec(*curve, key.map_err(rejected)?)
            }
            PublicKey::Ed25519(point) => {
                let key = Ed25519KeyPair::from_seed_and_public_key(&private("d")?, point);
                Self::ed25519(key.map_err(rejected)?)
            }
        }
    }

    fn public(&self) -> Option<&PublicKey> {
        match self {
            Self::Rsa(_, public) | Self::Ec(_, public) | Self::Ed25519(_, public) => Some(public),
            Self::Hmac(..) => None,
        }
    }
}

fn ecdsa(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        Curve::P521 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn rsa_encoding(algorithm: Algorithm) -> Option<&'static RsaSignatureEncoding> {
    match algorithm {
        Algorithm::Rs256 => Some(&signature::RSA_PKCS1_SHA256),
        Algorithm::Rs384 => Some(&signature::RSA_PKCS1_SHA384),
        Algorithm::Rs512 => Some(&signature::RSA_PKCS1_SHA512),
        Algorithm::Ps256 => Some(&signature::RSA_PSS_SHA256),
        Algorithm::Ps384 => Some(&signature::RSA_PSS_SHA384),
        Algorithm::Ps512 => Some(&signature::RSA_PSS_SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
