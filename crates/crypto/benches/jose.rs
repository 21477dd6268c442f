//! What a token costs: reading it, verifying it, and the same verification by aws-lc alone.

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has to stop")]

use std::hint::black_box;

use aws_lc_rs::signature::{self, UnparsedPublicKey};
use claimgate_crypto::{Algorithm, FingerprintKey, JwtLimits, RegisteredClaims, SigningKey, UnverifiedJwt};
use claimgate_json::{Json, Object};
use criterion::{Criterion, criterion_group, criterion_main};

/// Claims as of a provider with groups: about 1.3 kB as a token.
fn claims() -> Object {
    let mut claims = Object::from_iter([
        ("iss", "https://id.example.com/realms/main"),
        ("sub", "f3c1c5a1-55f4-4d5e-9c4e-7a4f4b1f3a52"),
        ("email", "jane.doe@example.com"),
        ("preferred_username", "jane"),
        ("azp", "claimgate"),
        ("scope", "openid email profile groups"),
    ]);
    claims.insert("exp", 1_900_000_000_i64);
    claims.insert("iat", 1_800_000_000_i64);
    claims.insert("aud", vec!["https://argo.example.com", "account"]);
    claims.insert("groups", (0..20).map(|group| format!("team-{group}")).collect::<Vec<_>>());
    claims.insert("email_verified", Json::Bool(true));
    claims
}

fn jose(c: &mut Criterion) {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let key = SigningKey::generate(algorithm).unwrap();
        let token = key.sign_jwt("JWT", &claims()).unwrap();
        let verification = key.verification_key().unwrap();
        let parse = || UnverifiedJwt::parse(black_box(token.as_bytes()), JwtLimits::default()).unwrap();
        let mut group = c.benchmark_group(algorithm.name());
        group.bench_function("parse", |b| b.iter(parse));
        group.bench_function("parse_and_verify", |b| b.iter(|| parse().verify([&verification]).unwrap()));
        let jwt = parse();
        group.bench_function("verify", |b| b.iter(|| jwt.check_signature(black_box(&verification)).unwrap()));
        let jwk = key.public_jwk().unwrap();
        let number =
            |name| claimgate_crypto::base64url::decode(jwk.get(name).unwrap().as_str().unwrap()).unwrap();
        let raw = match algorithm {
            Algorithm::Rs256 => signature::RsaPublicKeyComponents { n: number("n"), e: number("e") }
                .to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256)
                .unwrap(),
            Algorithm::Es256 => {
                let point = [&[4], &number("x")[..], &number("y")].concat();
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).parse().unwrap()
            }
            _ => UnparsedPublicKey::new(&signature::ED25519, number("x")).parse().unwrap(),
        };
        group.bench_function("raw_aws_lc", |b| {
            b.iter(|| raw.verify_sig(black_box(jwt.signing_input()), jwt.signature()).unwrap());
        });
        group.finish();
    }
    let key = SigningKey::generate(Algorithm::Rs256).unwrap();
    let token = key.sign_jwt("JWT", &claims()).unwrap();
    let claims = claims();
    c.bench_function("registered_claims", |b| {
        b.iter(|| RegisteredClaims::parse(black_box(&claims)).unwrap());
    });
    let fingerprints = FingerprintKey::generate().unwrap();
    c.bench_function("fingerprint", |b| b.iter(|| fingerprints.fingerprint(black_box(token.as_bytes()))));
    let hmac = claimgate_crypto::digest::HmacKey::new(&[1; 32]);
    c.bench_function("hmac_sha256", |b| b.iter(|| hmac.sign(black_box(token.as_bytes()))));
    c.bench_function("sha256", |b| b.iter(|| claimgate_crypto::digest::sha256(black_box(token.as_bytes()))));
}

criterion_group!(benches, jose);
criterion_main!(benches);
