use std::collections::BTreeMap;
use std::sync::Arc;

use claimgate_core::trust::Issuer;
use claimgate_crypto::{KeySet, KeySetLimits};

use super::draft::{Authority, Draft};
use super::{CertificateAuthority, Files, IssuerSettings, KeyOrigin};
use crate::decode::At;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::pem;
use crate::sections::KeySource;

/// An issuer as its first entry describes it.
pub(super) struct Found {
    pub(super) settings: IssuerSettings,
    place: Place,
}

/// The issuers of all entries. Entries of one issuer share its keys, so they must agree on how these are
/// had; each part that an entry says differently is reported.
pub(super) fn collect(drafts: &[Draft<'_>], files: &dyn Files, problems: &mut Diagnostics) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for draft in drafts {
        let settings = settings(draft, files, problems);
        match by_name.get(draft.url.value.as_str()).and_then(|index| found.get_mut(*index)) {
            Some(known) if *known.settings.issuer.url == *draft.url.value => {
                compare(&known.settings, &settings, draft, &known.place, problems);
                known.settings.entries.push(draft.name.as_str().into());
            }
            Some(known) => {
                problems.push(conflict(&draft.url.place, "is an alias of another issuer", &known.place));
            }
            None => {
                let index = found.len();
                for name in draft.issuer_names() {
                    if let Some(other) = by_name.insert(name, index).and_then(|other| found.get(other)) {
                        let message = format!("has the alias `{name}`, which is another issuer");
                        problems.push(conflict(&draft.url.place, &message, &other.place));
                    }
                }
                found.push(Found { settings, place: draft.url.place.clone() });
            }
        }
    }
    found
}

fn settings(draft: &Draft<'_>, files: &dyn Files, problems: &mut Diagnostics) -> IssuerSettings {
    let issuer = Issuer {
        url: draft.url.value.as_str().into(),
        aliases: draft.aliases.iter().map(|alias| alias.as_str().into()).collect(),
        algorithms: draft.algorithms.clone(),
    };
    let keys = draft.keys.iter().map(|source| key_origin(source, files, problems));
    let mut keys: Vec<KeyOrigin> = keys.collect();
    if keys.is_empty() {
        keys.push(KeyOrigin::Discovery);
    }
    IssuerSettings {
        issuer: Arc::new(issuer),
        entries: vec![draft.name.as_str().into()],
        discovery_url: draft.discovery_url.as_ref().map(|url| url.value.clone()),
        certificate_authority: draft
            .authority
            .and_then(|authority| read_authority(authority, files, problems)),
        keys,
        proxy: draft.proxy.clone(),
        allow_http: draft.allow_http,
    }
}

fn read_authority(
    authority: Authority<'_>,
    files: &dyn Files,
    problems: &mut Diagnostics,
) -> Option<CertificateAuthority> {
    let file = match authority {
        Authority::Inline(pem) => {
            return Some(CertificateAuthority { pem: pem.value.as_str().into(), file: None });
        }
        Authority::File(file) => file,
    };
    let bytes = read(file, files, problems)?;
    if let Err(error) = pem::certificates(&bytes) {
        let message = format!("`{}` does not hold certificates in PEM: {error}", file.value);
        problems.push(Diagnostic::error(Code::File, &file.place, message));
        return None;
    }
    let pem = String::from_utf8(bytes).ok()?;
    Some(CertificateAuthority { pem: pem.into(), file: Some(file.value.as_str().into()) })
}

fn read(file: &At<String>, files: &dyn Files, problems: &mut Diagnostics) -> Option<Vec<u8>> {
    match files.read(&file.value) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let message = format!("`{}` cannot be read: {error}", file.value);
            problems.push(Diagnostic::error(Code::File, &file.place, message));
            None
        }
    }
}

fn key_origin(source: &At<KeySource>, files: &dyn Files, problems: &mut Diagnostics) -> KeyOrigin {
    match &source.value {
        KeySource::Discovery => KeyOrigin::Discovery,
        KeySource::Url(url) => KeyOrigin::Url(url.value.clone()),
        KeySource::File(file) => {
            if let Some(bytes) = read(file, files, problems) {
                check_key_set(&bytes, &file.place, Code::File, problems);
            }
            KeyOrigin::File(file.value.as_str().into())
        }
        KeySource::Inline(text) => {
            check_key_set(text.value.as_bytes(), &text.place, Code::InvalidValue, problems);
            KeyOrigin::Inline(text.value.as_str().into())
        }
    }
}

fn check_key_set(document: &[u8], place: &Place, code: Code, problems: &mut Diagnostics) {
    match KeySet::parse_static(document, KeySetLimits::default()) {
        Ok(set) if set.keys().is_empty() => {
            problems.push(Diagnostic::error(code, place, "the JWK Set has no key that can be used"));
        }
        Ok(set) => {
            for skipped in set.skipped() {
                let message = format!("a key of the JWK Set is not used: {}", skipped.error);
                problems.push(Diagnostic::warning(code, place, message));
            }
        }
        Err(error) => problems.push(Diagnostic::error(code, place, format!("not a JWK Set: {error}"))),
    }
}

fn compare(
    known: &IssuerSettings,
    other: &IssuerSettings,
    draft: &Draft<'_>,
    place: &Place,
    problems: &mut Diagnostics,
) {
    let differences = [
        (known.certificate_authority != other.certificate_authority, "certificate authorities"),
        (known.discovery_url != other.discovery_url, "`discoveryURL`"),
        (known.keys != other.keys, "`keys`"),
        (known.issuer.algorithms != other.issuer.algorithms, "`algorithms`"),
        (known.issuer.aliases != other.issuer.aliases, "aliases"),
        (known.proxy != other.proxy, "`proxy`"),
        (known.allow_http != other.allow_http, "`allowHttp`"),
    ];
    for (differs, what) in differences {
        if differs {
            problems.push(conflict(&draft.url.place, &format!("has other {what} in another entry"), place));
        }
    }
}

fn conflict(place: &Place, what: &str, other: &Place) -> Diagnostic {
    let message = format!("the issuer {what}");
    let hint = format!("its entries share its keys; the other one stands at {other}");
    Diagnostic::error(Code::ConflictingIssuer, place, message).hint(hint)
}
