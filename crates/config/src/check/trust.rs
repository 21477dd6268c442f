use std::collections::BTreeSet;

use super::limits::{MAX_SKEW, at_most};
use super::{check_name, invalid, unique, unique_texts};
use crate::decode::At;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::kubernetes::given;
use crate::sections::{
    AliasTemplate, Config, Example, GroupFilter, Issuer, Jwt, KeySource, SignatureAlgorithm,
};
use crate::{pem, urls};

pub(super) fn check(config: &Config, problems: &mut Diagnostics) {
    unique("name", config.jwt.iter().map(|entry| (&entry.name.value, &entry.name.place)), problems);
    for entry in &config.jwt {
        check_name(&entry.name, problems);
        check_issuer(&entry.issuer, problems);
        check_keys(entry, problems);
        check_tokens(entry, problems);
        if let Some(filter) = &entry.groups {
            check_groups(filter, problems);
        }
        for name in &entry.allow_system {
            if !name.value.starts_with("system:") {
                let problem = invalid(&name.place, format!("`{}` needs no leave", name.value));
                problems.push(problem.expected("a name that begins with `system:`"));
            }
        }
        entry.examples.iter().for_each(|example| check_example(example, problems));
    }
}

fn check_issuer(issuer: &Issuer, problems: &mut Diagnostics) {
    check_issuer_url(issuer, problems);
    if let Some(discovery) = &issuer.discovery_url {
        if discovery.value.as_str().trim_end_matches('/') == issuer.url.value.trim_end_matches('/') {
            problems.push(invalid(&discovery.place, "`discoveryURL` must differ from `url`"));
        }
        check_fetched(&discovery.value, &discovery.place, issuer.allow_http, problems);
    }
    if issuer.audiences.is_empty() && !problems.broken_key(&issuer.place, "audiences") {
        let problem = Diagnostic::error(Code::MissingKey, &issuer.place, "`audiences` is empty");
        problems.push(
            problem
                .expected("at least one audience")
                .hint("without one, tokens meant for others would be accepted"),
        );
    }
    for audience in issuer.audiences.iter().filter(|audience| audience.value.is_empty()) {
        problems.push(invalid(&audience.place, "an audience is empty"));
    }
    unique_texts("audience", &issuer.audiences, problems);
    if let (Some(_), Some(file)) = (&issuer.certificate_authority, &issuer.certificate_authority_file) {
        let message = "`certificateAuthority` and `certificateAuthorityFile` stand together";
        problems
            .push(Diagnostic::error(Code::ConflictingKeys, &file.place, message).hint("keep one of the two"));
    }
    if let Some(authority) = given(issuer.certificate_authority.as_ref())
        && let Err(error) = pem::certificates(authority.value.as_bytes())
    {
        problems.push(invalid(&authority.place, format!("not certificates in PEM: {error}")));
    }
    let aliases = issuer.aliases.iter().map(|alias| (&alias.value, &alias.place));
    unique("issuer", std::iter::once((&issuer.url.value, &issuer.url.place)).chain(aliases), problems);
    for alias in issuer.aliases.iter().filter(|alias| alias.value.is_empty()) {
        problems.push(invalid(&alias.place, "an alias is empty"));
    }
    issuer.alias_templates.iter().for_each(|template| check_template(template, problems));
}

fn check_issuer_url(issuer: &Issuer, problems: &mut Diagnostics) {
    const SCHEME: &str = "the URL's scheme must be `https`";
    let At { value, place } = &issuer.url;
    let faults: Vec<_> =
        urls::faults_as_kubernetes(value).into_iter().filter(|fault| *fault != SCHEME).collect();
    let url =
        url::Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match url {
        Some(url) if faults.is_empty() => check_fetched(&url, place, issuer.allow_http, problems),
        _ => {
            let fault = faults.first().copied().unwrap_or("the issuer is not a URL");
            problems.push(invalid(place, fault).expected("`https://host/path`, as it stands in `iss`"));
        }
    }
}

/// A URL that is fetched over a network must be https.
fn check_fetched(url: &url::Url, place: &Place, allow_http: bool, problems: &mut Diagnostics) {
    if url.scheme() == "https" || urls::is_loopback(url) {
        return;
    }
    let message = "keys are fetched without TLS: whoever is on the way can put in their own";
    if allow_http {
        problems.push(Diagnostic::warning(Code::InsecureUrl, place, message));
    } else {
        let hint = "`issuer.allowHttp: true` allows it for this issuer";
        problems
            .push(Diagnostic::error(Code::InsecureUrl, place, message).expected("`https://…`").hint(hint));
    }
}

fn check_template(template: &AliasTemplate, problems: &mut Diagnostics) {
    if placeholder(&template.template.value).is_none() {
        let problem = invalid(&template.template.place, "a template has exactly one placeholder");
        problems.push(problem.expected("such as `https://login.example.com/{tenant}/v2.0`"));
    }
    if template.values.is_empty() && !problems.broken_key(&template.place, "values") {
        problems.push(Diagnostic::error(Code::MissingKey, &template.place, "`values` is empty"));
    }
    for value in &template.values {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        if value.value.is_empty() || !value.value.bytes().all(plain) {
            let problem = invalid(&value.place, format!("`{}` cannot stand in a URL as it is", value.value));
            problems.push(problem.expected("letters, digits, `-`, `.`, `_`, `~`"));
        }
    }
    unique_texts("value", &template.values, problems);
}

