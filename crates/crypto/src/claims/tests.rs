use claimgate_json::{Json, Limits, Object, parse};

use super::{ClaimError, ClaimProblem, NumericDate, RegisteredClaims};

fn object(text: &str) -> Object {
    match parse(text.as_bytes(), Limits::default()).unwrap() {
        Json::Object(object) => object,
        other => panic!("{} is no object", other.kind()),
    }
}

#[test]
fn every_claim_is_read() {
    let claims = object(
        r#"{"iss":"https://issuer.example","sub":"jane","aud":["a","b"],"exp":1300819380,"nbf":1300819000.5,"iat":-1,"jti":"id"}"#,
    );
    let claims = RegisteredClaims::parse(&claims).unwrap();
    assert_eq!(claims.issuer, Some("https://issuer.example"));
    assert_eq!(claims.subject, Some("jane"));
    assert_eq!(claims.audiences, ["a", "b"]);
    assert_eq!(claims.expires_at, Some(NumericDate::from_seconds(1_300_819_380)));
    assert_eq!(claims.not_before.map(NumericDate::ceil), Some(1_300_819_001));
    assert_eq!(claims.issued_at, Some(NumericDate::from_seconds(-1)));
    assert_eq!(RegisteredClaims::parse(&object("{}")), Ok(RegisteredClaims::default()));
    for jti in ["null", "1", "[]"] {
        let claims = object(&format!(r#"{{"jti":{jti}}}"#));
        assert_eq!(RegisteredClaims::parse(&claims), Ok(RegisteredClaims::default()), "{jti}");
    }
    assert_eq!(RegisteredClaims::parse(&object(r#"{"aud":"a"}"#)).unwrap().audiences, ["a"]);
    assert_eq!(RegisteredClaims::parse(&object(r#"{"aud":[]}"#)), Ok(RegisteredClaims::default()));
}

/// CVE-2026-25537: a date of the wrong type was taken for no date.
#[test]
fn cve_2026_25537_a_claim_of_the_wrong_type_is_not_absent() {
    let wrong = |claim: &'static str, problem, values: &[&str]| {
        for value in values {
            let claims = object(&format!(r#"{{"{claim}":{value}}}"#));
            assert_eq!(
                RegisteredClaims::parse(&claims),
                Err(ClaimError { claim, problem }),
                "{claim}: {value}"
            );
        }
    };
    for claim in ["iss", "sub"] {
        wrong(claim, ClaimProblem::NotText, &["null", "1", "true", "{}", "[]", r#"["a"]"#]);
    }
    for claim in ["exp", "nbf", "iat"] {
        wrong(claim, ClaimProblem::NotNumber, &["null", "\"1300819380\"", "true", "{}", "[1300819380]"]);
        wrong(
            claim,
            ClaimProblem::OutOfRange,
            &["1e300", "-1e300", "9007199254740994", "18446744073709551616"],
        );
    }
    wrong(
        "aud",
        ClaimProblem::NotTextOrTexts,
        &["null", "1", "true", "{}", "[1]", r#"["a",null]"#, r#"[["a"]]"#],
    );
}

#[test]
fn rounding_never_lengthens_a_life() {
    for (text, floor, ceil) in [
        ("10", 10, 10),
        ("10.0", 10, 10),
        ("1e1", 10, 10),
        ("10.1", 10, 11),
        ("10.999999", 10, 11),
        ("-0", 0, 0),
        ("-0.5", -1, 0),
        ("-10.5", -11, -10),
        ("9007199254740992", 1 << 53, 1 << 53),
    ] {
        let claims = object(&format!(r#"{{"exp":{text}}}"#));
        let date = RegisteredClaims::parse(&claims).unwrap().expires_at.unwrap();
        assert_eq!((date.floor(), date.ceil()), (floor, ceil), "{text}");
    }
}

#[test]
fn errors_name_the_claim_and_not_its_value() {
    let claims = object(r#"{"exp":"s3cret"}"#);
    assert_eq!(RegisteredClaims::parse(&claims).unwrap_err().to_string(), "the claim `exp` is not a number");
}
