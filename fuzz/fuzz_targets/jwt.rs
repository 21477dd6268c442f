//! Any bytes are a token or an error; a token is exactly the bytes that were read, and nobody's.
#![no_main]

use std::sync::LazyLock;

use claimgate_crypto::{
    Algorithm, JwtLimits, RegisteredClaims, SigningKey, UnverifiedJwt, VerificationKey, base64url,
};
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<Vec<VerificationKey>> = LazyLock::new(|| {
    let key = |algorithm| SigningKey::generate(algorithm).unwrap().verification_key().unwrap();
    Algorithm::ALL.into_iter().map(key).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(jwt) = UnverifiedJwt::parse(bytes, JwtLimits::default()) else { return };
    let signature = base64url::encode(jwt.signature());
    assert_eq!([jwt.signing_input(), b".", signature.as_bytes()].concat(), bytes);
    let _ = RegisteredClaims::parse(jwt.claims());
    assert!(jwt.verify(KEYS.iter()).is_err());
});
