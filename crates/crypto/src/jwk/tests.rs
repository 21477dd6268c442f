use claimgate_json::{Json, Limits, Object, parse};

use crate::{Algorithm, KeyError, KeyType, Secret, SigningKey, VerificationKey, base64url};

fn jwk_of(algorithm: Algorithm) -> Object {
    let mut jwk = SigningKey::generate(algorithm).unwrap().public_jwk().unwrap();
    jwk.remove("alg");
    jwk
}

fn read(jwk: &Object) -> Result<VerificationKey, KeyError> {
    VerificationKey::from_jwk(&Json::Object(jwk.clone()))
}

fn json(text: &str) -> Json {
    parse(text.as_bytes(), Limits::default()).unwrap()
}

/// The JWK of `algorithm` with one member changed, or removed by `null`.
fn changed(algorithm: Algorithm, name: &str, value: &str) -> Result<VerificationKey, KeyError> {
    let mut jwk = jwk_of(algorithm);
    match json(value) {
        Json::Null => jwk.remove(name),
        value => jwk.insert(name, value),
    };
    read(&jwk)
}

#[test]
fn purpose_and_algorithm_are_honoured() {
    for (name, value, verdict) in [
        ("use", "null", None),
        ("use", r#""sig""#, None),
        ("use", r#""enc""#, Some(KeyError::NotForSignatures)),
        ("use", r#""Sig""#, Some(KeyError::NotForSignatures)),
        ("use", "1", Some(KeyError::Invalid("use"))),
        ("key_ops", r#"["verify"]"#, None),
        ("key_ops", r#"["verify","sign"]"#, None),
        ("key_ops", r#"["sign"]"#, Some(KeyError::NotForSignatures)),
        ("key_ops", r#"["encrypt","wrapKey"]"#, Some(KeyError::NotForSignatures)),
        ("key_ops", "[]", Some(KeyError::NotForSignatures)),
        ("key_ops", r#""verify""#, Some(KeyError::Invalid("key_ops"))),
        ("key_ops", r#"["verify",1]"#, Some(KeyError::Invalid("key_ops"))),
        ("alg", r#""ES256""#, None),
        ("alg", r#""ES384""#, Some(KeyError::AlgorithmMismatch)),
        ("alg", r#""RS256""#, Some(KeyError::AlgorithmMismatch)),
        ("alg", r#""HS256""#, Some(KeyError::AlgorithmMismatch)),
        ("alg", r#""none""#, Some(KeyError::UnsupportedAlgorithm)),
        ("alg", r#""ECDH-ES""#, Some(KeyError::UnsupportedAlgorithm)),
        ("alg", "256", Some(KeyError::Invalid("alg"))),
        ("kid", "1", Some(KeyError::Invalid("kid"))),
        ("kid", "null", None),
        ("kty", "null", Some(KeyError::Missing("kty"))),
        ("kty", "[]", Some(KeyError::Invalid("kty"))),
        ("kty", r#""ec""#, Some(KeyError::UnknownKeyType)),
        ("kty", r#""AKP""#, Some(KeyError::UnknownKeyType)),
        ("kty", r#""oct""#, Some(KeyError::SharedSecret)),
        ("crv", "null", Some(KeyError::Missing("crv"))),
        ("crv", r#""secp256k1""#, Some(KeyError::UnsupportedCurve)),
        ("crv", r#""P-384""#, Some(KeyError::InvalidKey)),
        ("x", "null", Some(KeyError::Missing("x"))),
        ("x", "1", Some(KeyError::Invalid("x"))),
        ("x", r#""AA==""#, Some(KeyError::Invalid("x"))),
        ("x", r#""AA""#, Some(KeyError::InvalidKey)),
        ("x5c", r#"["nonsense"]"#, None),
    ] {
        assert_eq!(changed(Algorithm::Es256, name, value).err(), verdict, "{name}: {value}");
    }
    assert_eq!(VerificationKey::from_jwk(&json("[]")).err(), Some(KeyError::NotAnObject));
}

#[test]
fn a_key_without_algorithm_serves_all_of_its_type() {
    for (algorithm, count) in [
        (Algorithm::Ps384, 6),
        (Algorithm::Es256, 1),
        (Algorithm::Es384, 1),
        (Algorithm::Es512, 1),
        (Algorithm::EdDsa, 1),
    ] {
        let key = read(&jwk_of(algorithm)).unwrap();
        let supported: Vec<_> = Algorithm::ALL.into_iter().filter(|other| key.supports(*other)).collect();
        assert_eq!((supported.len(), supported.contains(&algorithm)), (count, true), "{algorithm}");
        assert_eq!(key.key_type(), algorithm.key_type());
        assert_eq!(key.declared_algorithm(), None);
    }
    let declared = changed(Algorithm::Ps384, "alg", r#""PS384""#).unwrap();
    assert!(declared.supports(Algorithm::Ps384));
    assert!(!declared.supports(Algorithm::Rs256) && !declared.supports(Algorithm::Ps256));
}

#[test]
fn rsa_numbers_are_checked() {
    let rsa = |bits: usize, modulus_end: u8, exponent: &[u8]| {
        let mut modulus = vec![0; bits.div_ceil(8)];
        modulus[0] = 1 << ((bits - 1) % 8);
        *modulus.last_mut().unwrap() |= modulus_end;
        let jwk = format!(
            r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#,
            base64url::encode(modulus),
            base64url::encode(exponent)
        );
        VerificationKey::from_jwk(&json(&jwk)).err()
    };
    let f4 = &[1, 0, 1][..];
    assert_eq!(rsa(2048, 1, f4), None);
    assert_eq!(rsa(2048, 1, &[3]), None);
    assert_eq!(rsa(8192, 1, f4), None);
    assert_eq!(rsa(2047, 1, f4), Some(KeyError::TooSmall));
    assert_eq!(rsa(1024, 1, f4), Some(KeyError::TooSmall));
    assert_eq!(rsa(512, 1, f4), Some(KeyError::TooSmall));
    assert_eq!(rsa(8193, 1, f4), Some(KeyError::TooLarge));
    assert_eq!(rsa(16384, 1, f4), Some(KeyError::TooLarge));
    assert_eq!(rsa(2048, 0, f4), Some(KeyError::InvalidKey), "even modulus");
    assert_eq!(rsa(2048, 1, &[1]), Some(KeyError::InvalidKey), "exponent 1 signs nothing");
    assert_eq!(rsa(2048, 1, &[1, 0, 0]), Some(KeyError::InvalidKey), "even exponent");
    assert_eq!(rsa(2048, 1, &[]), Some(KeyError::InvalidKey));
    assert_eq!(rsa(2048, 1, &[1; 9]), Some(KeyError::InvalidKey), "an exponent of 65 bits");
}

#[test]
fn leading_zeros_are_no_part_of_an_rsa_number() {
    let jwk = jwk_of(Algorithm::Rs256);
    let mut padded = jwk.clone();
    for name in ["n", "e"] {
        let number = base64url::decode(jwk.get(name).unwrap().as_str().unwrap()).unwrap();
        padded.insert(name, base64url::encode([&[0, 0][..], &number].concat()));
    }
    assert_eq!(read(&padded).unwrap().thumbprint(), read(&jwk).unwrap().thumbprint());
    assert!(read(&jwk).unwrap().thumbprint().is_some());
}

#[test]
fn a_point_off_the_curve_is_no_key() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512] {
        let jwk = jwk_of(algorithm);
        let y = base64url::decode(jwk.get("y").unwrap().as_str().unwrap()).unwrap();
        let with_y = |y: &[u8]| {
            let mut jwk = jwk.clone();
            jwk.insert("y", base64url::encode(y));
            read(&jwk).err()
        };
        assert_eq!(with_y(&y), None);
        let mut flipped = y.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(with_y(&flipped), Some(KeyError::InvalidKey), "{algorithm}");
        assert_eq!(with_y(&[&[0], &y[..]].concat()), Some(KeyError::InvalidKey), "a byte too long");
        assert_eq!(with_y(&y[1..]), Some(KeyError::InvalidKey), "a byte too short");
        assert_eq!(with_y(&vec![0; y.len()]), Some(KeyError::InvalidKey));
        assert_eq!(with_y(&vec![0xff; y.len()]), Some(KeyError::InvalidKey), "beyond the field");
    }
}

#[test]
fn ed25519_points_of_small_order_are_no_keys() {
    let okp = |x: &[u8]| {
        let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, base64url::encode(x));
        VerificationKey::from_jwk(&json(&jwk)).err()
    };
    let encoding = |low: u8, middle: u8, high: u8| {
        let mut point = [middle; 32];
        (point[0], point[31]) = (low, high);
        point
    };
    for (low, middle, high) in
        [(0, 0, 0), (1, 0, 0), (0xec, 0xff, 0x7f), (0xed, 0xff, 0x7f), (0xee, 0xff, 0x7f)]
    {
        for sign in [0, 0x80] {
            let point = encoding(low, middle, high | sign);
            assert_eq!(okp(&point), Some(KeyError::InvalidKey), "{point:?}");
        }
    }
    assert_eq!(okp(&[9; 31]), Some(KeyError::InvalidKey));
    assert_eq!(okp(&[9; 33]), Some(KeyError::InvalidKey));
    for curve in ["Ed448", "X25519"] {
        let jwk = json(&format!(r#"{{"kty":"OKP","crv":"{curve}","x":"AA"}}"#));
        assert_eq!(VerificationKey::from_jwk(&jwk).err(), Some(KeyError::UnsupportedCurve));
    }
}

#[test]
fn a_secret_serves_the_hashes_that_it_is_long_enough_for() {
    for (length, expected) in [(31, 0), (32, 1), (47, 1), (48, 2), (63, 2), (64, 3), (200, 3)] {
        let secret = Secret::new(vec![7; length]);
        let supported = VerificationKey::from_secret(&secret, None, None)
            .map_or(0, |key| Algorithm::ALL.into_iter().filter(|algorithm| key.supports(*algorithm)).count());
        assert_eq!(supported, expected, "{length} bytes");
    }
    let secret = Secret::new(vec![7; 32]);
    let with = |algorithm| VerificationKey::from_secret(&secret, None, Some(algorithm));
    assert_eq!(with(Algorithm::Hs384).err(), Some(KeyError::TooSmall));
    assert_eq!(with(Algorithm::Es256).err(), Some(KeyError::AlgorithmMismatch));
    let key = with(Algorithm::Hs256).unwrap();
    assert_eq!((key.key_type(), key.thumbprint()), (KeyType::Oct, None));
    assert!(!format!("{key:?}").contains('7'));
}
