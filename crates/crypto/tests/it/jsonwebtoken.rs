//! A second opinion, in both directions: what one signs, the other verifies.

use claimgate_crypto::{Algorithm, JwtLimits, SigningKey, UnverifiedJwt};
use claimgate_json::Object;
use jsonwebtoken as theirs;

/// Ours and theirs; the other crate has no ES512.
const ALGORITHMS: [(Algorithm, theirs::Algorithm); 9] = [
    (Algorithm::Rs256, theirs::Algorithm::RS256),
    (Algorithm::Rs384, theirs::Algorithm::RS384),
    (Algorithm::Rs512, theirs::Algorithm::RS512),
    (Algorithm::Ps256, theirs::Algorithm::PS256),
    (Algorithm::Ps384, theirs::Algorithm::PS384),
    (Algorithm::Ps512, theirs::Algorithm::PS512),
    (Algorithm::Es256, theirs::Algorithm::ES256),
    (Algorithm::Es384, theirs::Algorithm::ES384),
    (Algorithm::EdDsa, theirs::Algorithm::EdDSA),
];

const HMAC: [(Algorithm, theirs::Algorithm); 3] = [
    (Algorithm::Hs256, theirs::Algorithm::HS256),
    (Algorithm::Hs384, theirs::Algorithm::HS384),
    (Algorithm::Hs512, theirs::Algorithm::HS512),
];

fn claims() -> Object {
    Object::from_iter([("iss", "https://issuer.example"), ("sub", "jane"), ("text", "ü \" \\ \n")])
}

fn validation(algorithm: theirs::Algorithm) -> theirs::Validation {
    let mut validation = theirs::Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation
}

fn their_claims(token: &str, key: &theirs::DecodingKey, algorithm: theirs::Algorithm) -> serde_json::Value {
    theirs::decode(token, key, &validation(algorithm)).unwrap().claims
}

fn our_claims(token: &str, key: &SigningKey) -> Object {
    let jwt = UnverifiedJwt::parse(token.as_bytes(), JwtLimits::default()).unwrap();
    jwt.verify([&key.verification_key().unwrap()]).unwrap().into_claims()
}

fn as_serde(claims: &Object) -> serde_json::Value {
    serde_json::from_str(&claims.to_string()).unwrap()
}

#[test]
fn public_key_algorithms_agree() {
    for (ours, theirs) in ALGORITHMS {
        let key = SigningKey::generate(ours).unwrap();
        let jwk = serde_json::from_str(&key.public_jwk().unwrap().to_string()).unwrap();
        let decoding = theirs::DecodingKey::from_jwk(&jwk).unwrap();
        let token = key.sign_jwt("JWT", &claims()).unwrap();
        assert_eq!(their_claims(&token, &decoding, theirs), as_serde(&claims()), "{ours}");

        let pkcs8 = key.to_pkcs8().unwrap();
        let encoding = encoding_key(ours, pkcs8.expose());
        let header = theirs::Header::new(theirs);
        let token = theirs::encode(&header, &as_serde(&claims()), &encoding).unwrap();
        assert_eq!(our_claims(&token, &key), claims(), "{ours}");
    }
}

fn encoding_key(algorithm: Algorithm, pkcs8: &[u8]) -> theirs::EncodingKey {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(pkcs8);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    match algorithm {
        Algorithm::Es256 | Algorithm::Es384 => theirs::EncodingKey::from_ec_pem(pem.as_bytes()),
        Algorithm::EdDsa => theirs::EncodingKey::from_ed_pem(pem.as_bytes()),
        _ => theirs::EncodingKey::from_rsa_pem(pem.as_bytes()),
    }
    .unwrap()
}

#[test]
fn hmac_agrees() {
    let secret = [9; 64];
    let jwk =
        Object::from_iter([("kty", "oct".to_owned()), ("k", claimgate_crypto::base64url::encode(secret))]);
    for (ours, theirs) in HMAC {
        let key = SigningKey::from_jwk(ours, &jwk.clone().into()).unwrap();
        let token = key.sign_jwt("JWT", &claims()).unwrap();
        let decoding = theirs::DecodingKey::from_secret(&secret);
        assert_eq!(their_claims(&token, &decoding, theirs), as_serde(&claims()), "{ours}");
        let encoding = theirs::EncodingKey::from_secret(&secret);
        let token = theirs::encode(&theirs::Header::new(theirs), &as_serde(&claims()), &encoding).unwrap();
        assert_eq!(our_claims(&token, &key), claims(), "{ours}");
    }
}
