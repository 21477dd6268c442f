//! OpenID Providers of the tests: keys, discovery, and tokens of every sound and unsound make. Signing is
//! done here on the bare primitives, so that the gate's own code vouches for nothing.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::wire;

/// Seconds since the epoch.
pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// An OpenID Provider on loopback with a key of each kind, under key ids that every provider here shares.
pub(crate) struct Issuer {
    address: SocketAddr,
    rsa: Key,
    ec: Key,
    ed: Key,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let rsa = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let ec = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let ed = Ed25519KeyPair::generate().unwrap();
        let keys = key_set(&rsa, &ec, &ed);
        let address = wire::serve(move |request| {
            let url = format!("http://{}", wire::header(&request.headers, "host").unwrap_or_default());
            let body = match request.target.as_str() {
                "/.well-known/openid-configuration" => json!({
                    "issuer": url,
                    "jwks_uri": format!("{url}/keys"),
                    "authorization_endpoint": format!("{url}/authorize"),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
                }),
                "/keys" => keys.clone(),
                _ => return wire::response("404 Not Found", "text/plain", ""),
            };
            wire::response("200 OK", "application/json", &body.to_string())
        });
        Self { address, rsa: Key::Rsa(rsa), ec: Key::Ec(ec), ed: Key::Ed(ed) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sound claims for an audience; `null` members of `changes` are removed, others replaced.
    pub(crate) fn claims(&self, audience: &str, changes: &Value) -> Value {
        let now = now();
        let mut claims = json!({
            "iss": self.url(),
            "sub": "alice",
            "aud": audience,
            "iat": now - 10,
            "exp": now + 3600,
            "groups": ["dev", "ops"],
        });
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    /// A token of these claims as text, signed with the key that the header's `alg` asks for.
    pub(crate) fn sign(&self, header: &Value, claims: &str) -> String {
        let key = match header["alg"].as_str() {
            Some("ES256") => &self.ec,
            Some("EdDSA") => &self.ed,
            _ => &self.rsa,
        };
        sign_with(key, header, claims)
    }

    /// A sound RS256 token with changed claims.
    pub(crate) fn token(&self, audience: &str, changes: &Value) -> String {
        self.sign(
            &json!({"alg": "RS256", "kid": "rsa", "typ": "JWT"}),
            &self.claims(audience, changes).to_string(),
        )
    }
}

fn sign_with(key: &Key, header: &Value, claims: &str) -> String {
    let input = format!("{}.{}", encode(header.to_string()), encode(claims));
    let bytes = input.as_bytes();
    let random = SystemRandom::new();
    let signature = match key {
        Key::Rsa(key) => {
            let padding: &dyn signature::RsaEncoding = match header["alg"].as_str() {
                Some("RS384") => &signature::RSA_PKCS1_SHA384,
                Some("RS512") => &signature::RSA_PKCS1_SHA512,
                Some("PS256") => &signature::RSA_PSS_SHA256,
                _ => &signature::RSA_PKCS1_SHA256,
            };
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(padding, &random, bytes, &mut signature).unwrap();
            signature
        }
        Key::Ec(key) => key.sign(&random, bytes).unwrap().as_ref().to_vec(),
        Key::Ed(key) => key.sign(bytes).as_ref().to_vec(),
    };
    format!("{input}.{}", encode(signature))
}

fn key_set(rsa: &RsaKeyPair, ec: &EcdsaKeyPair, ed: &Ed25519KeyPair) -> Value {
    // RFC 8017 A.1.1: a sequence of the 2048-bit modulus, with a leading zero, and the exponent 65537.
    let public = rsa.public_key().as_ref();
    let point = ec.public_key().as_ref();
    json!({"keys": [
        {"kty": "RSA", "kid": "rsa", "use": "sig",
         "n": encode(&public[9..265]),
         "e": encode(&public[267..270])},
        {"kty": "EC", "kid": "ec", "use": "sig", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])},
        {"kty": "OKP", "kid": "ed", "use": "sig", "crv": "Ed25519", "x": encode(ed.public_key().as_ref())},
    ]})
}
