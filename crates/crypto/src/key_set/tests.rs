use claimgate_json::{Json, Object};
use proptest::prelude::*;

use super::{KeySet, KeySetError, KeySetLimits};
use crate::{Algorithm, KeyError, KeyId, SigningKey, VerificationKey, base64url};

fn jwk(algorithm: Algorithm, id: Option<&str>) -> Object {
    let mut jwk = SigningKey::generate(algorithm).unwrap().public_jwk().unwrap();
    match id {
        Some(id) => jwk.insert("kid", id),
        None => jwk.remove("kid"),
    };
    jwk
}

fn document(keys: Vec<Object>) -> String {
    Object::from_iter([("keys", Json::from(keys))]).to_string()
}

fn read(document: &str) -> Result<KeySet, KeySetError> {
    KeySet::parse(document.as_bytes(), KeySetLimits::default())
}

/// authorino and agentgateway#3616: one odd key blocked the whole set.
#[test]
fn agentgateway_3616_a_bad_key_costs_only_itself() {
    let mut encryption = jwk(Algorithm::Rs256, Some("enc"));
    encryption.insert("use", "enc");
    let unknown = Object::from_iter([("kty", "AKP"), ("kid", "pq"), ("alg", "ML-DSA-65")]);
    let secret = Object::from_iter([("kty", "oct".to_owned()), ("k", base64url::encode([1; 32]))]);
    let good = jwk(Algorithm::Es256, Some("good"));
    let keys = vec![encryption, unknown, secret, good.clone(), good];
    let mut document = Object::new();
    document.insert("keys", keys.into_iter().map(Json::Object).chain([Json::Null]).collect::<Vec<_>>());
    let set = read(&document.to_string()).unwrap();
    assert_eq!(set.keys().iter().map(|key| key.id().unwrap().as_str()).collect::<Vec<_>>(), ["good"]);
    let skipped: Vec<_> =
        set.skipped().iter().map(|key| (key.index, key.id.as_ref().map(KeyId::as_str), key.error)).collect();
    assert_eq!(
        skipped,
        [
            (0, Some("enc"), KeyError::NotForSignatures),
            (1, Some("pq"), KeyError::UnknownKeyType),
            (2, None, KeyError::SharedSecret),
            (4, Some("good"), KeyError::Repeated),
            (5, None, KeyError::NotAnObject),
        ]
    );
}

