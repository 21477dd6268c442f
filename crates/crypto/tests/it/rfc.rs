//! The examples of RFC 7515, RFC 7520 and RFC 8037.

use claimgate_crypto::{
    Algorithm, JwtError, JwtLimits, JwtPart, KeySet, KeySetLimits, SigningKey, UnverifiedJwt,
    VerificationKey, base64url,
};
use claimgate_json::{Json, Limits, Object, parse};

struct Example {
    name: String,
    algorithm: Algorithm,
    /// Whether signing again gives the same signature.
    deterministic: bool,
    key: Object,
    compact: String,
}

fn examples() -> Vec<Example> {
    let file = include_bytes!("../../testdata/rfc.json");
    let examples = parse(file, Limits::default()).unwrap();
    let read = |example: &Json| {
        let text = |name| example.get(name).unwrap().as_str().unwrap().to_owned();
        Example {
            name: text("name"),
            algorithm: text("algorithm").parse().unwrap(),
            deterministic: example.get("deterministic").unwrap().as_bool().unwrap(),
            key: example.get("key").unwrap().as_object().unwrap().clone(),
            compact: text("compact"),
        }
    };
    examples.as_array().unwrap().iter().map(read).collect()
}

fn verification_key(example: &Example) -> VerificationKey {
    let set = Object::from_iter([("keys", Json::from(vec![example.key.clone()]))]).to_string();
    let key = KeySet::parse_static(set.as_bytes(), KeySetLimits::default()).unwrap();
    assert!(key.skipped().is_empty(), "{}: {:?}", example.name, key.skipped());
    if !example.algorithm.is_symmetric() {
        return VerificationKey::from_jwk(&Json::Object(example.key.clone())).unwrap();
    }
    let secret = base64url::decode(example.key.get("k").unwrap().as_str().unwrap()).unwrap();
    VerificationKey::from_secret(&secret.into(), None, Some(example.algorithm)).unwrap()
}

#[test]
fn every_example_verifies() {
    let examples = examples();
    assert_eq!(examples.len(), 7);
    for example in &examples {
        let key = verification_key(example);
        let (input, signature) = example.compact.rsplit_once('.').unwrap();
        let signature = base64url::decode(signature).unwrap();
        assert_eq!(key.verify(example.algorithm, input.as_bytes(), &signature), Ok(()), "{}", example.name);
        assert!(key.verify(example.algorithm, &input.as_bytes()[1..], &signature).is_err());
        assert!(key.verify(example.algorithm, input.as_bytes(), &signature[1..]).is_err());
    }
}

#[test]
fn every_private_key_signs_as_in_its_example() {
    for example in examples() {
        let key = SigningKey::from_jwk(example.algorithm, &Json::Object(example.key.clone())).unwrap();
        let (input, signature) = example.compact.rsplit_once('.').unwrap();
        let own = key.sign(input.as_bytes()).unwrap();
        if example.deterministic {
            assert_eq!(base64url::encode(&own), signature, "{}", example.name);
        }
        assert_eq!(key.verification_key().unwrap().verify(example.algorithm, input.as_bytes(), &own), Ok(()));
    }
}

#[test]
fn examples_whose_payload_is_no_json_are_no_jwts() {
    for example in examples() {
        let jwt = UnverifiedJwt::parse(example.compact.as_bytes(), JwtLimits::default());
        if example.name.starts_with("RFC 7515") {
            let jwt = jwt.unwrap();
            assert_eq!((jwt.algorithm(), jwt.issuer()), (example.algorithm, Some("joe")));
            let verified = jwt.verify([&verification_key(&example)]).unwrap();
            let exp = verified.claims().get("exp").and_then(Json::as_number).map(ToString::to_string);
            assert_eq!(exp.as_deref(), Some("1300819380"));
        } else {
            assert!(matches!(jwt, Err(JwtError::Json { part: JwtPart::Payload, .. })), "{}", example.name);
        }
    }
}

/// RFC 7515 §A.5.
#[test]
fn the_unsecured_example_is_refused() {
    let token = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    assert_eq!(UnverifiedJwt::parse(token.as_bytes(), JwtLimits::default()).unwrap_err(), JwtError::Unsigned);
}

/// RFC 7638 §3.1.
#[test]
fn the_thumbprint_of_the_rfc() {
    let jwk = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
    let key = VerificationKey::from_jwk(&parse(jwk.as_bytes(), Limits::default()).unwrap()).unwrap();
    assert_eq!(key.thumbprint(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
}
