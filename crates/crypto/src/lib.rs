//! Everything that touches a key: the audit boundary of the gate.
//!
//! Pure: no clock, no files, no sockets. Time is an argument; randomness comes from aws-lc.
//!
//! - [`Algorithm`]: the JWS algorithms and the key type each one binds to.
//! - [`base64url`]: the canonical encoding of every part of a JWS.
//! - [`VerificationKey`], [`KeySet`]: public keys read from a JWK, a JWK Set or PEM.
//! - [`UnverifiedJwt`], [`VerifiedJwt`], [`RegisteredClaims`]: a token before and after its signature.
//! - [`SigningKey`]: private keys.
//! - [`Secret`], [`digest`], [`FingerprintKey`]: secrets, hashes, keyed fingerprints.

mod algorithm;
pub mod base64url;
mod claims;
mod der;
pub mod digest;
mod fingerprint;
mod jwk;
mod jwt;
mod key_set;
mod pem;
mod public_key;
mod random;
mod secret;
mod signing_key;
mod verification_key;

pub use algorithm::{Algorithm, Curve, KeyType, UnknownAlgorithm};
pub use claims::{ClaimError, ClaimProblem, NumericDate, RegisteredClaims};
pub use fingerprint::{Fingerprint, FingerprintKey};
pub use jwk::{KeyError, KeyId};
pub use jwt::{JwtError, JwtLimits, JwtPart, TokenType, UnverifiedJwt, VerifiedJwt};
pub use key_set::{KeySet, KeySetError, KeySetLimits, PrivateMembers, SkippedKey};
pub use random::{RandomError, random_bytes};
pub use secret::Secret;
pub use signing_key::{SignError, SigningKey, SigningKeyError};
pub use verification_key::{VerificationKey, VerifyError};
