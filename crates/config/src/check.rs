//! What is demanded of a configuration beyond its types.

mod limits;
mod routes;
mod telemetry;
mod trust;

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use crate::decode::At;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::sections::{Config, Listeners};

pub(crate) use trust::expand_aliases;

pub(crate) fn check(config: &Config, problems: &mut Diagnostics) {
    if config.version.value != 1 {
        let message = format!("version {} is not one that this release reads", config.version.value);
        problems.push(
            Diagnostic::error(Code::UnsupportedVersion, &config.version.place, message).expected("`1`"),
        );
    }
    check_public_url(config, problems);
    for network in &config.trusted_proxies {
        if network.value.prefix_len() == 0 {
            let message =
                "everybody is a trusted proxy: whoever reaches a check door may say who asks for what";
            problems.push(Diagnostic::warning(Code::InvalidValue, &network.place, message));
        }
    }
    check_listeners(&config.listeners, problems);
    unique_texts("file", &config.authentication_configurations, problems);
    trust::check(config, problems);
    routes::check(config, problems);
    limits::check(&config.limits, problems);
    telemetry::check(&config.telemetry, problems);
    unique_texts("name", &config.readiness.wait_for, problems);
}

fn check_public_url(config: &Config, problems: &mut Diagnostics) {
    let Some(url) = &config.public_url else { return };
    if url.value.query().is_some() || url.value.path() != "/" {
        let problem = invalid(&url.place, "`publicUrl` has a path or a query");
        problems.push(problem.expected("scheme, host and port alone"));
    }
    if url.value.scheme() != "https" {
        let message = "`publicUrl` is not https: credentials can be read on the way";
        problems.push(Diagnostic::warning(Code::InsecureUrl, &url.place, message));
    }
}

fn check_listeners(listeners: &Listeners, problems: &mut Diagnostics) {
    let check = listeners.check.as_ref().map(|check| &check.address);
    let addresses = [Some(&listeners.public.address), Some(&listeners.admin.address), check];
    let taken = addresses.into_iter().flatten().filter(|address| address.value.port() != 0);
    unique("address", taken.map(|address| (address.value, &address.place)), problems);
}

/// Reports each value that stood before.
fn unique<'a, T: Eq + Hash + Display>(
    what: &str,
    values: impl IntoIterator<Item = (T, &'a Place)>,
    problems: &mut Diagnostics,
) {
    let mut values = values.into_iter();
    // Most lists have one value, and nothing to compare it with.
    let (Some(first), Some(second)) = (values.next(), values.next()) else { return };
    let mut seen: HashMap<T, &Place> = HashMap::from([first]);
    for (value, place) in std::iter::once(second).chain(values) {
        if let Some(before) = seen.get(&value) {
            let message = format!("the {what} `{value}` stands twice");
            let hint = format!("it stands at {before} as well");
            problems.push(Diagnostic::error(Code::DuplicateValue, place, message).hint(hint));
        } else {
            seen.insert(value, place);
        }
    }
}

fn unique_texts(what: &str, texts: &[At<String>], problems: &mut Diagnostics) {
    unique(what, texts.iter().map(|text| (&text.value, &text.place)), problems);
}

/// A name that can stand in `jwt/NAME`, in metrics and in front of user names.
fn check_name(name: &At<String>, problems: &mut Diagnostics) {
    let text = &name.value;
    let inner =
        text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    if !inner || text.len() > 63 || !ends(text.as_bytes().first()) || !ends(text.as_bytes().last()) {
        let problem = invalid(&name.place, format!("`{text}` is not a name"));
        problems.push(problem.expected("up to 63 lower-case letters, digits, `-` and `.`"));
    } else if text == "system" {
        let message = "`system` would make user names that begin with `system:`";
        problems.push(Diagnostic::error(Code::ReservedName, &name.place, message));
    }
}

fn invalid(place: &Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, place, message)
}
