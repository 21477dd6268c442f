use std::collections::BTreeMap;

use http::HeaderName;

use super::{check_name, invalid, unique, unique_texts};
use crate::decode::{At, Named};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::sections::{Allow, Config, CredentialSource, Header, ListForm, Route};

/// Headers whose meaning is not an application's, so that none of them carries an identity.
const RESERVED: &[&str] = &[
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "location",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
    "x-claimgate-decision-id",
    "x-real-ip",
    "x-request-id",
    "traceparent",
    "tracestate",
];
const RESERVED_PREFIXES: &[&str] = &["x-forwarded-", "x-original-", "sec-", "x-envoy-", "access-control-"];

pub(super) fn check(config: &Config, problems: &mut Diagnostics) {
    unique("name", config.routes.iter().map(|route| (&route.name.value, &route.name.place)), problems);
    for route in &config.routes {
        check_name(&route.name, problems);
        check_scope(route, problems);
        check_policy(route, problems);
        if let Some(headers) = &route.headers {
            check_headers(headers, problems);
        }
        if let Some(anonymous) = &route.anonymous {
            for name in anonymous.groups.iter().chain([&anonymous.username]) {
                check_anonymous(name, problems);
            }
        }
    }
    check_ownership(&config.routes, problems);
}

fn check_scope(route: &Route, problems: &mut Diagnostics) {
    unique("host", route.hosts.iter().map(|host| (&host.value, &host.place)), problems);
    unique("path", route.paths.iter().map(|path| (&path.value, &path.place)), problems);
    unique("method", route.methods.iter().map(|method| (&method.value.0, &method.place)), problems);
    unique("source", route.credential_sources.iter().map(|s| (&s.value, &s.place)), problems);
    unique_texts("target", &route.accept.items, problems);
    if let Some(audiences) = &route.audiences {
        unique_texts("audience", audiences, problems);
        if audiences.is_empty() && !problems.broken_key(&route.place, "audiences") {
            problems.push(invalid(&route.place, "`audiences` is empty, so no token is accepted"));
        }
    }
    if route.accept.items.is_empty() && !problems.broken_key(&route.place, "accept") {
        problems.push(invalid(&route.place, "`accept` is empty, so no credential is accepted"));
    }
    for path in &route.exempt {
        if path.value.as_str() == "/" && path.value.is_prefix() {
            let message = "every path is exempt: the route lets everybody in";
            problems.push(Diagnostic::warning(Code::InvalidValue, &path.place, message));
        }
    }
}

fn check_policy(route: &Route, problems: &mut Diagnostics) {
    match &route.allow {
        None if !problems.broken_key(&route.place, "allow") => {
            let problem =
                Diagnostic::error(Code::NoPolicy, &route.place, "the route does not say who is allowed");
            problems.push(
                problem
                    .expected("`allow`")
                    .hint("`allow: authenticated` allows everybody whose credential is accepted"),
            );
        }
        Some(Allow::Rules(rules, place)) if rules.is_empty() && !problems.broken(place) => {
            problems.push(
                invalid(place, "no rule, so nobody is allowed")
                    .expected("`authenticated` or at least one rule"),
            );
        }
        _ => {}
    }
    let allow = match &route.allow {
        Some(Allow::Rules(rules, _)) => rules.as_slice(),
        _ => &[],
    };
    let names = route.deny.iter().chain(allow).filter_map(|rule| rule.name.as_ref());
    unique("name", names.map(|name| (&name.value, &name.place)), problems);
}

fn check_headers(headers: &Named<HeaderName, Header>, problems: &mut Diagnostics) {
    unique("header", headers.entries.iter().map(|(name, _)| (&name.value, &name.place)), problems);
    for (name, header) in &headers.entries {
        let text = name.value.as_str();
        if RESERVED.contains(&text) || RESERVED_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            let message =
                format!("the header `{text}` has a meaning of its own and cannot carry an identity");
            problems.push(Diagnostic::error(Code::ReservedName, &name.place, message));
        }
        let joined = header.list.value == ListForm::Joined;
        let stray = [
            header.separator.as_ref().map(|separator| ("separator", &separator.place)),
            header.omit_ambiguous.as_ref().map(|omit| ("omitAmbiguous", &omit.place)),
        ];
        for (key, place) in stray.into_iter().flatten().filter(|_| !joined) {
            let message = format!("`{key}` goes with `list: joined` only");
            problems.push(Diagnostic::error(Code::ConflictingKeys, place, message));
        }
        if let Some(separator) = &header.separator
            && (separator.value.is_empty() || separator.value.chars().any(|c| !(' '..='~').contains(&c)))
        {
            problems.push(
                invalid(&separator.place, "the separator cannot stand in a header").expected("visible ASCII"),
            );
        }
    }
}

fn check_anonymous(name: &At<String>, problems: &mut Diagnostics) {
    if name.value.is_empty() {
        problems.push(invalid(&name.place, "the name is empty"));
    } else if name.value.starts_with("system:") {
        let message = format!("`{}` is reserved for Kubernetes", name.value);
        problems.push(Diagnostic::error(Code::ReservedName, &name.place, message));
    }
}

/// Identity headers are removed from every request of the listener, so none of them can carry a
/// credential on any route.
fn check_ownership(routes: &[Route], problems: &mut Diagnostics) {
    let mut owned: BTreeMap<&str, &Place> = BTreeMap::new();
    for (name, _) in
        routes.iter().filter_map(|route| route.headers.as_ref()).flat_map(|headers| &headers.entries)
    {
        owned.entry(name.value.as_str()).or_insert(&name.place);
    }
    for source in routes.iter().flat_map(|route| &route.credential_sources) {
        let CredentialSource::Header(name) = &source.value else { continue };
        let default = matches!(name.as_str(), "x-claimgate-user" | "x-claimgate-groups");
        if default || owned.contains_key(name.as_str()) {
            let message = format!("`{name}` is an identity header, which is removed from every request");
            problems.push(Diagnostic::error(Code::ConflictingKeys, &source.place, message));
        }
    }
}
