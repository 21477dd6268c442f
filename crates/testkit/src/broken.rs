#![expect(clippy::expect_used, reason = "a test that cannot make its keys has to stop")]

use claimgate_crypto::{SigningKey, base64url, digest};
use claimgate_json::Json;

use crate::TokenBuilder;

/// One fault of a token. Whoever accepts a token with any of them has a hole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Broken {
    /// One bit of the signature is changed.
    SignatureBit,
    /// A claim is changed after signing.
    ChangedClaim,
    /// The header is changed after signing.
    ChangedHeader,
    /// Signed by another key that the header calls the issuer's.
    ForeignKey,
    /// Signed by another key that the header brings along as `jwk`.
    EmbeddedKey,
    /// An HMAC of the public key as secret, `alg` `HS256`.
    PublicKeyAsSecret,
    /// `alg` is `none`, the signature empty.
    Unsigned,
    /// `alg` is `nOnE`, with a signature.
    UnsignedMixedCase,
    /// The signature is empty.
    EmptySignature,
    /// The signature lacks its last byte.
    ShortSignature,
    /// The signature has a byte more.
    LongSignature,
    /// The header is empty.
    EmptyHeader,
    /// The payload is empty.
    EmptyPayload,
    /// Header and payload only.
    TwoParts,
    /// A fourth part.
    FourParts,
    /// Five parts, as of a JWE.
    FiveParts,
    /// Only dots.
    Dots,
    /// Padding after the payload.
    Padding,
    /// A line break in the payload.
    LineBreak,
    /// Bits behind the last byte of the payload.
    TrailingBits,
    /// The alphabet of plain base64 in the payload.
    StandardAlphabet,
    /// The payload is no JSON.
    NotJson,
    /// The payload is a list.
    PayloadList,
    /// The payload names a claim twice.
    RepeatedClaim,
    /// The header names a parameter twice.
    RepeatedParameter,
    /// A second document follows the payload.
    TrailingDocument,
    /// The payload is not UTF-8.
    InvalidUtf8,
    /// A lone surrogate in a claim.
    LoneSurrogate,
    /// The payload is nested 33 deep.
    TooDeep,
    /// A number beyond a double.
    HugeNumber,
    /// The token has 1 MiB.
    TooLarge,
    /// `crit` names an extension.
    Critical,
    /// `b64` is false.
    Unencoded,
    /// No `alg`.
    NoAlgorithm,
    /// `alg` is a number.
    AlgorithmNumber,
    /// An unknown `alg`.
    UnknownAlgorithm,
    /// `kid` is a number.
    KeyIdNumber,
    /// `typ` is a list.
    TypeList,
    /// `iss` is a list.
    IssuerList,
    /// `sub` is a number.
    SubjectNumber,
    /// `aud` holds a number.
    AudienceNumber,
    /// `exp` is a text.
    ExpiryText,
    /// `exp` is null.
    ExpiryNull,
    /// `nbf` is a text.
    NotBeforeText,
    /// `iat` is a list.
    IssuedAtList,
}

impl Broken {
    /// Every fault.
    pub const ALL: [Self; 45] = [
        Self::SignatureBit,
        Self::ChangedClaim,
        Self::ChangedHeader,
        Self::ForeignKey,
        Self::EmbeddedKey,
        Self::PublicKeyAsSecret,
        Self::Unsigned,
        Self::UnsignedMixedCase,
        Self::EmptySignature,
        Self::ShortSignature,
        Self::LongSignature,
        Self::EmptyHeader,
        Self::EmptyPayload,
        Self::TwoParts,
        Self::FourParts,
        Self::FiveParts,
        Self::Dots,
        Self::Padding,
        Self::LineBreak,
        Self::TrailingBits,
        Self::StandardAlphabet,
        Self::NotJson,
        Self::PayloadList,
        Self::RepeatedClaim,
        Self::RepeatedParameter,
        Self::TrailingDocument,
        Self::InvalidUtf8,
        Self::LoneSurrogate,
        Self::TooDeep,
        Self::HugeNumber,
        Self::TooLarge,
        Self::Critical,
        Self::Unencoded,
        Self::NoAlgorithm,
        Self::AlgorithmNumber,
        Self::UnknownAlgorithm,
        Self::KeyIdNumber,
        Self::TypeList,
        Self::IssuerList,
        Self::SubjectNumber,
        Self::AudienceNumber,
        Self::ExpiryText,
        Self::ExpiryNull,
        Self::NotBeforeText,
        Self::IssuedAtList,
    ];

    pub(crate) fn apply(self, token: &TokenBuilder<'_>) -> String {
        self.in_signature(token)
            .or_else(|| self.in_parts(token))
            .or_else(|| self.in_json(token))
            .or_else(|| self.in_header(token))
            .unwrap_or_else(|| self.in_claims(token))
    }

    fn in_signature(self, token: &TokenBuilder<'_>) -> Option<String> {
        let signed = token.sign();
        let (input, signature) = signed.rsplit_once('.')?;
        let (header, payload) = input.split_once('.')?;
        let mut signature = base64url::decode(signature).ok()?;
        match self {
            Self::SignatureBit => *signature.first_mut()? ^= 1,
            Self::ShortSignature => drop(signature.pop()),
            Self::LongSignature => signature.push(0),
            Self::EmptySignature => signature.clear(),
            Self::ChangedClaim => {
                let other = base64url::encode(token.clone().claim("sub", "root").payload());
                return Some(format!("{header}.{other}.{}", base64url::encode(signature)));
            }
            Self::ChangedHeader => {
                let other = base64url::encode(token.clone().header("x", true).header_text());
                return Some(format!("{other}.{payload}.{}", base64url::encode(signature)));
            }
            Self::ForeignKey => return Some(token.clone().signed_by(&foreign_key(token)).sign()),
            Self::EmbeddedKey => {
                let key = foreign_key(token);
                let jwk = key.public_jwk().map_or(Json::Null, Json::Object);
                return Some(token.clone().header("jwk", jwk).signed_by(&key).sign());
            }
            Self::PublicKeyAsSecret => {
                let jwk = token.issuer().key().public_jwk().unwrap_or_default().to_string();
                let header = base64url::encode(token.clone().header("alg", "HS256").header_text());
                let input = format!("{header}.{payload}");
                let tag = digest::hmac_sha256(jwk.as_bytes(), &input);
                return Some(format!("{input}.{}", base64url::encode(tag)));
            }
            _ => return None,
        }
        Some(format!("{input}.{}", base64url::encode(signature)))
    }

