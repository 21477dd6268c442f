use std::collections::BTreeSet;

use claimgate_crypto::{Algorithm, JwtLimits, KeyId, RegisteredClaims, TokenType, UnverifiedJwt};

use super::Broken;
use crate::{Issuer, NOW};

/// What everything that does not depend on a configuration says about the token: `Ok`, or the error.
fn verdict(issuer: &Issuer, token: &str) -> String {
    let jwt = match UnverifiedJwt::parse(token.as_bytes(), JwtLimits::default()) {
        Ok(jwt) => jwt,
        Err(error) => return format!("{error:?}"),
    };
    let (keys, algorithm, id) = (issuer.key_set(), jwt.algorithm(), jwt.key_id().cloned());
    match jwt.verify(keys.candidates(id.as_ref().map(KeyId::as_str), algorithm)) {
        Ok(jwt) => match RegisteredClaims::parse(jwt.claims()) {
            Ok(_) => "Ok".to_owned(),
            Err(error) => format!("{} {:?}", error.claim, error.problem),
        },
        Err(error) => format!("{error:?}"),
    }
}

fn accepts(issuer: &Issuer, token: &str) -> bool {
    verdict(issuer, token) == "Ok"
}

/// What the verdict on a fault contains.
fn reason(fault: Broken) -> &'static str {
    match fault {
        Broken::SignatureBit
        | Broken::ChangedClaim
        | Broken::ChangedHeader
        | Broken::ForeignKey
        | Broken::EmbeddedKey
        | Broken::ShortSignature
        | Broken::LongSignature => "BadSignature",
        Broken::PublicKeyAsSecret => "WrongAlgorithm",
        Broken::Unsigned | Broken::UnsignedMixedCase => "Unsigned",
        Broken::EmptySignature => "Empty(Signature)",
        Broken::EmptyHeader | Broken::Dots => "Empty(Header)",
        Broken::EmptyPayload => "Empty(Payload)",
        Broken::TwoParts | Broken::FourParts => "NotCompact",
        Broken::FiveParts => "Encrypted",
        Broken::Padding | Broken::LineBreak | Broken::TrailingBits | Broken::StandardAlphabet => {
            "Base64(Payload)"
        }
        Broken::NotJson => "part: Payload, source: ParseError { kind: UnexpectedByte",
        Broken::PayloadList => "NotAnObject(Payload)",
        Broken::RepeatedClaim => "part: Payload, source: ParseError { kind: RepeatedMember",
        Broken::RepeatedParameter => "part: Header, source: ParseError { kind: RepeatedMember",
        Broken::TrailingDocument => "TrailingBytes",
        Broken::InvalidUtf8 => "InvalidUtf8",
        Broken::LoneSurrogate => "InvalidEscape",
        Broken::TooDeep => "TooDeep",
        Broken::HugeNumber => "NumberOutOfRange",
        Broken::TooLarge => "TooLarge",
        Broken::Critical => "Extension(\"crit\")",
        Broken::Unencoded => "Extension(\"b64\")",
        Broken::NoAlgorithm => "MissingAlgorithm",
        Broken::AlgorithmNumber => "InvalidParameter(\"alg\")",
        Broken::UnknownAlgorithm => "UnsupportedAlgorithm",
        Broken::KeyIdNumber => "InvalidParameter(\"kid\")",
        Broken::TypeList => "InvalidParameter(\"typ\")",
        Broken::IssuerList => "iss NotText",
        Broken::SubjectNumber => "sub NotText",
        Broken::AudienceNumber => "aud NotTextOrTexts",
        Broken::ExpiryText | Broken::ExpiryNull => "exp NotNumber",
        Broken::NotBeforeText => "nbf NotNumber",
        Broken::IssuedAtList => "iat NotNumber",
    }
}

#[test]
fn every_token_has_the_fault_that_it_is_named_for() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let issuer = Issuer::new("https://issuer.example", algorithm);
        let token = issuer.token().claim("groups", vec!["a", "b"]);
        assert_eq!(verdict(&issuer, &token.sign()), "Ok");
        for fault in Broken::ALL {
            let verdict = verdict(&issuer, &token.broken(fault));
            assert!(verdict.contains(reason(fault)), "{algorithm}: {fault:?}: {verdict}");
        }
    }
}

#[test]
fn every_fault_is_listed_once() {
    assert_eq!(BTreeSet::from(Broken::ALL).len(), Broken::ALL.len());
    assert_eq!(Broken::ALL.last().map(|last| *last as usize + 1), Some(Broken::ALL.len()));
}

#[test]
fn tokens_say_what_they_were_told() {
    let issuer = Issuer::new("https://issuer.example", Algorithm::Es256).with_key_id("k1");
    let token = issuer
        .token()
        .subject("build")
        .audiences(&["a", "b"])
        .expires_in(-5)
        .not_before_in(-60)
        .issued_in(-90)
        .token_type("at+jwt")
        .sign();
    let jwt = UnverifiedJwt::parse(token.as_bytes(), JwtLimits::default()).unwrap();
    assert_eq!(jwt.key_id().map(KeyId::as_str), Some("k1"));
    assert_eq!(jwt.token_type().map(TokenType::as_str), Some("at+jwt"));
    let claims = RegisteredClaims::parse(jwt.claims()).unwrap();
    assert_eq!((claims.issuer, claims.subject), (Some("https://issuer.example"), Some("build")));
    assert_eq!(claims.audiences, ["a", "b"]);
    let dates = [claims.expires_at, claims.not_before, claims.issued_at];
    assert_eq!(dates.map(|date| date.unwrap().floor() - NOW), [-5, -60, -90]);
}

#[test]
fn a_rotated_issuer_publishes_old_keys_until_they_retire() {
    let mut issuer = Issuer::new("https://issuer.example", Algorithm::Es256);
    let old = issuer.token().sign();
    issuer.rotate(Algorithm::EdDsa);
    let new = issuer.token().sign();
    assert!(accepts(&issuer, &old) && accepts(&issuer, &new));
    issuer.retire_old_keys();
    assert!(!accepts(&issuer, &old) && accepts(&issuer, &new));
    assert_eq!(issuer.jwk_set().matches("\"kid\"").count(), 1);
}
