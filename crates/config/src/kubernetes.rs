//! Kubernetes' `AuthenticationConfiguration`, read with the verdict of its own API server.

mod rules;

use std::sync::Arc;

use crate::decode::{At, Decode, Decoder, section};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::sections::{ClaimMappings, ClaimValidationRule, UserValidationRule};
use crate::yaml::{Document, Documents, Node, Schema, Value};

pub use rules::is_domain_prefixed_path;
pub(crate) use rules::{
    both, check_claim_validation_rules, check_extra, check_no_prefix, check_user_validation_rules, duplicate,
    given,
};

const GROUP: &str = "apiserver.config.k8s.io";
const VERSIONS: &[&str] = &["v1", "v1beta1", "v1alpha1"];
const KIND: &str = "AuthenticationConfiguration";

section! {
    /// Kubernetes' file of trust entries.
    pub struct AuthenticationConfiguration {
        /// `apiserver.config.k8s.io/v1`, `v1beta1` or `v1alpha1`.
        "apiVersion" api_version: Option<At<String>> = optional,
        /// `AuthenticationConfiguration`.
        "kind" kind: Option<At<String>> = optional,
        /// Trust entries.
        "jwt" jwt: Vec<JwtAuthenticator> = optional,
        /// Read and without effect: the API server's own anonymous requests.
        "anonymous" anonymous: Option<AnonymousAuthConfig> = optional,
    }
}

section! {
    /// A trust entry of Kubernetes.
    pub struct JwtAuthenticator {
        /// Whose tokens.
        "issuer" issuer: Option<Issuer> = optional,
        /// Rules that the claims must meet.
        "claimValidationRules" claim_validation_rules: Vec<ClaimValidationRule> = optional,
        /// From claims to an identity.
        "claimMappings" claim_mappings: Option<ClaimMappings> = optional,
        /// Rules that the identity must meet.
        "userValidationRules" user_validation_rules: Vec<UserValidationRule> = optional,
    }
}

section! {
    /// An issuer, as Kubernetes knows it.
    pub struct Issuer {
        /// The `iss` value.
        "url" url: Option<At<String>> = optional,
        /// The complete address of the discovery document.
        "discoveryURL" discovery_url: Option<At<String>> = optional,
        /// Certificate authorities, in PEM.
        "certificateAuthority" certificate_authority: Option<At<String>> = optional,
        /// For whom a token must be meant.
        "audiences" audiences: Vec<At<String>> = optional,
        /// Empty or `MatchAny`.
        "audienceMatchPolicy" audience_match_policy: Option<At<String>> = optional,
        /// Read and without effect: how the API server reaches the issuer.
        "egressSelectorType" egress_selector_type: Option<At<String>> = optional,
    }
}

section! {
    /// Whether the API server answers requests without a credential.
    pub struct AnonymousAuthConfig {
        /// Whether it does.
        "enabled" enabled: Option<At<bool>> = optional,
        /// On which paths.
        "conditions" conditions: Vec<AnonymousAuthCondition> = optional,
    }
}

section! {
    /// A path for requests without a credential.
    pub struct AnonymousAuthCondition {
        /// The path.
        "path" path: Option<At<String>> = optional,
    }
}

/// Whether `bytes` look like one of these files: they name its kind.
pub fn is_authentication_configuration(file: &str, bytes: &[u8]) -> bool {
    let mut ignored = Diagnostics::new();
    let document = Document::read(&file.into(), bytes, Documents::First, &mut ignored);
    document.and_then(|document| document.parse(&mut ignored).as_ref().map(names_its_kind)).unwrap_or(false)
}

/// Whether the document `root` looks like one of these files.
pub(crate) fn names_its_kind(root: &Node<'_>) -> bool {
    let text = |key| root.get(key).and_then(scalar);
    text("kind") == Some(KIND) || text("apiVersion").is_some_and(|version| version.starts_with(GROUP))
}

fn scalar<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match &node.value {
        Value::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}

