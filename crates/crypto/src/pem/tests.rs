use crate::{Algorithm, KeyError, KeySet, KeySetError, KeySetLimits, KeyType, VerifyError};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

fn read(document: &str) -> Result<KeySet, KeySetError> {
    KeySet::parse_pem(document.as_bytes(), KeySetLimits::default())
}

#[test]
fn public_keys_and_certificates_hold_the_same_key() {
    let made = rcgen::generate_simple_self_signed(["issuer.example".to_owned()]).unwrap();
    let (public, certificate) = (made.signing_key.public_key_pem(), made.cert.pem());
    for document in
        [public.clone(), certificate.clone(), format!("# a comment\r\n{}", certificate.replace('\n', "\r\n"))]
    {
        let set = read(&document).unwrap();
        let [key] = set.keys() else { panic!("{set:?}") };
        assert_eq!((key.id(), key.key_type()), (None, Algorithm::Es256.key_type()));
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.signing_key.serialized_der());
        let signature = pair.unwrap().sign(&aws_lc_rs::rand::SystemRandom::new(), b"text").unwrap();
        assert_eq!(key.verify(Algorithm::Es256, b"text", signature.as_ref()), Ok(()));
        assert_eq!(
            key.verify(Algorithm::Es256, b"texts", signature.as_ref()),
            Err(VerifyError::BadSignature)
        );
    }
    let both = read(&format!("{public}{certificate}")).unwrap();
    assert_eq!((both.keys().len(), both.skipped()[0].error), (1, KeyError::Repeated));
}

#[test]
fn every_type_of_key_is_read() {
    for (algorithm, key_type) in [
        (&rcgen::PKCS_ED25519, KeyType::Ed25519),
        (&rcgen::PKCS_ECDSA_P384_SHA384, Algorithm::Es384.key_type()),
        (&rcgen::PKCS_ECDSA_P521_SHA512, Algorithm::Es512.key_type()),
        (&rcgen::PKCS_RSA_SHA256, KeyType::Rsa),
    ] {
        let pem = rcgen::KeyPair::generate_for(algorithm).unwrap().public_key_pem();
        assert_eq!(read(&pem).unwrap().keys()[0].key_type(), key_type);
    }
}

#[test]
fn broken_documents_are_refused() {
    let good = rcgen::KeyPair::generate().unwrap();
    let pem = good.public_key_pem();
    for document in [
        String::new(),
        "no PEM".into(),
        pem.replace("-----END PUBLIC KEY-----", ""),
        pem.replace("-----BEGIN PUBLIC KEY-----", ""),
        pem.replace("END PUBLIC", "END RSA PUBLIC"),
        pem.replace("-----END", "!\n-----END"),
        format!("-----BEGIN PUBLIC KEY-----\n{pem}"),
    ] {
        assert_eq!(read(&document).unwrap_err(), KeySetError::Pem, "{document}");
    }
    assert_eq!(KeySet::parse_pem(b"\xff", KeySetLimits::default()).unwrap_err(), KeySetError::Pem);
    let limits = KeySetLimits { keys: 1, ..KeySetLimits::default() };
    let two = KeySet::parse_pem(format!("{pem}{pem}").as_bytes(), limits);
    assert_eq!(two.unwrap_err(), KeySetError::TooManyKeys);
    let limits = KeySetLimits { bytes: pem.len() - 1, ..limits };
    assert_eq!(KeySet::parse_pem(pem.as_bytes(), limits).unwrap_err(), KeySetError::TooLarge);
}

#[test]
fn blocks_that_are_no_keys_cost_only_themselves() {
    let good = rcgen::KeyPair::generate().unwrap();
    let private = good.serialize_pem();
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    let document = [
        private,
        block("PUBLIC KEY", "AAAA"),
        block("RSA PUBLIC KEY", "MAA="),
        block("CERTIFICATE", ""),
        good.public_key_pem(),
    ]
    .concat();
    let set = read(&document).unwrap();
    let errors: Vec<_> = set.skipped().iter().map(|skipped| (skipped.index, skipped.error)).collect();
    assert_eq!(
        errors,
        [
            (0, KeyError::UnknownKeyType),
            (1, KeyError::InvalidKey),
            (2, KeyError::InvalidKey),
            (3, KeyError::InvalidKey)
        ]
    );
    assert_eq!(set.keys().len(), 1);
}
