//! Rows about the credential itself: where it stands, its form, its signature.

use serde_json::{Value, json};

use super::{Issuers, Outcome, Row};
use crate::doors::Door;
use crate::mint::encode;

pub(super) fn rows(issuers: &Issuers) -> Vec<Row> {
    [sound(issuers), places(issuers), broken(issuers), headers_of_tokens(issuers)].concat()
}

fn sound(issuers: &Issuers) -> Vec<Row> {
    let alpha = &issuers.alpha;
    let claims = alpha.claims("gate", &json!({})).to_string();
    [("RS256", "rsa"), ("RS384", "rsa"), ("RS512", "rsa"), ("PS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")]
        .map(|(algorithm, key)| {
            let token = alpha.sign(&json!({"alg": algorithm, "kid": key}), &claims);
            Row::new(format!("a sound token, {algorithm}")).bearer(&token).allow("alpha:alice", "dev,ops")
        })
        .to_vec()
}

fn places(issuers: &Issuers) -> Vec<Row> {
    let alpha = &issuers.alpha;
    let token = alpha.token("gate", &json!({}));
    let other = alpha.token("gate", &json!({"sub": "bob"}));
    let bad = "Bearer nothing";
    let two = [Door::Nginx];
    let mut rows = vec![
        Row::new("no credential"),
        Row::new("an empty Authorization").header("Authorization", "").refuse(401, "malformed_credential"),
        Row::new("a token in the query is not read").at("app.test", format!("/page?access_token={token}")),
        Row::new("a token in a cookie is not read").header("Cookie", format!("token={token}")),
        Row::new("a token in X-Forwarded-Access-Token is not read")
            .header("X-Forwarded-Access-Token", token.clone()),
        Row::new("Proxy-Authorization is not read")
            .header("Proxy-Authorization", format!("Bearer {token}"))
            .but(&[], &Outcome::Proxy(0), ""),
        Row::new("Basic is another scheme")
            .header("Authorization", "Basic YWxpY2U6c2VjcmV0")
            .refuse(401, "malformed_credential"),
        Row::new("the scheme in lower case")
            .header("Authorization", format!("bearer {token}"))
            .allow("alpha:alice", "dev,ops"),
        Row::new("the scheme in upper case")
            .header("Authorization", format!("BEARER {token}"))
            .allow("alpha:alice", "dev,ops"),
        Row::new("Bearer without a token")
            .header("Authorization", "Bearer")
            .refuse(401, "malformed_credential"),
        Row::new("two words after Bearer")
            .header("Authorization", format!("Bearer {token} x"))
            .refuse(401, "malformed_credential"),
        Row::new("two tokens, comma-joined")
            .header("Authorization", format!("Bearer {token}, Bearer {other}"))
            .refuse(400, "conflicting_credentials"),
        Row::new("two Authorization headers")
            .bearer(&token)
            .bearer(&other)
            .refuse(400, "conflicting_credentials")
            .but(&two, &Outcome::Proxy(400), "nginx refuses a repeated Authorization by itself"),
        Row::new("a bad and a good Authorization header")
            .header("Authorization", bad)
            .bearer(&token)
            .refuse(400, "conflicting_credentials")
            .but(&two, &Outcome::Proxy(400), "nginx refuses a repeated Authorization by itself"),
    ];
    // The mere form was enough once.
    rows.push(
        Row::new("Bearer nothing (CVE-2026-28229)")
            .header("Authorization", bad)
            .refuse(401, "malformed_credential"),
    );
    rows
}

