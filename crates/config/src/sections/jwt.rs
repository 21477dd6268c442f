use claimgate_json::Json;
use url::Url;

use super::mappings::{ClaimMappings, ClaimValidationRule, GroupFilter, UserValidationRule};
use super::records::{Time, one_of_keys};
use crate::decode::{At, Decode, Decoder, OneOrMany, Shape, choice, not_one_of, section};
use crate::yaml::{Node, Value};

section! {
    /// A trust entry, in the shape of Kubernetes' `AuthenticationConfiguration` with additions.
    pub struct Jwt {
        /// The entry's name: `jwt/NAME` in routes, in front of user names, in metrics. Lower-case letters, digits, `-`, `.`.
        "name" name: At<String> = required,
        /// Whose tokens.
        "issuer" issuer: Issuer = required,
        /// Rules that the claims must meet, all of them.
        "claimValidationRules" claim_validation_rules: Vec<ClaimValidationRule> = optional,
        /// From claims to an identity.
        "claimMappings" claim_mappings: ClaimMappings = default("{}"),
        /// Rules that the identity must meet, all of them.
        "userValidationRules" user_validation_rules: Vec<UserValidationRule> = optional,
        /// The signature algorithms that are accepted. Without it every asymmetric one that the key's type allows.
        "algorithms" algorithms: Option<Vec<At<SignatureAlgorithm>>> = optional,
        /// The kinds of token that are accepted.
        "tokenKinds" token_kinds: Option<Vec<At<TokenKind>>> = optional,
        /// The longest time since a token was issued; `iat` is required then.
        "maxTokenAge" max_token_age: Option<Time> = optional,
        /// How far clocks may differ, at most 5m. Without it `limits.clockSkew`.
        "clockSkew" clock_skew: Option<Time> = optional,
        /// Where the keys come from; several places give the union. Without it discovery.
        "keys" keys: Option<OneOrMany<At<KeySource>>> = optional,
        /// What becomes of the mapped groups.
        "groups" groups: Option<GroupFilter> = optional,
        /// User names and groups beginning with `system:` that the entry may yield, to the letter.
        "allowSystem" allow_system: Vec<At<String>> = optional,
        /// Claims and what must come of them; tried whenever the configuration is loaded.
        "examples" examples: Vec<Example> = optional,
    }
}

section! {
    /// An issuer of tokens.
    pub struct Issuer {
        /// The `iss` value, to the letter, and where discovery begins.
        "url" url: At<String> = required,
        /// For whom a token must be meant; one of them suffices.
        "audiences" audiences: Vec<At<String>> = required,
        /// `MatchAny`, which is how audiences are compared.
        "audienceMatchPolicy" audience_match_policy: Option<At<AudienceMatchPolicy>> = optional,
        /// The complete address of the discovery document, where it is not below `url`.
        "discoveryURL" discovery_url: Option<At<Url>> = optional,
        /// Certificate authorities of the issuer, in PEM. Without any the system's.
        "certificateAuthority" certificate_authority: Option<At<String>> = optional,
        /// A file of certificate authorities, in PEM; read again when it changes.
        "certificateAuthorityFile" certificate_authority_file: Option<At<String>> = optional,
        /// Further values of `iss` that mean this issuer.
        "aliases" aliases: Vec<At<String>> = optional,
        /// Further values of `iss`, one for each allowed value of a placeholder.
        "aliasTemplates" alias_templates: Vec<AliasTemplate> = optional,
        /// The HTTP proxy through which the issuer is reached.
        "proxy" proxy: Option<At<Url>> = optional,
        /// Whether the issuer may be fetched without TLS from elsewhere than loopback.
        "allowHttp" allow_http: bool = default("false"),
    }
}

section! {
    /// Values of `iss` that differ in one place, such as the tenants of one provider.
    pub struct AliasTemplate {
        /// The value with one placeholder, such as `https://login.example.com/{tenant}/v2.0`.
        "template" template: At<String> = required,
        /// What may stand in its place.
        "values" values: Vec<At<String>> = required,
    }
}

choice! {
    /// How audiences are compared.
    pub enum AudienceMatchPolicy {
        /// One of the token's audiences is one of the entry's.
        MatchAny = "MatchAny",
    }
}

choice! {
    /// A signature algorithm of RFC 7518 §3.1 or RFC 8037 §3.1.
    pub enum SignatureAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// RSASSA-PKCS1-v1_5 with SHA-384.
        Rs384 = "RS384",
        /// RSASSA-PKCS1-v1_5 with SHA-512.
        Rs512 = "RS512",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// RSASSA-PSS with SHA-384.
        Ps384 = "PS384",
        /// RSASSA-PSS with SHA-512.
        Ps512 = "PS512",
        /// ECDSA with P-256 and SHA-256.
        Es256 = "ES256",
        /// ECDSA with P-384 and SHA-384.
        Es384 = "ES384",
        /// ECDSA with P-521 and SHA-512.
        Es512 = "ES512",
        /// Ed25519.
        EdDsa = "EdDSA",
        /// HMAC with SHA-256, with a static key only.
        Hs256 = "HS256",
        /// HMAC with SHA-384, with a static key only.
        Hs384 = "HS384",
        /// HMAC with SHA-512, with a static key only.
        Hs512 = "HS512",
    }
}

choice! {
    /// A kind of token, by the header's `typ`.
    pub enum TokenKind {
        /// `typ` absent or `JWT`: ID tokens and most others.
        Jwt = "jwt",
        /// `at+jwt`: access tokens of RFC 9068.
        AccessToken = "accessToken",
    }
}

/// Where an issuer's keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// The `jwks_uri` of the discovery document.
    Discovery,
    /// A JWK Set at a URL.
    Url(At<Url>),
    /// A file with a JWK Set; read again when it changes.
    File(At<String>),
    /// A JWK Set in the configuration itself.
    Inline(At<String>),
}

impl Decode for KeySource {
    fn shape() -> Shape {
        Shape::Either(vec![
            Shape::Choice(vec!["discovery"]),
            Shape::Tagged(vec![
                ("url", Url::shape()),
                ("file", Shape::Text("file", None)),
                ("inline", Shape::Text("JWK Set", None)),
            ]),
        ])
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        const KEYS: &[&str] = &["discovery", "url", "file", "inline"];
        if let Value::Scalar(scalar) = &node.value {
            return match scalar.text.as_ref() {
                "discovery" => Some(Self::Discovery),
                other => not_one_of(node, other, KEYS, decoder),
            };
        }
        match one_of_keys(node, &["url", "file", "inline"], decoder)? {
            ("url", value) => At::decode(value, decoder).map(Self::Url),
            ("file", value) => At::decode(value, decoder).map(Self::File),
            (_, value) => At::decode(value, decoder).map(Self::Inline),
        }
    }
}

section! {
    /// Claims and what must come of them.
    pub struct Example {
        /// The claims of a token. `iss`, `aud`, `exp` and `sub` are filled in where they are missing.
        "claims" claims: At<Json> = required,
        /// The user name that must come out.
        "username" username: Option<At<String>> = optional,
        /// The groups that must come out, in their order.
        "groups" groups: Option<Vec<At<String>>> = optional,
        /// A part of the refusal that must come out.
        "denied" denied: Option<At<String>> = optional,
    }
}
