//! One bit is enough.

use claimgate_crypto::{Algorithm, JwtLimits, SigningKey, UnverifiedJwt};
use claimgate_json::Object;
use proptest::prelude::*;

fn keys() -> &'static [SigningKey] {
    static KEYS: std::sync::OnceLock<Vec<SigningKey>> = std::sync::OnceLock::new();
    KEYS.get_or_init(|| {
        Algorithm::ALL.into_iter().map(|algorithm| SigningKey::generate(algorithm).unwrap()).collect()
    })
}

#[test]
fn no_changed_bit_of_a_signature_verifies() {
    for key in keys() {
        let verification = key.verification_key().unwrap();
        let signature = key.sign(b"text").unwrap();
        // Every bit of the short ones, a spread of the long ones.
        let step = if signature.len() > 150 { 13 } else { 1 };
        for bit in (0..signature.len() * 8).step_by(step) {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(verification.verify(key.algorithm(), b"text", &changed).is_err(), "{key:?} bit {bit}");
        }
        for wrong in [&[][..], &signature[1..], &signature[..signature.len() - 1], &vec![0; signature.len()]]
        {
            assert!(verification.verify(key.algorithm(), b"text", wrong).is_err(), "{key:?}");
        }
        let longer = [&signature[..], &[0]].concat();
        assert!(verification.verify(key.algorithm(), b"text", &longer).is_err(), "{key:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_changed_bit_of_a_token_verifies(
        which in 0..13_usize,
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let key = &keys()[which];
        let claims = Object::from_iter([("iss", "https://issuer.example"), ("sub", "jane")]);
        let mut token = key.sign_jwt("JWT", &claims).unwrap().into_bytes();
        let verification = key.verification_key().unwrap();
        let verifies = |token: &[u8]| {
            let jwt = UnverifiedJwt::parse(token, JwtLimits::default());
            jwt.is_ok_and(|jwt| jwt.verify([&verification]).is_ok())
        };
        prop_assert!(verifies(&token));
        let at = at.index(token.len());
        token[at] ^= 1 << bit;
        prop_assert!(!verifies(&token));
    }
}