/// Tokens whose text is damaged.
fn broken(issuers: &Issuers) -> Vec<Row> {
    let alpha = &issuers.alpha;
    let token = alpha.token("gate", &json!({}));
    let parts: Vec<&str> = token.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let flipped = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let malformed = [
        ("one part", header.to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{token}.{signature}")),
        ("an encrypted token's five parts", format!("{token}.{signature}.{signature}")),
        ("padding", format!("{header}.{payload}.{signature}==")),
        ("standard base64", format!("{header}.{payload}.+/{}", &signature[2..])),
        ("a header that is no JSON", format!("{}.{payload}.{signature}", encode("x"))),
        ("a header that is a list", format!("{}.{payload}.{signature}", encode("[]"))),
        ("claims that are no JSON", alpha.sign(&json!({"alg": "RS256", "kid": "rsa"}), "x")),
        ("claims that are a text", alpha.sign(&json!({"alg": "RS256", "kid": "rsa"}), "\"x\"")),
        (
            "a byte behind the claims",
            alpha.sign(
                &json!({"alg": "RS256", "kid": "rsa"}),
                &format!("{} x", alpha.claims("gate", &json!({}))),
            ),
        ),
    ];
    let mut rows: Vec<Row> = malformed
        .map(|(what, token)| {
            Row::new(format!("a token with {what}")).bearer(&token).refuse(401, "malformed_credential")
        })
        .to_vec();
    let forged = [
        ("a changed signature", format!("{header}.{payload}.{}", flipped(signature, 20))),
        (
            "a changed payload",
            format!(
                "{header}.{}.{signature}",
                encode(alpha.claims("gate", &json!({"sub": "root"})).to_string())
            ),
        ),
        ("a signature of another issuer's key of the same id", {
            let claims = alpha.claims("gate", &json!({})).to_string();
            issuers.beta.sign(&json!({"alg": "RS256", "kid": "rsa"}), &claims)
        }),
        ("the signature of an unknown issuer", {
            let claims = alpha.claims("gate", &json!({})).to_string();
            issuers.stranger.sign(&json!({"alg": "ES256", "kid": "ec"}), &claims)
        }),
    ];
    rows.extend(forged.map(|(what, token)| {
        Row::new(format!("a token with {what}")).bearer(&token).refuse(401, "bad_signature")
    }));
    rows
}

/// Sound signatures under headers that must not be accepted.
fn headers_of_tokens(issuers: &Issuers) -> Vec<Row> {
    let alpha = &issuers.alpha;
    let claims = alpha.claims("gate", &json!({})).to_string();
    let signed = |header: Value| alpha.sign(&header, &claims);
    let unsigned = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&claims));
    let rows: Vec<(&str, String, &'static str)> = vec![
        ("alg none", unsigned, "algorithm_not_allowed"),
        ("alg NONE", signed(json!({"alg": "NONE", "kid": "rsa"})), "algorithm_not_allowed"),
        (
            "alg HS256 over the public key",
            signed(json!({"alg": "HS256", "kid": "rsa"})),
            "algorithm_not_allowed",
        ),
        ("no alg", signed(json!({"kid": "rsa"})), "malformed_credential"),
        ("alg that is a number", signed(json!({"alg": 1, "kid": "rsa"})), "malformed_credential"),
        ("an unknown kid", signed(json!({"alg": "RS256", "kid": "gone"})), "unknown_key"),
        (
            "typ logout+jwt",
            signed(json!({"alg": "RS256", "kid": "rsa", "typ": "logout+jwt"})),
            "wrong_token_kind",
        ),
        (
            "typ dpop+jwt",
            signed(json!({"alg": "RS256", "kid": "rsa", "typ": "dpop+jwt"})),
            "wrong_token_kind",
        ),
        (
            "typ secevent+jwt",
            signed(json!({"alg": "RS256", "kid": "rsa", "typ": "secevent+jwt"})),
            "wrong_token_kind",
        ),
        (
            "an unknown critical extension",
            signed(json!({"alg": "RS256", "kid": "rsa", "crit": ["x"], "x": 1})),
            "malformed_credential",
        ),
        (
            "a key that it brings along",
            {
                let own =
                    json!({"alg": "RS256", "kid": "own", "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}});
                issuers.stranger.sign(&own, &claims)
            },
            "unknown_key",
        ),
    ];
    let mut rows: Vec<Row> = rows
        .into_iter()
        .map(|(what, token, code)| Row::new(format!("a token with {what}")).bearer(&token).refuse(401, code))
        .collect();
    for kind in ["at+jwt", "AT+JWT", "application/at+jwt", "jwt"] {
        let token = signed(json!({"alg": "RS256", "kid": "rsa", "typ": kind}));
        rows.push(
            Row::new(format!("a token with typ {kind}")).bearer(&token).allow("alpha:alice", "dev,ops"),
        );
    }
    rows
}
