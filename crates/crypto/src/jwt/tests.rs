use claimgate_json::{Object, ParseErrorKind};
use proptest::prelude::*;

use super::{JwtError, JwtLimits, JwtPart, TokenType, UnverifiedJwt};
use crate::{Algorithm, KeyId, SigningKey, VerifyError, base64url};

fn parse(token: &str) -> Result<UnverifiedJwt<'_>, JwtError> {
    UnverifiedJwt::parse(token.as_bytes(), JwtLimits::default())
}

/// A token of this header and payload; its signature is some bytes.
fn token(header: &str, payload: &str) -> String {
    [header, payload, "signature"].map(base64url::encode).join(".")
}

fn refusal(token: &str) -> JwtError {
    parse(token).unwrap_err()
}

const HEADER: &str = r#"{"alg":"ES256"}"#;

#[test]
fn a_token_is_read_whole() {
    let text = token(
        r#"{"typ":"application/AT+JWT","kid":"k1","alg":"ES256","cty":"x"}"#,
        r#" {"iss":"https://issuer.example","a":[1]} "#,
    );
    let jwt = parse(&text).unwrap();
    assert_eq!(jwt.algorithm(), Algorithm::Es256);
    assert_eq!(jwt.key_id(), Some(&KeyId::new("k1")));
    assert_eq!(jwt.token_type().map(TokenType::as_str), Some("at+jwt"));
    assert_eq!(jwt.issuer(), Some("https://issuer.example"));
    assert_eq!(jwt.claims().len(), 2);
    assert_eq!(jwt.signature(), b"signature");
    let (signing_input, _) = text.rsplit_once('.').unwrap();
    assert_eq!(jwt.signing_input(), signing_input.as_bytes());
}

