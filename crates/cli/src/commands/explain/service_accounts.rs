//! `claimgate explain --service-accounts`: which ServiceAccount of some manifests the claims select.

mod answer;
mod manifests;
mod notes;
mod settings;

use std::path::Path;
use std::process::ExitCode;

use claimgate_core::identity::Identity;
use claimgate_core::mapping::{self, AccountName, Matches, Record, Refusal, Scope};
use claimgate_json::Json;
use claimgate_rules::printable;

use super::super::Output;
use super::REFUSED;
use crate::failure::Failure;

use manifests::Manifests;

/// How annotations are read.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    /// Argo Workflows: `workflows.argoproj.io/rbac-rule`
    Argo,
    /// Kargo: `rbac.kargo.akuity.io/claims`, `claim.NAME` and the oldest forms
    Kargo,
    /// Claimgate's own: `claimgate.dev/rule`
    Claimgate,
}

/// What is asked.
pub(super) struct Question<'a> {
    /// A file or a folder.
    pub(super) manifests: &'a Path,
    pub(super) dialect: Dialect,
    /// An object.
    pub(super) claims: &'a Json,
    /// What the request concerns; without it, anything.
    pub(super) namespace: Option<&'a str>,
    /// The mapping's settings in JSON.
    pub(super) settings: Option<&'a str>,
}

/// Exit code 0 if an account is selected, 3 if none is.
pub(super) fn run(question: &Question<'_>, output: Output) -> Result<ExitCode, Failure> {
    if let Some(namespace) = question.namespace.filter(|name| !is_dns_label(name)) {
        return Err(Failure::usage(format!("`{namespace}` is no name of a namespace"))
            .hint("a name has lower-case letters, digits and `-`"));
    }
    let manifests = manifests::read(question.manifests)?;
    let answered = resolve(question, &manifests)?;
    for note in manifests.notes.iter().chain(&answered.notes) {
        eprintln!("note: {}", printable(note));
    }
    for warning in &answered.warnings {
        eprintln!("warning: {}", printable(warning));
    }
    match output {
        Output::Json => println!("{:#}", answer::json(&answered)),
        Output::Text => answer::print(&answered),
    }
    Ok(if answered.selected().is_some() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}

/// The mapping's answer with all that led to it.
struct Answered {
    answer: Result<Matches, Refusal>,
    record: Record,
    /// What is wrong with annotations, whoever asks.
    warnings: Vec<String>,
    /// What explains the answer besides.
    notes: Vec<String>,
}

impl Answered {
    fn selected(&self) -> Option<&AccountName> {
        self.answer.as_ref().ok()?.selected()
    }
}

fn resolve(question: &Question<'_>, manifests: &Manifests) -> Result<Answered, Failure> {
    let identity = identity(question.claims);
    let scope = question.namespace.map_or(Scope::Anywhere, Scope::Namespace);
    let asked = mapping::Question { identity: &identity, claims: question.claims, scope };
    let mut record = Record::new();
    let mut notes: Vec<String> = notes::nobody(question.dialect, manifests).into_iter().collect();
    let (answer, faults) = match question.dialect {
        Dialect::Argo => {
            let settings = settings::argo(question.settings)?;
            let mut index = mapping::argo::Index::new();
            manifests.accounts().for_each(|account| index.set(&account));
            (index.resolve(&settings, &asked, Some(&mut record)), index.faults())
        }
        Dialect::Kargo => {
            let settings = settings::kargo(question.settings)?;
            let mut index = mapping::kargo::Index::new();
            manifests.accounts().for_each(|account| index.set(&account));
            manifests.namespaces.iter().for_each(|(name, labels)| index.set_namespace(name, labels));
            notes.extend(notes::undescribed(&settings, manifests));
            (Ok(index.resolve(&settings, &asked, Some(&mut record))), index.faults())
        }
        Dialect::Claimgate => {
            let settings = settings::claimgate(question.settings)?;
            let mut index = mapping::claimgate::Index::new();
            manifests.accounts().for_each(|account| index.set(&account));
            (index.resolve(&settings, &asked, Some(&mut record)), index.faults())
        }
    };
    let mut warnings = notes::misspelt(question.dialect, manifests);
    warnings.extend(faults.iter().map(|(account, fault)| {
        format!("{}`{account}`: {fault}", manifests.at(account, fault.annotation()))
    }));
    Ok(Answered { answer, record, warnings, notes })
}

/// The identity that a trust entry without prefixes makes of the claims: `sub` and `groups`.
fn identity(claims: &Json) -> Identity {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let groups = match claims.get("groups") {
        Some(Json::Array(items)) => items.iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    };
    Identity::anonymous(claims.get("sub").and_then(text).unwrap_or_default(), groups)
}

/// RFC 1123 §2.1, as Kubernetes names namespaces.
fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
