//! What the API server demands of the file, beyond its types.

use std::collections::BTreeSet;

use super::{AuthenticationConfiguration, Issuer, JwtAuthenticator};
use crate::decode::At;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::expressions::Expressions;
use crate::pem;
use crate::sections::{
    ClaimMappings, ClaimOrExpression, ClaimValidationRule, ExtraMapping, PrefixedClaimOrExpression,
    UserValidationRule,
};

/// Entries of one file.
const MAX_ENTRIES: usize = 64;

pub(super) fn check(configuration: &AuthenticationConfiguration, problems: &mut Diagnostics) {
    if configuration.jwt.len() > MAX_ENTRIES {
        let message = format!(
            "{} entries are more than the {MAX_ENTRIES} that one file may have",
            configuration.jwt.len()
        );
        problems.push(Diagnostic::error(Code::TooLarge, &configuration.place, message));
        return;
    }
    let mut issuers = BTreeSet::new();
    let mut discovery_urls = BTreeSet::new();
    for entry in &configuration.jwt {
        check_entry(entry, problems);
        let Some(issuer) = &entry.issuer else { continue };
        if let Some(url) = &issuer.url
            && !issuers.insert(url.value.as_str())
        {
            problems.push(duplicate(url, "issuer URL"));
        }
        if let Some(url) = given(issuer.discovery_url.as_ref())
            && !discovery_urls.insert(url.value.as_str())
        {
            problems.push(duplicate(url, "discovery URL"));
        }
    }
    if let Some(anonymous) = &configuration.anonymous
        && !anonymous.enabled.as_ref().is_some_and(|enabled| enabled.value)
        && !anonymous.conditions.is_empty()
    {
        let message = "`conditions` need `enabled: true`";
        problems.push(Diagnostic::error(Code::ConflictingKeys, &anonymous.place, message));
    }
}

fn check_entry(entry: &JwtAuthenticator, problems: &mut Diagnostics) {
    match &entry.issuer {
        Some(issuer) => check_issuer(issuer, problems),
        None if problems.broken_key(&entry.place, "issuer") => {}
        None => missing(&entry.place, "issuer", problems),
    }
    let mut expressions = Expressions::kubernetes();
    check_claim_validation_rules(&entry.claim_validation_rules, &mut expressions, problems);
    match &entry.claim_mappings {
        Some(mappings) => check_claim_mappings(mappings, &mut expressions, problems),
        None if problems.broken_key(&entry.place, "claimMappings") => {}
        None => missing(&entry.place, "claimMappings", problems),
    }
    check_user_validation_rules(&entry.user_validation_rules, &mut expressions, problems);
    if let Some(username) = expressions.unverified_email() {
        let message = "the user name comes from `claims.email`, and no expression of the entry looks at `claims.email_verified`";
        let hint = "add `claimValidationRules: [{ expression: \"claims.email_verified == true\" }]`";
        problems.push(Diagnostic::error(Code::UnverifiedEmail, &username, message).hint(hint));
    }
}

fn check_issuer(issuer: &Issuer, problems: &mut Diagnostics) {
    match given(issuer.url.as_ref()) {
        Some(url) => check_url(url, problems),
        None if problems.broken_key(&issuer.place, "url") => {}
        None => missing(issuer.url.as_ref().map_or(&issuer.place, |url| &url.place), "url", problems),
    }
    if let Some(discovery) = given(issuer.discovery_url.as_ref()) {
        let same = issuer.url.as_ref().is_some_and(|url| {
            !url.value.is_empty() && url.value.trim_end_matches('/') == discovery.value.trim_end_matches('/')
        });
        if same {
            problems.push(invalid(&discovery.place, "`discoveryURL` must differ from `url`"));
        }
        check_url(discovery, problems);
    }
    check_audiences(issuer, problems);
    if let Some(authority) = given(issuer.certificate_authority.as_ref())
        && let Err(error) = pem::certificates(authority.value.as_bytes())
    {
        problems.push(invalid(&authority.place, format!("not certificates in PEM: {error}")));
    }
    if let Some(egress) = given(issuer.egress_selector_type.as_ref())
        && !["controlplane", "cluster"].contains(&egress.value.as_str())
    {
        let problem = invalid(&egress.place, format!("`{}` is no egress selector", egress.value));
        problems.push(problem.expected("`controlplane` or `cluster`"));
    }
}