/// What stands before and behind the one placeholder of `template`.
fn placeholder(template: &str) -> Option<(&str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let good =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) && !after.contains(['{', '}']);
    (good && !before.contains('}')).then_some((before, after))
}

/// Every further value of `iss` that means `issuer`.
pub(crate) fn expand_aliases(issuer: &Issuer) -> Vec<String> {
    let templates = issuer.alias_templates.iter().filter_map(|template| {
        let (before, after) = placeholder(&template.template.value)?;
        Some(template.values.iter().map(move |value| format!("{before}{}{after}", value.value)))
    });
    let mut seen = BTreeSet::from([issuer.url.value.clone()]);
    let aliases = issuer.aliases.iter().map(|alias| alias.value.clone()).chain(templates.flatten());
    aliases.filter(|alias| seen.insert(alias.clone())).collect()
}

fn check_keys(entry: &Jwt, problems: &mut Diagnostics) {
    let sources = entry.keys.as_ref().map(|keys| keys.items.as_slice()).unwrap_or_default();
    if let Some(keys) = &entry.keys
        && keys.items.is_empty()
        && !problems.broken_key(&entry.place, "keys")
    {
        problems.push(
            invalid(&entry.place, "`keys` names no place").expected("`discovery`, `url`, `file` or `inline`"),
        );
    }
    let written = |source: &KeySource| match source {
        KeySource::Discovery => "discovery".to_owned(),
        KeySource::Url(url) => url.value.to_string(),
        KeySource::File(file) => file.value.clone(),
        KeySource::Inline(_) => "inline".to_owned(),
    };
    unique("source of keys", sources.iter().map(|source| (written(&source.value), &source.place)), problems);
    for source in sources {
        if let KeySource::Url(url) = &source.value {
            check_fetched(&url.value, &url.place, entry.issuer.allow_http, problems);
        }
    }
    let is_static =
        |source: &At<KeySource>| matches!(source.value, KeySource::File(_) | KeySource::Inline(_));
    let all_static = !sources.is_empty() && sources.iter().all(is_static);
    let algorithms = entry.algorithms.as_deref().unwrap_or_default();
    for algorithm in algorithms {
        use SignatureAlgorithm::{Hs256, Hs384, Hs512};
        if matches!(algorithm.value, Hs256 | Hs384 | Hs512) && !all_static {
            let message = "an HMAC algorithm needs a static key: whoever can fetch the keys could sign";
            let problem = invalid(&algorithm.place, message);
            problems.push(problem.hint("name the key by `keys: { file: … }` or `keys: { inline: … }` alone"));
        }
    }
    if entry.algorithms.as_ref().is_some_and(Vec::is_empty)
        && !problems.broken_key(&entry.place, "algorithms")
    {
        problems.push(invalid(&entry.place, "`algorithms` is empty, so no token is accepted"));
    }
    unique(
        "algorithm",
        algorithms.iter().map(|a| (format!("{:?}", a.value).to_uppercase(), &a.place)),
        problems,
    );
}

fn check_tokens(entry: &Jwt, problems: &mut Diagnostics) {
    let kinds = entry.token_kinds.as_deref().unwrap_or_default();
    if entry.token_kinds.as_ref().is_some_and(Vec::is_empty)
        && !problems.broken_key(&entry.place, "tokenKinds")
    {
        problems.push(invalid(&entry.place, "`tokenKinds` is empty, so no token is accepted"));
    }
    unique("kind of token", kinds.iter().map(|kind| (format!("{:?}", kind.value), &kind.place)), problems);
    if let Some(skew) = &entry.clock_skew {
        at_most(skew, MAX_SKEW, "5m", problems);
    }
    if let Some(age) = entry.max_token_age.as_ref().filter(|age| age.value.is_zero()) {
        problems.push(invalid(&age.place, "no token is that young").expected("more than 0"));
    }
}

fn check_groups(filter: &GroupFilter, problems: &mut Diagnostics) {
    if let Some(pattern) = &filter.pattern
        && let Err(error) = claimgate_rules::Pattern::compile(&pattern.value)
    {
        problems.push(invalid(&pattern.place, error.to_string()).expected("a regular expression of RE2"));
    }
    if let Some(cap) = filter.cap.as_ref().filter(|cap| cap.value == 0) {
        problems.push(invalid(&cap.place, "no group at all").expected("at least 1"));
    }
    unique_texts("group", filter.allow.as_deref().unwrap_or_default(), problems);
    unique_texts("group", &filter.deny, problems);
}

fn check_example(example: &Example, problems: &mut Diagnostics) {
    if example.claims.value.as_object().is_none() {
        let message = format!("expected a mapping, found {}", example.claims.value.kind());
        problems
            .push(Diagnostic::error(Code::WrongType, &example.claims.place, message).expected("a mapping"));
    }
    let identity = example.username.is_some() || example.groups.is_some();
    match &example.denied {
        Some(denied) if identity => {
            let message = "an example is refused or has a user name and groups";
            problems.push(Diagnostic::error(Code::ConflictingKeys, &denied.place, message));
        }
        None if !identity && !problems.broken(&example.place) => {
            let problem = Diagnostic::error(Code::MissingKey, &example.place, "the example expects nothing");
            problems.push(problem.expected("`username`, `groups` or `denied`"));
        }
        _ => {}
    }
}
