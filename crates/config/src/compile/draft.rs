use std::time::Duration;

use claimgate_core::trust::TokenKinds;
use claimgate_crypto::Algorithm;
use url::Url;

use crate::check::expand_aliases;
use crate::decode::At;
use crate::diagnostic::Place;
use crate::kubernetes::{JwtAuthenticator, given};
use crate::sections::{
    ClaimMappings, ClaimValidationRule, Example, GroupFilter, Jwt, KeySource, SignatureAlgorithm, TokenKind,
    UserValidationRule,
};

/// A trust entry of either kind of file, in one form.
pub(super) struct Draft<'a> {
    pub(super) name: String,
    pub(super) place: &'a Place,
    pub(super) origin: Origin,
    pub(super) url: &'a At<String>,
    pub(super) aliases: Vec<String>,
    pub(super) audiences: &'a [At<String>],
    pub(super) discovery_url: Option<At<Url>>,
    pub(super) authority: Option<Authority<'a>>,
    pub(super) keys: Vec<At<KeySource>>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) proxy: Option<Url>,
    pub(super) allow_http: bool,
    pub(super) token_kinds: TokenKinds,
    pub(super) max_token_age: Option<Duration>,
    pub(super) clock_skew: Option<Duration>,
    pub(super) mappings: Option<&'a ClaimMappings>,
    pub(super) claim_validation_rules: &'a [ClaimValidationRule],
    pub(super) user_validation_rules: &'a [UserValidationRule],
    pub(super) groups: Option<&'a GroupFilter>,
    pub(super) allow_system: &'a [At<String>],
    pub(super) examples: &'a [Example],
}

/// Which kind of file an entry stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Claimgate,
    Kubernetes,
}

#[derive(Clone, Copy)]
pub(super) enum Authority<'a> {
    Inline(&'a At<String>),
    File(&'a At<String>),
}

const KUBERNETES_ALGORITHMS: &[Algorithm] = &[
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
];

impl<'a> Draft<'a> {
    pub(super) fn of_claimgate(entry: &'a Jwt) -> Self {
        let issuer = &entry.issuer;
        let inline = given(issuer.certificate_authority.as_ref()).map(Authority::Inline);
        let algorithms = entry.algorithms.as_ref().map_or_else(
            || KUBERNETES_ALGORITHMS.iter().copied().chain([Algorithm::EdDsa]).collect(),
            |algorithms| algorithms.iter().map(|algorithm| algorithm.value.into()).collect(),
        );
        Self {
            name: entry.name.value.clone(),
            place: &entry.place,
            origin: Origin::Claimgate,
            url: &issuer.url,
            aliases: expand_aliases(issuer),
            audiences: &issuer.audiences,
            discovery_url: issuer.discovery_url.clone(),
            authority: inline.or(issuer.certificate_authority_file.as_ref().map(Authority::File)),
            keys: entry.keys.as_ref().map(|keys| keys.items.clone()).unwrap_or_default(),
            algorithms,
            proxy: issuer.proxy.as_ref().map(|proxy| proxy.value.clone()),
            allow_http: issuer.allow_http,
            token_kinds: kinds(entry),
            max_token_age: entry.max_token_age.as_ref().map(|age| age.value),
            clock_skew: entry.clock_skew.as_ref().map(|skew| skew.value),
            mappings: Some(&entry.claim_mappings),
            claim_validation_rules: &entry.claim_validation_rules,
            user_validation_rules: &entry.user_validation_rules,
            groups: entry.groups.as_ref(),
            allow_system: &entry.allow_system,
            examples: &entry.examples,
        }
    }

    pub(super) fn of_kubernetes(name: String, entry: &'a JwtAuthenticator) -> Option<Self> {
        let issuer = entry.issuer.as_ref()?;
        let discovery_url = given(issuer.discovery_url.as_ref())
            .and_then(|url| Some(At { value: Url::parse(&url.value).ok()?, place: url.place.clone() }));
        Some(Self {
            name,
            place: &entry.place,
            origin: Origin::Kubernetes,
            url: given(issuer.url.as_ref())?,
            aliases: Vec::new(),
            audiences: &issuer.audiences,
            discovery_url,
            authority: given(issuer.certificate_authority.as_ref()).map(Authority::Inline),
            keys: Vec::new(),
            algorithms: KUBERNETES_ALGORITHMS.to_vec(),
            proxy: None,
            allow_http: false,
            token_kinds: TokenKinds::default(),
            max_token_age: None,
            clock_skew: None,
            mappings: entry.claim_mappings.as_ref(),
            claim_validation_rules: &entry.claim_validation_rules,
            user_validation_rules: &entry.user_validation_rules,
            groups: None,
            allow_system: &[],
            examples: &[],
        })
    }

    /// The URL and its aliases.
    pub(super) fn issuer_names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.url.value.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

fn kinds(entry: &Jwt) -> TokenKinds {
    entry.token_kinds.as_ref().map_or_else(TokenKinds::default, |kinds| {
        let has = |kind| kinds.iter().any(|listed| listed.value == kind);
        TokenKinds { jwt: has(TokenKind::Jwt), access_token: has(TokenKind::AccessToken) }
    })
}

impl From<SignatureAlgorithm> for Algorithm {
    fn from(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::Rs256 => Self::Rs256,
            SignatureAlgorithm::Rs384 => Self::Rs384,
            SignatureAlgorithm::Rs512 => Self::Rs512,
            SignatureAlgorithm::Ps256 => Self::Ps256,
            SignatureAlgorithm::Ps384 => Self::Ps384,
            SignatureAlgorithm::Ps512 => Self::Ps512,
            SignatureAlgorithm::Es256 => Self::Es256,
            SignatureAlgorithm::Es384 => Self::Es384,
            SignatureAlgorithm::Es512 => Self::Es512,
            SignatureAlgorithm::EdDsa => Self::EdDsa,
            SignatureAlgorithm::Hs256 => Self::Hs256,
            SignatureAlgorithm::Hs384 => Self::Hs384,
            SignatureAlgorithm::Hs512 => Self::Hs512,
        }
    }
}