    fn in_parts(self, token: &TokenBuilder<'_>) -> Option<String> {
        let signed = token.sign();
        let (input, signature) = signed.rsplit_once('.')?;
        let (header, payload) = input.split_once('.')?;
        Some(match self {
            Self::EmptyHeader => token.sign_parts("", payload),
            Self::EmptyPayload => token.sign_parts(header, ""),
            Self::TwoParts => input.to_owned(),
            Self::FourParts => format!("{signed}.{signature}"),
            Self::FiveParts => format!("{signed}.{payload}.{signature}"),
            Self::Dots => "..".to_owned(),
            Self::Padding => token.sign_parts(header, &format!("{payload}=")),
            Self::LineBreak => token.sign_parts(header, &format!("{payload}\n")),
            // A payload of 3n+1 bytes ends in a character of which four bits are not used.
            Self::TrailingBits => {
                let mut text = token.payload();
                while text.len() % 3 != 1 {
                    text.push(' ');
                }
                let mut payload = base64url::encode(text);
                let last = payload.pop()?;
                payload.push(char::from(u8::try_from(last).ok()? + 1));
                token.sign_parts(header, &payload)
            }
            Self::StandardAlphabet => {
                // U+00FF at the right place is a `/` in plain base64.
                let text = (0..3).map(|pad| {
                    format!("{}{}", token.clone().claim("x", "ÿÿÿ~~~???").payload(), " ".repeat(pad))
                });
                let payload = text.map(base64url::encode).find(|text| text.contains(['-', '_']))?;
                token.sign_parts(header, &payload.replace('-', "+").replace('_', "/"))
            }
            Self::TooLarge => token.clone().claim("padding", "x".repeat(800 * 1024)).sign(),
            _ => return None,
        })
    }

    fn in_json(self, token: &TokenBuilder<'_>) -> Option<String> {
        let payload = token.payload();
        // The payload without its closing brace.
        let open = payload.strip_suffix('}')?;
        let bytes = match self {
            Self::NotJson => b"sub=jane".to_vec(),
            Self::PayloadList => format!("[{payload}]").into(),
            Self::RepeatedClaim => format!(r#"{open},"sub":"root"}}"#).into(),
            Self::TrailingDocument => format!("{payload}{payload}").into(),
            Self::InvalidUtf8 => [open.as_bytes(), b",\"x\":\"\xff\"}"].concat(),
            Self::LoneSurrogate => format!(r#"{open},"x":"\ud800"}}"#).into(),
            Self::TooDeep => format!(r#"{open},"x":{}{}}}"#, "[".repeat(32), "]".repeat(32)).into(),
            Self::HugeNumber => format!(r#"{open},"x":1e999}}"#).into(),
            Self::RepeatedParameter => {
                let header = token.header_text();
                let open = header.strip_suffix('}')?;
                let repeated = format!(r#"{open},"alg":"{}"}}"#, token.algorithm().name());
                return Some(token.sign_header(repeated.as_bytes()));
            }
            _ => return None,
        };
        Some(token.sign_payload(&bytes))
    }

    fn in_header(self, token: &TokenBuilder<'_>) -> Option<String> {
        let token = token.clone();
        let token = match self {
            Self::Unsigned => {
                let header = base64url::encode(token.clone().header("alg", "none").header_text());
                return Some(format!("{header}.{}.", base64url::encode(token.payload())));
            }
            Self::UnsignedMixedCase => token.header("alg", "nOnE"),
            Self::Critical => token.header("crit", vec!["exp"]),
            Self::Unencoded => token.header("b64", false),
            Self::NoAlgorithm => token.without_header("alg"),
            Self::AlgorithmNumber => token.header("alg", 256_i64),
            Self::UnknownAlgorithm => token.header("alg", "ES256K"),
            Self::KeyIdNumber => token.header("kid", 1_i64),
            Self::TypeList => token.header("typ", vec!["JWT"]),
            _ => return None,
        };
        Some(token.sign())
    }

    fn in_claims(self, token: &TokenBuilder<'_>) -> String {
        let issuer = token.issuer().url();
        let token = token.clone();
        let token = match self {
            Self::IssuerList => token.claim("iss", vec![issuer]),
            Self::SubjectNumber => token.claim("sub", 1_i64),
            Self::AudienceNumber => token.claim("aud", vec![Json::from("claimgate"), Json::from(1_i64)]),
            Self::ExpiryNull => token.claim("exp", Json::Null),
            Self::NotBeforeText => token.claim("nbf", "1"),
            Self::IssuedAtList => token.claim("iat", vec![1_i64]),
            _ => token.claim("exp", "9999999999"),
        };
        token.sign()
    }
}

fn foreign_key(token: &TokenBuilder<'_>) -> SigningKey {
    SigningKey::generate(token.algorithm()).expect("there is randomness")
}

#[cfg(test)]
mod tests;