#[test]
fn a_document_that_is_no_key_set_is_refused() {
    for (document, error) in [
        ("{}", KeySetError::NotAKeySet),
        ("[]", KeySetError::NotAKeySet),
        (r#"{"keys":{}}"#, KeySetError::NotAKeySet),
        (r#"{"keys":null}"#, KeySetError::NotAKeySet),
        (r#"{"Keys":[]}"#, KeySetError::NotAKeySet),
    ] {
        assert_eq!(read(document).unwrap_err(), error, "{document}");
    }
    for document in ["", "<html>", r#"{"keys":[]} x"#, r#"{"keys":[],"keys":[]}"#] {
        assert!(matches!(read(document), Err(KeySetError::Json(_))), "{document}");
    }
    assert!(read(r#"{"keys":[]}"#).unwrap().is_empty());
}

#[test]
fn size_and_count_are_bounded() {
    let limits = KeySetLimits::default();
    assert_eq!((limits.bytes, limits.keys), (1 << 20, 256));
    let of = |count| format!(r#"{{"keys":[{}]}}"#, vec!["1"; count].join(","));
    assert_eq!(read(&of(256)).unwrap().skipped().len(), 256);
    assert_eq!(read(&of(257)).unwrap_err(), KeySetError::TooManyKeys);
    let padded = |bytes: usize| {
        let document = r#"{"keys":[]}"#;
        document.to_owned() + &" ".repeat(bytes - document.len())
    };
    assert!(read(&padded(1 << 20)).is_ok());
    assert_eq!(read(&padded((1 << 20) + 1)).unwrap_err(), KeySetError::TooLarge);
}

#[test]
fn private_members_are_reported_and_not_used() {
    let mut leaked = jwk(Algorithm::EdDsa, Some("leaked"));
    leaked.insert("d", base64url::encode([3; 32]));
    let set = read(&document(vec![jwk(Algorithm::Es256, None), leaked])).unwrap();
    assert_eq!(set.keys().len(), 2);
    let [private] = set.private_members() else { panic!("{:?}", set.private_members()) };
    assert_eq!((private.index, private.id.as_ref().map(KeyId::as_str)), (1, Some("leaked")));
}

#[test]
fn only_a_static_set_holds_secrets() {
    let secret = Object::from_iter([("kty", "oct".to_owned()), ("k", base64url::encode([1; 32]))]);
    let document = document(vec![secret]);
    assert!(read(&document).unwrap().is_empty());
    let set = KeySet::parse_static(document.as_bytes(), KeySetLimits::default()).unwrap();
    assert!(set.keys()[0].supports(Algorithm::Hs256));
}

#[test]
fn candidates_by_key_id_and_algorithm() {
    let set = read(&document(vec![
        jwk(Algorithm::Es256, Some("a")),
        jwk(Algorithm::Es256, Some("a")),
        jwk(Algorithm::EdDsa, Some("a")),
        jwk(Algorithm::Es256, Some("b")),
        jwk(Algorithm::Es256, None),
    ]))
    .unwrap();
    let all: Vec<_> = set.keys().iter().collect();
    let found = |id, algorithm| -> Vec<usize> {
        let position =
            |key: &VerificationKey| all.iter().position(|known| std::ptr::eq(*known, key)).unwrap();
        set.candidates(id, algorithm).map(position).collect()
    };
    assert_eq!(found(Some("a"), Algorithm::Es256), [0, 1], "one key ID, two keys: both");
    assert_eq!(found(Some("a"), Algorithm::EdDsa), [2]);
    assert_eq!(found(Some("b"), Algorithm::Es256), [3]);
    assert_eq!(found(Some("b"), Algorithm::EdDsa), Vec::<usize>::new(), "the key ID is known: no other key");
    assert_eq!(found(Some("c"), Algorithm::Es256), [4], "an unknown key ID: the key without one");
    assert_eq!(found(None, Algorithm::Es256), [0, 1, 3, 4]);
    assert_eq!(found(None, Algorithm::Rs256), Vec::<usize>::new());
    assert!(set.has_key_id("a") && !set.has_key_id("c"));
}

#[test]
fn the_number_of_candidates_is_bounded() {
    let keys = (0..20).map(|_| SigningKey::generate(Algorithm::EdDsa).unwrap().verification_key().unwrap());
    let set = KeySet::from_keys(keys);
    assert_eq!((set.keys().len(), set.candidates(None, Algorithm::EdDsa).count()), (20, 8));
}

/// CVE-2026-49998: keys of all issuers in one table, found by key ID alone. Here a set is one issuer's.
#[test]
fn cve_2026_49998_two_issuers_may_share_a_key_id() {
    let [a, b] = [(); 2].map(|()| SigningKey::generate(Algorithm::Es256).unwrap().with_id(KeyId::new("1")));
    let set = |key: &SigningKey| KeySet::from_keys([key.verification_key().unwrap()]);
    let (set_a, set_b) = (set(&a), set(&b));
    let signature = a.sign(b"text").unwrap();
    let verifies = |set: &KeySet| {
        let mut keys = set.candidates(Some("1"), Algorithm::Es256);
        keys.any(|key| key.verify(Algorithm::Es256, b"text", &signature).is_ok())
    };
    assert!(verifies(&set_a));
    assert!(!verifies(&set_b));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = KeySet::parse(&bytes, KeySetLimits::default());
        let _ = KeySet::parse_static(&bytes, KeySetLimits::default());
        let _ = KeySet::parse_pem(&bytes, KeySetLimits::default());
    }

    #[test]
    fn any_members_are_read_or_refused(
        kty in prop::sample::select(vec!["RSA", "EC", "OKP", "oct"]),
        crv in prop::sample::select(vec!["P-256", "P-384", "P-521", "Ed25519", "X"]),
        numbers in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 5),
    ) {
        let names = ["n", "e", "x", "y", "k"];
        let mut key = Object::from_iter([("kty", kty), ("crv", crv)]);
        for (name, number) in names.into_iter().zip(&numbers) {
            key.insert(name, base64url::encode(number));
        }
        let set = KeySet::parse_static(document(vec![key]).as_bytes(), KeySetLimits::default()).unwrap();
        prop_assert_eq!(set.keys().len() + set.skipped().len(), 1);
    }
}