/// The file in `bytes`, and what there is to say about it.
///
/// An error among the diagnostics means that Kubernetes refuses the file.
pub fn load(file: &str, bytes: &[u8]) -> (Option<AuthenticationConfiguration>, Diagnostics) {
    let file: Arc<str> = file.into();
    let mut problems = Diagnostics::new();
    let mut configuration = None;
    check_syntax(&file, bytes, &mut problems);
    let document = Document::read(&file, bytes, Documents::First, &mut problems);
    let root = document.as_ref().and_then(|document| document.parse(&mut problems));
    match document.as_ref().zip(root) {
        Some((document, root)) => {
            check_version(document, &root, &mut problems);
            let mut decoder = Decoder::new(document, &mut problems, Schema::Kubernetes);
            configuration = AuthenticationConfiguration::decode(&root, &mut decoder);
        }
        None if !problems.has_errors() => {
            problems.push(Diagnostic::error(Code::Syntax, &Place::start(&file), "the file is empty"));
        }
        None => {}
    }
    if let Some(configuration) = &configuration {
        rules::check(configuration, &mut problems);
        warn_no_effect(configuration, &mut problems);
    }
    problems.sort();
    (configuration, problems)
}

/// Two things that YAML allows and the API server's reader does not.
fn check_syntax(file: &Arc<str>, bytes: &[u8], problems: &mut Diagnostics) {
    let trimmed = bytes.trim_ascii_start();
    if trimmed.first() == Some(&b'{')
        && let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(trimmed)
    {
        let message = format!("a file that begins with `{{` is read as JSON: {error}");
        problems.push(Diagnostic::error(Code::Syntax, &Place::start(file), message));
    }
    let end = bytes.get(bytes.trim_ascii_end().len()..).unwrap_or_default();
    if end.split(|b| *b == b'\n').skip(1).any(|line| line.contains(&b'\t')) {
        let lines = bytes.iter().filter(|b| **b == b'\n').count();
        let place = Place::at(file, lines + 1, 1);
        problems.push(Diagnostic::error(
            Code::Syntax,
            &place,
            "a tab at the end of the file begins no value",
        ));
    }
}

fn check_version(document: &Arc<Document>, node: &Node<'_>, problems: &mut Diagnostics) {
    let place = |key| node.get(key).unwrap_or(node).spot.in_document(document);
    let version = node.get("apiVersion").and_then(scalar).unwrap_or("");
    let known =
        version.split_once('/').is_some_and(|(group, version)| group == GROUP && VERSIONS.contains(&version));
    if !known {
        let message = format!("`{version}` is not a version of `{KIND}`");
        let problem = Diagnostic::error(Code::UnsupportedVersion, &place("apiVersion"), message);
        problems.push(problem.expected(format!("`{GROUP}/v1`, `{GROUP}/v1beta1` or `{GROUP}/v1alpha1`")));
    }
    let kind = node.get("kind").and_then(scalar).unwrap_or("");
    if kind != KIND {
        let problem = Diagnostic::error(
            Code::InvalidValue,
            &place("kind"),
            format!("`{kind}` is not the kind of this file"),
        );
        problems.push(problem.expected(format!("`{KIND}`")));
    }
}

fn warn_no_effect(configuration: &AuthenticationConfiguration, problems: &mut Diagnostics) {
    if let Some(anonymous) = &configuration.anonymous {
        let message = "`anonymous` is about requests to the API server and has no effect here";
        let hint = "a route has a key `anonymous` of its own";
        problems.push(Diagnostic::warning(Code::NoEffect, &anonymous.place, message).hint(hint));
    }
    for entry in &configuration.jwt {
        let egress = entry.issuer.as_ref().and_then(|issuer| issuer.egress_selector_type.as_ref());
        if let Some(egress) = egress.filter(|egress| !egress.value.is_empty()) {
            let message = "`egressSelectorType` is about the API server's network and has no effect here";
            problems.push(Diagnostic::warning(Code::NoEffect, &egress.place, message));
        }
    }
}
