//! The published vectors of Project Wycheproof.

use base64::Engine as _;
use claimgate_crypto::{Algorithm, FingerprintKey, KeySet, KeySetLimits, Secret, VerificationKey};
use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

/// How many vectors were accepted and refused, so that a set that became empty is noticed.
#[derive(Default)]
struct Count {
    accepted: usize,
    refused: usize,
}

impl Count {
    fn check(&mut self, verified: bool, expected: TestResult, what: &str) {
        match expected {
            TestResult::Valid => assert!(verified, "{what}: a valid signature was refused"),
            TestResult::Invalid => assert!(!verified, "{what}: a wrong signature was accepted"),
            TestResult::Acceptable => {}
        }
        *(if verified { &mut self.accepted } else { &mut self.refused }) += 1;
    }

    fn is_at_least(&self, accepted: usize, refused: usize) {
        let counted = (self.accepted, self.refused);
        assert!(self.accepted >= accepted && self.refused >= refused, "{counted:?}");
    }
}

/// The key of a `SubjectPublicKeyInfo`, through the PEM reader.
fn key(der: &[u8]) -> KeySet {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    let set = KeySet::parse_pem(pem.as_bytes(), KeySetLimits::default()).unwrap();
    assert!(set.skipped().is_empty(), "{set:?}");
    set
}

fn verifies(set: &KeySet, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    set.keys()[0].verify(algorithm, message, signature).is_ok()
}

/// The vectors of one set, each group of which has a public key.
macro_rules! check_set {
    ($kind:ident :: $set:ident, $algorithm:expr, $count:expr) => {
        let set = $kind::TestSet::load($kind::TestName::$set).unwrap();
        for group in &set.test_groups {
            let key = key(&group.der);
            for test in &group.tests {
                let what = format!("{} {} #{}", stringify!($set), $algorithm, test.tc_id);
                $count.check(verifies(&key, $algorithm, &test.msg, &test.sig), test.result, &what);
            }
        }
    };
}

#[test]
fn rsa_pkcs1() {
    let mut count = Count::default();
    check_set!(rsa_pkcs1_verify::Rsa2048Sha256, Algorithm::Rs256, count);
    check_set!(rsa_pkcs1_verify::Rsa2048Sha384, Algorithm::Rs384, count);
    check_set!(rsa_pkcs1_verify::Rsa2048Sha512, Algorithm::Rs512, count);
    check_set!(rsa_pkcs1_verify::Rsa3072Sha256, Algorithm::Rs256, count);
    check_set!(rsa_pkcs1_verify::Rsa4096Sha512, Algorithm::Rs512, count);
    check_set!(rsa_pkcs1_verify::Rsa8192Sha256, Algorithm::Rs256, count);
    count.is_at_least(40, 1000);
}

#[test]
fn rsa_pss() {
    let mut count = Count::default();
    check_set!(rsa_pss_verify::RsaPss2048Sha256Mgf1SaltLen32, Algorithm::Ps256, count);
    check_set!(rsa_pss_verify::RsaPss3072Sha256Mgf1SaltLen32, Algorithm::Ps256, count);
    check_set!(rsa_pss_verify::RsaPss4096Sha256Mgf1SaltLen32, Algorithm::Ps256, count);
    check_set!(rsa_pss_verify::RsaPss2048Sha384Mgf1SaltLen48, Algorithm::Ps384, count);
    check_set!(rsa_pss_verify::RsaPss4096Sha512Mgf1SaltLen64, Algorithm::Ps512, count);
    count.is_at_least(100, 200);
}

/// RFC 7518 §3.5: the salt is as long as the hash. These signatures are right but for their salt or
/// the hash of their mask.
#[test]
fn rsa_pss_of_other_parameters_is_refused() {
    let sets = [
        (rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0, Algorithm::Ps256),
        (rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1Sha1_20, Algorithm::Ps256),
        (rsa_pss_verify::TestName::RsaPss4096Sha512Mgf1SaltLen32, Algorithm::Ps512),
    ];
    let mut count = 0;
    for (name, algorithm) in sets {
        for group in &rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = key(&group.der);
            for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                assert!(!verifies(&key, algorithm, &test.msg, &test.sig), "{name:?} #{}", test.tc_id);
                count += 1;
            }
        }
    }
    assert!(count > 60, "{count}");
}

#[test]
fn ecdsa_fixed_length() {
    let mut count = Count::default();
    check_set!(ecdsa::EcdsaSecp256r1Sha256P1363, Algorithm::Es256, count);
    check_set!(ecdsa::EcdsaSecp384r1Sha384P1363, Algorithm::Es384, count);
    check_set!(ecdsa::EcdsaSecp521r1Sha512P1363, Algorithm::Es512, count);
    count.is_at_least(400, 200);
}

/// The same signatures in ASN.1 are no JWS signatures (RFC 7518 §3.4).
#[test]
fn ecdsa_in_asn1_is_refused() {
    let mut count = 0;
    for group in &ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap().test_groups {
        let key = key(&group.der);
        for test in group.tests.iter().filter(|test| test.sig.len() != 64) {
            assert!(!verifies(&key, Algorithm::Es256, &test.msg, &test.sig), "#{}", test.tc_id);
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}

#[test]
fn ed25519() {
    let mut count = Count::default();
    check_set!(eddsa::Ed25519, Algorithm::EdDsa, count);
    count.is_at_least(70, 50);
}

#[test]
fn hmac() {
    let mut count = Count::default();
    for (name, algorithm, full) in [
        (mac::TestName::HmacSha256, Algorithm::Hs256, 256),
        (mac::TestName::HmacSha384, Algorithm::Hs384, 384),
        (mac::TestName::HmacSha512, Algorithm::Hs512, 512),
    ] {
        for group in &mac::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let secret = Secret::new(test.key.to_vec());
                let Ok(key) = VerificationKey::from_secret(&secret, None, Some(algorithm)) else {
                    assert!(test.key.len() * 8 < full, "{name:?} #{}", test.tc_id);
                    continue;
                };
                // A shortened tag is right for a MAC and wrong for a JWS.
                let expected = if group.tag_size == full { test.result } else { TestResult::Invalid };
                let verified = key.verify(algorithm, &test.msg, &test.tag).is_ok();
                count.check(verified, expected, &format!("{name:?} #{}", test.tc_id));
            }
        }
    }
    count.is_at_least(80, 200);
}

#[test]
fn fingerprints_are_siphash_2_4_128() {
    let mut count = 0;
    for group in &mac::TestSet::load(mac::TestName::SipHashx_2_4).unwrap().test_groups {
        for test in group.tests.iter().filter(|test| test.key.len() == 16 && test.tag.len() == 16) {
            let key = FingerprintKey::from_bytes(test.key[..].try_into().unwrap());
            let same = key.fingerprint(&test.msg).bits().to_le_bytes() == test.tag[..];
            assert_eq!(same, !test.result.must_fail(), "#{}", test.tc_id);
            count += 1;
        }
    }
    assert!(count >= 40, "{count}");
}
