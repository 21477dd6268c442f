use claimgate_json::{Json, Limits, Object, parse};

use super::{SigningKey, SigningKeyError};
use crate::{
    Algorithm, JwtLimits, KeyError, KeyId, Secret, UnverifiedJwt, VerificationKey, VerifyError, base64url,
};

fn json(text: &str) -> Json {
    parse(text.as_bytes(), Limits::default()).unwrap()
}

#[test]
fn what_a_key_signs_only_its_own_public_key_verifies() {
    for algorithm in Algorithm::ALL {
        let (key, other) =
            (SigningKey::generate(algorithm).unwrap(), SigningKey::generate(algorithm).unwrap());
        let signature = key.sign(b"text").unwrap();
        let verifies = |key: &SigningKey, text: &[u8]| {
            key.verification_key().unwrap().verify(algorithm, text, &signature)
        };
        assert_eq!(verifies(&key, b"text"), Ok(()), "{algorithm}");
        assert_eq!(verifies(&key, b"texT"), Err(VerifyError::BadSignature), "{algorithm}");
        assert_eq!(verifies(&other, b"text"), Err(VerifyError::BadSignature), "{algorithm}");
        for wrong in Algorithm::ALL.into_iter().filter(|wrong| *wrong != algorithm) {
            let verdict = key.verification_key().unwrap().verify(wrong, b"text", &signature);
            assert_eq!(verdict, Err(VerifyError::WrongAlgorithm), "{algorithm} as {wrong}");
        }
    }
}

#[test]
fn a_signed_jwt_verifies_with_the_published_jwk() {
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric()) {
        let key = SigningKey::generate(algorithm).unwrap();
        let claims = Object::from_iter([("iss", "https://issuer.example"), ("sub", "jane")]);
        let token = key.sign_jwt("at+jwt", &claims).unwrap();
        let published = VerificationKey::from_jwk(&Json::Object(key.public_jwk().unwrap())).unwrap();
        let jwt = UnverifiedJwt::parse(token.as_bytes(), JwtLimits::default()).unwrap();
        assert_eq!(jwt.key_id(), Some(key.id()));
        let jwt = jwt.verify([&published]).unwrap();
        assert_eq!((jwt.algorithm(), jwt.claims()), (algorithm, &claims));
        assert_eq!(jwt.verified_by(), published.id());
        assert_eq!(published.thumbprint(), Some(key.id().as_str()));
    }
}

#[test]
fn pkcs8_reads_back_for_its_own_algorithm() {
    for algorithm in
        [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::EdDsa]
    {
        let key = SigningKey::generate(algorithm).unwrap();
        let der = key.to_pkcs8().unwrap();
        let again = SigningKey::from_pkcs8(algorithm, der.expose()).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", standard(der.expose()));
        let again = SigningKey::from_pem(algorithm, &Secret::new(pem)).unwrap();
        assert_eq!(again.id(), key.id());
        for wrong in
            [Algorithm::Ps512, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa, Algorithm::Hs256]
        {
            if wrong.key_type() != algorithm.key_type() {
                let refused = SigningKey::from_pkcs8(wrong, der.expose()).unwrap_err();
                assert_eq!(refused, SigningKeyError::Rejected, "{algorithm} as {wrong}");
            }
        }
    }
    assert!(SigningKey::generate(Algorithm::Hs256).unwrap().to_pkcs8().is_none());
    for document in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        let key = SigningKey::from_pem(Algorithm::Es256, &Secret::new(document.to_owned()));
        assert_eq!(key.unwrap_err(), SigningKeyError::Rejected);
    }
}

fn standard(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn nothing_private_is_shown_or_published() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap().with_id(KeyId::new("k1"));
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey {{ algorithm: {algorithm:?}, id: KeyId(\"k1\"), .. }}")
        );
        let Some(jwk) = key.public_jwk() else { continue };
        let names: Vec<_> = jwk.iter().map(|(name, _)| name).collect();
        let public = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"];
        assert!(names.iter().all(|name| public.contains(name)), "{names:?}");
    }
}

#[test]
fn a_private_jwk_must_be_whole_and_consistent() {
    // The key of RFC 8037 §A.1.
    let ed25519 = |d: &str, x: &str| {
        let jwk = json(&format!(r#"{{"kty":"OKP","crv":"Ed25519","d":"{d}","x":"{x}"}}"#));
        SigningKey::from_jwk(Algorithm::EdDsa, &jwk).map(|key| key.id().as_str().to_owned())
    };
    let (d, x) =
        ("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    // RFC 8037 §A.3.
    assert_eq!(ed25519(d, x), Ok("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".to_owned()));
    assert_eq!(ed25519(x, x), Err(SigningKeyError::Rejected));
    assert_eq!(ed25519("", x), Err(SigningKeyError::Rejected));
    assert_eq!(ed25519("=", x), Err(KeyError::Invalid("d").into()));

    let secret = base64url::encode([7; 32]);
    let oct = json(&format!(r#"{{"kty":"oct","alg":"HS256","k":"{secret}"}}"#));
    assert!(SigningKey::from_jwk(Algorithm::Hs256, &oct).is_ok());
    let wrong = SigningKey::from_jwk(Algorithm::Hs384, &oct).unwrap_err();
    assert_eq!(wrong, KeyError::AlgorithmMismatch.into());
    let oct = json(&format!(r#"{{"kty":"oct","k":"{secret}"}}"#));
    assert_eq!(SigningKey::from_jwk(Algorithm::Hs384, &oct).unwrap_err(), KeyError::TooSmall.into());
    assert_eq!(SigningKey::from_jwk(Algorithm::Es256, &oct).unwrap_err(), KeyError::UnknownKeyType.into());
}