#[test]
fn an_issuer_is_one_text() {
    for (claims, issuer) in [
        (r#"{"iss":"a"}"#, Some("a")),
        (r#"{"iss":""}"#, Some("")),
        ("{}", None),
        (r#"{"iss":["a"]}"#, None),
        (r#"{"iss":null}"#, None),
    ] {
        assert_eq!(parse(&token(HEADER, claims)).unwrap().issuer(), issuer, "{claims}");
    }
}

#[test]
fn anything_but_three_parts_is_refused() {
    let good = token(HEADER, "{}");
    let (header, rest) = good.split_once('.').unwrap();
    for (text, error) in [
        (String::new(), JwtError::NotCompact),
        (header.to_owned(), JwtError::NotCompact),
        (rest.to_owned(), JwtError::NotCompact),
        (format!("{good}."), JwtError::NotCompact),
        (format!("{good}.e30.e30.e30"), JwtError::NotCompact),
        (format!("{good}.e30.e30"), JwtError::Encrypted),
        (".".repeat(10_000), JwtError::NotCompact),
        (format!(".{rest}"), JwtError::Empty(JwtPart::Header)),
        (format!("{header}..e30"), JwtError::Empty(JwtPart::Payload)),
        (format!("{header}.e30."), JwtError::Empty(JwtPart::Signature)),
        // The JSON serialisations of RFC 7515 §7.2.
        (r#"{"payload":"e30","protected":"e30","signature":"e30"}"#.into(), JwtError::NotCompact),
    ] {
        assert_eq!(refusal(&text), error, "{}", &text[..text.len().min(80)]);
    }
}

#[test]
fn only_canonical_base64url_is_read() {
    let [header, payload, signature] = [HEADER, "{}", "sign"].map(base64url::encode);
    for bad in ["=", " ", "\n", "+", "/", "A", "é", "\0"] {
        for (at, part) in [JwtPart::Header, JwtPart::Payload, JwtPart::Signature].into_iter().enumerate() {
            let mut parts = [header.clone(), payload.clone(), signature.clone()];
            parts[at].push_str(bad);
            // One character more may complete a quartet; two make an impossible length or a wrong one.
            if base64url::decode(&parts[at]).is_ok() {
                continue;
            }
            assert_eq!(refusal(&parts.join(".")), JwtError::Base64(part), "{bad:?} in {part}");
        }
    }
    // "{}" is "e30"; "e31" has the same bytes and a bit too many.
    assert_eq!(refusal(&format!("{header}.e31.{signature}")), JwtError::Base64(JwtPart::Payload));
    assert_eq!(refusal(&format!("{header}.e30.c2lnbh")), JwtError::Base64(JwtPart::Signature));
    assert_eq!(refusal(&format!("Bearer {header}.e30.{signature}")), JwtError::Base64(JwtPart::Header));
}

#[test]
fn header_and_payload_are_strict_json_objects() {
    let json = |part, text: &str| match part {
        JwtPart::Header => refusal(&token(text, "{}")),
        _ => refusal(&token(HEADER, text)),
    };
    for part in [JwtPart::Header, JwtPart::Payload] {
        for text in ["[]", "null", "\"{}\"", "1"] {
            assert_eq!(json(part, text), JwtError::NotAnObject(part), "{text}");
        }
        for (text, kind) in [
            (r#"{"alg":"ES256","alg":"none"}"#, ParseErrorKind::RepeatedMember),
            (r#"{"alg":"ES256"}x"#, ParseErrorKind::TrailingBytes),
            (r#"{"alg":"ES256"}{}"#, ParseErrorKind::TrailingBytes),
            (r#"{"alg":"ES256","#, ParseErrorKind::UnexpectedEnd),
            (r#"{"alg":"\ud800"}"#, ParseErrorKind::InvalidEscape),
            (r#"{"alg":1e999}"#, ParseErrorKind::NumberOutOfRange),
            ("\u{feff}{}", ParseErrorKind::UnexpectedByte),
            ("{'alg':1}", ParseErrorKind::UnexpectedByte),
        ] {
            let error = json(part, text);
            assert!(
                matches!(&error, JwtError::Json { part: found, source } if *found == part && source.kind == kind),
                "{text}: {error:?}"
            );
        }
    }
    let latin1 = [base64url::encode(HEADER), base64url::encode(b"{\"a\":\"\xe9\"}"), "c2ln".into()].join(".");
    assert!(matches!(refusal(&latin1), JwtError::Json { part: JwtPart::Payload, .. }));
    let nest = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(parse(&token(HEADER, &nest(32))).is_ok());
    assert!(matches!(
        refusal(&token(HEADER, &nest(33))),
        JwtError::Json { source, .. } if source.kind == ParseErrorKind::TooDeep
    ));
}

#[test]
fn the_header_asks_for_nothing_unknown() {
    for (header, error) in [
        ("{}", JwtError::MissingAlgorithm),
        (r#"{"ALG":"ES256"}"#, JwtError::MissingAlgorithm),
        (r#"{"alg":null}"#, JwtError::InvalidParameter("alg")),
        (r#"{"alg":["ES256"]}"#, JwtError::InvalidParameter("alg")),
        (r#"{"alg":"ES256","kid":1}"#, JwtError::InvalidParameter("kid")),
        (r#"{"alg":"ES256","kid":null}"#, JwtError::InvalidParameter("kid")),
        (r#"{"alg":"ES256","typ":["JWT"]}"#, JwtError::InvalidParameter("typ")),
        (r#"{"alg":"none"}"#, JwtError::Unsigned),
        (r#"{"alg":"NoNe"}"#, JwtError::Unsigned),
        (r#"{"alg":"es256"}"#, JwtError::UnsupportedAlgorithm),
        (r#"{"alg":""}"#, JwtError::UnsupportedAlgorithm),
        (r#"{"alg":"ES256K"}"#, JwtError::UnsupportedAlgorithm),
        (r#"{"alg":"ES256","crit":["exp"]}"#, JwtError::Extension("crit")),
        (r#"{"alg":"ES256","crit":[]}"#, JwtError::Extension("crit")),
        (r#"{"alg":"ES256","crit":null}"#, JwtError::Extension("crit")),
        (r#"{"alg":"ES256","b64":true}"#, JwtError::Extension("b64")),
        (r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#, JwtError::Extension("crit")),
    ] {
        assert_eq!(refusal(&token(header, "{}")), error, "{header}");
    }
    let unsigned = format!("{}.e30.", base64url::encode(r#"{"alg":"none"}"#));
    assert_eq!(refusal(&unsigned), JwtError::Unsigned);
}

#[test]
fn the_size_is_checked_first() {
    let limits = JwtLimits { bytes: 100, depth: 32 };
    let length = |bytes: usize| UnverifiedJwt::parse(&vec![b'.'; bytes], limits).unwrap_err();
    assert_eq!(length(100), JwtError::NotCompact);
    assert_eq!(length(101), JwtError::TooLarge);
    assert_eq!(refusal(&"a".repeat(1024 * 1024)), JwtError::TooLarge);
}

#[test]
fn a_type_is_compared_as_a_media_type() {
    for (text, normal) in [
        ("JWT", "jwt"),
        ("at+jwt", "at+jwt"),
        ("application/at+jwt", "at+jwt"),
        ("Application/AT+JWT", "at+jwt"),
        ("application/a/b", "application/a/b"),
        ("text/jwt", "text/jwt"),
        ("", ""),
    ] {
        assert_eq!(TokenType::new(text).as_str(), normal, "{text}");
    }
}

#[test]
fn a_token_does_not_bring_its_own_key() {
    let (own, foreign) =
        (SigningKey::generate(Algorithm::Es256).unwrap(), SigningKey::generate(Algorithm::Es256).unwrap());
    let mut header = Object::from_iter([("alg", "ES256"), ("jku", "https://evil.example"), ("x5u", "x")]);
    header.insert("jwk", foreign.public_jwk().unwrap());
    header.insert("x5c", vec!["AAAA"]);
    let signed = foreign.sign_compact(&header, b"{}").unwrap();
    let jwt = parse(&signed).unwrap();
    let error = jwt.verify([&own.verification_key().unwrap()]).unwrap_err();
    assert_eq!(error, VerifyError::BadSignature);
}

/// The public key as an HMAC secret: the oldest confusion of algorithms.
#[test]
fn a_public_key_is_never_a_shared_secret() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let key = SigningKey::generate(algorithm).unwrap();
        let jwk = key.public_jwk().unwrap().to_string();
        let input = format!("{}.e30", base64url::encode(r#"{"alg":"HS256"}"#));
        let forged =
            format!("{input}.{}", base64url::encode(crate::digest::hmac_sha256(jwk.as_bytes(), &input)));
        let error = parse(&forged).unwrap().verify([&key.verification_key().unwrap()]).unwrap_err();
        assert_eq!(error, VerifyError::WrongAlgorithm);
    }
}

#[test]
fn the_first_key_that_fits_verifies() {
    let keys: Vec<_> = [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es256]
        .map(|algorithm| SigningKey::generate(algorithm).unwrap())
        .into();
    let verifying: Vec<_> = keys.iter().map(|key| key.verification_key().unwrap()).collect();
    let token = keys[2].sign_jwt("JWT", &Object::new()).unwrap();
    let verify = |keys: &[crate::VerificationKey]| {
        parse(&token).unwrap().verify(keys).map(|jwt| jwt.verified_by().cloned())
    };
    assert_eq!(verify(&verifying), Ok(Some(keys[2].id().clone())));
    assert_eq!(verify(&verifying[..2]), Err(VerifyError::BadSignature));
    assert_eq!(verify(&verifying[..1]), Err(VerifyError::WrongAlgorithm));
    assert_eq!(verify(&[]), Err(VerifyError::WrongAlgorithm));
}

#[test]
fn debug_and_errors_show_no_claims() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let claims = Object::from_iter([("email", "jane@example.com")]);
    let token = key.sign_jwt("JWT", &claims).unwrap();
    let unverified = parse(&token).unwrap();
    let before = format!("{unverified:?}");
    let verified = unverified.verify([&key.verification_key().unwrap()]).unwrap();
    let shown = format!("{before} {verified:?}");
    assert!(!shown.contains("jane"), "{shown}");
    assert!(shown.contains("Es256"), "{shown}");
    let broken = parse(&self::token(HEADER, r#"{"email":"jane@example.com" "#)).unwrap_err();
    assert!(!format!("{broken:?} {broken}").contains("jane"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = UnverifiedJwt::parse(&bytes, JwtLimits::default());
    }

    #[test]
    fn any_parts_are_read_or_refused(header in any::<String>(), payload in any::<String>()) {
        if let Ok(jwt) = parse(&token(&header, &payload)) {
            prop_assert_eq!(jwt.signature(), b"signature");
        }
    }

    /// No two texts are the same token: a changed text either fails to parse or to verify.
    #[test]
    fn a_changed_character_is_noticed(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.=+/ -]") {
        let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let good = key.sign_jwt("JWT", &Object::from_iter([("sub", "jane")])).unwrap();
        let at = at.index(good.len());
        let mut bad = good.clone();
        bad.replace_range(at..=at, &to);
        let verification = key.verification_key().unwrap();
        let verifies = |token: &str| parse(token).is_ok_and(|jwt| jwt.verify([&verification]).is_ok());
        prop_assert!(verifies(&good));
        prop_assert_eq!(verifies(&bad), bad == good);
    }
}