fn check_audiences(issuer: &Issuer, problems: &mut Diagnostics) {
    if issuer.audiences.is_empty() {
        if !problems.broken_key(&issuer.place, "audiences") {
            let problem =
                Diagnostic::error(Code::MissingKey, &issuer.place, "`audiences` is missing or empty");
            problems.push(problem.expected("at least one audience"));
        }
        return;
    }
    let mut seen = BTreeSet::new();
    for audience in &issuer.audiences {
        if audience.value.is_empty() {
            problems.push(invalid(&audience.place, "an audience is empty"));
        }
        if !seen.insert(audience.value.as_str()) {
            problems.push(duplicate(audience, "audience"));
        }
    }
    let policy = issuer.audience_match_policy.as_ref();
    let match_any = policy.is_some_and(|policy| policy.value == "MatchAny");
    let place = policy.map_or(&issuer.place, |policy| &policy.place);
    if issuer.audiences.len() > 1 && !match_any {
        let message = "several audiences need `audienceMatchPolicy: MatchAny`";
        problems.push(invalid(place, message).expected("`MatchAny`"));
    } else if given(policy).is_some() && !match_any {
        problems.push(invalid(place, "`audienceMatchPolicy` has another value").expected("`MatchAny`"));
    }
}

fn check_url(url: &At<String>, problems: &mut Diagnostics) {
    for fault in crate::urls::faults_as_kubernetes(&url.value) {
        problems.push(invalid(&url.place, fault).expected("`https://host/path`"));
    }
}

pub(crate) fn check_claim_validation_rules(
    rules: &[ClaimValidationRule],
    expressions: &mut Expressions,
    problems: &mut Diagnostics,
) {
    let mut claims = BTreeSet::new();
    let mut sources = BTreeSet::new();
    for rule in rules {
        let claim = given(rule.claim.as_ref());
        match (claim, rule.expression.as_ref().filter(|expression| !expression.text.is_empty())) {
            (Some(_), Some(expression)) => problems.push(both(&expression.place)),
            (None, None) => {
                if !problems.broken(&rule.place) {
                    let problem = Diagnostic::error(
                        Code::MissingKey,
                        &rule.place,
                        "`claim` or `expression` is missing",
                    );
                    problems.push(problem);
                }
            }
            (Some(claim), None) => {
                if let Some(message) = given(rule.message.as_ref()) {
                    let text = "`message` goes with `expression`, not with `claim`";
                    problems.push(Diagnostic::error(Code::ConflictingKeys, &message.place, text));
                }
                if !claims.insert(claim.value.as_str()) {
                    problems.push(duplicate(claim, "claim"));
                }
            }
            (None, Some(expression)) => {
                if let Some(value) = given(rule.required_value.as_ref()) {
                    let text = "`requiredValue` goes with `claim`, not with `expression`";
                    problems.push(Diagnostic::error(Code::ConflictingKeys, &value.place, text));
                }
                if sources.insert(expression.text.as_str()) {
                    expressions.claim_validation(expression, problems);
                } else {
                    problems.push(duplicate_expression(&expression.place));
                }
            }
        }
    }
}

fn check_claim_mappings(mappings: &ClaimMappings, expressions: &mut Expressions, problems: &mut Diagnostics) {
    match &mappings.username {
        Some(username) => check_prefixed(username, true, problems),
        None if !problems.broken_key(&mappings.place, "username") => {
            missing(&mappings.place, "username", problems);
        }
        None => {}
    }
    if let Some(groups) = &mappings.groups {
        check_prefixed(groups, false, problems);
    }
    if let Some(uid) = &mappings.uid {
        check_uid(uid, problems);
    }
    compile_mappings(mappings, expressions, problems);
    check_extra(&mappings.extra, expressions, problems);
}

/// The expressions of user name, groups and uid.
fn compile_mappings(mappings: &ClaimMappings, expressions: &mut Expressions, problems: &mut Diagnostics) {
    let alone = |claim: Option<&At<String>>| given(claim).is_none();
    if let Some(username) = &mappings.username
        && let Some(expression) = username.expression.as_ref().filter(|e| !e.text.is_empty())
        && alone(username.claim.as_ref())
    {
        expressions.username(expression, problems);
    }
    if let Some(groups) = &mappings.groups
        && let Some(expression) = groups.expression.as_ref().filter(|e| !e.text.is_empty())
        && alone(groups.claim.as_ref())
    {
        expressions.groups(expression, problems);
    }
    if let Some(uid) = &mappings.uid
        && let Some(expression) = uid.expression.as_ref().filter(|e| !e.text.is_empty())
        && alone(uid.claim.as_ref())
    {
        expressions.uid(expression, problems);
    }
}

fn check_prefixed(mapping: &PrefixedClaimOrExpression, required: bool, problems: &mut Diagnostics) {
    let expression = mapping.expression.as_ref().filter(|expression| !expression.text.is_empty());
    match (given(mapping.claim.as_ref()), expression) {
        (Some(_), Some(expression)) => problems.push(both(&expression.place)),
        (None, None) if required && !problems.broken(&mapping.place) => {
            let problem =
                Diagnostic::error(Code::MissingKey, &mapping.place, "`claim` or `expression` is missing");
            problems.push(problem);
        }
        (None, None) => {}
        (None, Some(_)) => check_no_prefix(mapping, problems),
        (Some(_), None) => {
            if mapping.prefix.is_none() && !problems.broken(&mapping.place) {
                let problem = Diagnostic::error(Code::MissingKey, &mapping.place, "`prefix` is missing");
                problems.push(problem.hint("write `prefix: \"\"` for no prefix"));
            }
        }
    }
}

pub(crate) fn check_no_prefix(mapping: &PrefixedClaimOrExpression, problems: &mut Diagnostics) {
    if let Some(prefix) = &mapping.prefix {
        let text = "`prefix` goes with `claim`, not with `expression`";
        problems.push(
            Diagnostic::error(Code::ConflictingKeys, &prefix.place, text)
                .hint("write it into the expression"),
        );
    }
}

/// An empty `uid` is none, as in Kubernetes.
fn check_uid(uid: &ClaimOrExpression, problems: &mut Diagnostics) {
    let expression = uid.expression.as_ref().filter(|expression| !expression.text.is_empty());
    if let (Some(_), Some(expression)) = (given(uid.claim.as_ref()), expression) {
        problems.push(both(&expression.place));
    }
}

pub(crate) fn check_extra(extra: &[ExtraMapping], expressions: &mut Expressions, problems: &mut Diagnostics) {
    let mut keys = BTreeSet::new();
    for mapping in extra {
        let key = &mapping.key;
        if let Err(fault) = is_domain_prefixed_path(&key.value) {
            problems.push(invalid(&key.place, fault).expected("a key such as `example.org/name`"));
        }
        if key.value != key.value.to_lowercase() {
            problems.push(invalid(&key.place, "the key must be in lower case"));
        }
        let domain = key.value.split_once('/').map_or("", |(domain, _)| domain);
        if ["kubernetes.io", "k8s.io"]
            .iter()
            .any(|own| domain == *own || domain.ends_with(&format!(".{own}")))
        {
            let text = "`k8s.io`, `kubernetes.io` and what is below them belong to Kubernetes";
            problems.push(Diagnostic::error(Code::ReservedName, &key.place, text));
        }
        if !keys.insert(key.value.as_str()) {
            problems.push(duplicate(key, "key"));
            continue;
        }
        match mapping.value_expression.as_ref().filter(|expression| !expression.text.is_empty()) {
            Some(expression) => drop(expressions.extra(expression, problems)),
            None if !problems.broken(&mapping.place) => missing(&mapping.place, "valueExpression", problems),
            None => {}
        }
    }
}

pub(crate) fn check_user_validation_rules(
    rules: &[UserValidationRule],
    expressions: &mut Expressions,
    problems: &mut Diagnostics,
) {
    let mut sources = BTreeSet::new();
    for rule in rules {
        match rule.expression.as_ref().filter(|expression| !expression.text.is_empty()) {
            None if !problems.broken(&rule.place) => missing(&rule.place, "expression", problems),
            None => {}
            Some(expression) if !sources.insert(expression.text.as_str()) => {
                problems.push(duplicate_expression(&expression.place));
            }
            Some(expression) => drop(expressions.user_validation(expression, problems)),
        }
    }
}

/// Whether `key` is a DNS subdomain (RFC 1123), `/`, and a path (RFC 3986).
///
/// # Errors
/// What is wrong with it.
pub fn is_domain_prefixed_path(key: &str) -> Result<(), &'static str> {
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    if host.is_empty() || path.is_empty() {
        return Err("the key is not a domain, `/` and a path");
    }
    let label = |label: &str| {
        let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return Err("the part before `/` is not a domain in lower case");
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b);
    if path.bytes().all(fits) {
        Ok(())
    } else {
        Err("the part behind `/` has a character that a path may not have")
    }
}

/// A text that is there and not empty; to Kubernetes an empty one is absent.
pub(crate) fn given(text: Option<&At<String>>) -> Option<&At<String>> {
    text.filter(|text| !text.value.is_empty())
}

fn missing(place: &Place, key: &str, problems: &mut Diagnostics) {
    problems.push(Diagnostic::error(Code::MissingKey, place, format!("`{key}` is missing")));
}

fn invalid(place: &Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, place, message)
}

pub(crate) fn both(place: &Place) -> Diagnostic {
    Diagnostic::error(Code::ConflictingKeys, place, "`claim` and `expression` stand together")
        .hint("keep one of the two")
}

pub(crate) fn duplicate(value: &At<String>, what: &str) -> Diagnostic {
    Diagnostic::error(
        Code::DuplicateValue,
        &value.place,
        format!("the {what} `{}` stands twice", value.value),
    )
}

fn duplicate_expression(place: &Place) -> Diagnostic {
    Diagnostic::error(Code::DuplicateValue, place, "the expression stands twice")
}
