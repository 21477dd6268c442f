//! The annotations of Kargo: accepted values of claims. Any one of them selects the account.
//!
//! As upstream: exact values, the texts of a list one by one, projects and global namespaces only.
//! Otherwise than upstream: numbers and booleans of the token compare as text, and names and values
//! are compared apart, so that claim `a/b` with `c` is not claim `a` with `b/c`.

mod annotations;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use claimgate_json::{Json, Object};

use super::{AccountName, Fault, Matches, Outcome, Question, Record, Scope, ServiceAccount};
use annotations::Accepted;

pub use annotations::{CLAIM_PREFIX, CLAIMS};

/// The label of a namespace that is a project, with the value `true`.
pub const PROJECT_LABEL: &str = "kargo.akuity.io/project";

/// What one route asks of the mapping.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Namespaces whose accounts serve every project.
    pub global_namespaces: BTreeSet<Box<str>>,
}

/// The annotated accounts of a cluster, by claim and value, and its projects.
#[derive(Debug, Default)]
pub struct Index {
    accounts: BTreeMap<AccountName, Accepted>,
    by_claim: HashMap<Box<str>, HashMap<Box<str>, ByNamespace>>,
    projects: BTreeSet<Box<str>>,
}

/// Accounts by namespace, so that a question about one project reads nothing of the others.
type ByNamespace = BTreeMap<Box<str>, BTreeSet<AccountName>>;

/// The accounts that matched, with the first claim and value that did.
type Hits<'a> = BTreeMap<&'a AccountName, (&'a str, Cow<'a, str>)>;

impl Index {
    /// An index without accounts and projects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an account as it is now. One without the annotations is no candidate.
    pub fn set(&mut self, account: &ServiceAccount<'_>) {
        self.remove(&account.account);
        let Some(accepted) = Accepted::read(account.annotations) else { return };
        for (claim, values) in &accepted.claims {
            let by_value = self.by_claim.entry(claim.clone()).or_default();
            for value in values {
                let by_namespace = by_value.entry(value.clone()).or_default();
                let accounts = by_namespace.entry(account.account.namespace.clone()).or_default();
                accounts.insert(account.account.clone());
            }
        }
        self.accounts.insert(account.account.clone(), accepted);
    }

    /// Forgets an account.
    pub fn remove(&mut self, account: &AccountName) {
        let Some(accepted) = self.accounts.remove(account) else { return };
        for (claim, values) in &accepted.claims {
            let Some(by_value) = self.by_claim.get_mut(claim) else { continue };
            for value in values {
                let Some(by_namespace) = by_value.get_mut(value) else { continue };
                if let Some(accounts) = by_namespace.get_mut(account.namespace()) {
                    accounts.remove(account);
                    if accounts.is_empty() {
                        by_namespace.remove(account.namespace());
                    }
                }
                if by_namespace.is_empty() {
                    by_value.remove(value);
                }
            }
            if by_value.is_empty() {
                self.by_claim.remove(claim);
            }
        }
    }

    /// Takes in a namespace's labels as they are now.
    pub fn set_namespace(&mut self, name: &str, labels: &BTreeMap<String, String>) {
        if labels.get(PROJECT_LABEL).is_some_and(|value| value == "true") {
            self.projects.insert(name.into());
        } else {
            self.projects.remove(name);
        }
    }

    /// Forgets a namespace; its accounts are forgotten one by one.
    pub fn remove_namespace(&mut self, name: &str) {
        self.projects.remove(name);
    }

    /// What is wrong with the annotations.
    pub fn faults(&self) -> Vec<(AccountName, Fault)> {
        let faults = self.accounts.iter().filter_map(|(account, accepted)| {
            let message = accepted.fault.clone()?;
            Some((account.clone(), Fault::Claims { annotation: CLAIMS, message }))
        });
        faults.collect()
    }

    /// The accounts that may act: those of the request's project, then those of the global namespaces,
    /// each by namespace and name. A request about the cluster has the global ones only.
    pub fn resolve(
        &self,
        settings: &Settings,
        question: &Question<'_>,
        record: Option<&mut Record>,
    ) -> Matches {
        let places = self.places(settings, question.scope);
        let mut hits = Hits::new();
        if let Some(claims) = question.claims.as_object() {
            self.find(claims, &places, &mut hits);
        }
        let in_order = places.iter().flat_map(|namespace| of_namespace(&hits, namespace));
        let matches = Matches(in_order.map(AccountName::clone).collect());
        if let Some(record) = record {
            self.record(&places, &hits, &matches, record);
        }
        matches
    }

    /// The namespaces that are searched, in their order.
    fn places<'a>(&'a self, settings: &'a Settings, scope: Scope<'a>) -> Vec<&'a str> {
        let is_global = |name: &str| settings.global_namespaces.contains(name);
        let mut places: Vec<&str> = match scope {
            Scope::Namespace(name) if self.projects.contains(name) || is_global(name) => vec![name],
            Scope::Namespace(_) | Scope::Cluster => Vec::new(),
            // Not for requests: the projects can be many.
            Scope::Anywhere => {
                self.projects.iter().map(|name| &**name).filter(|name| !is_global(name)).collect()
            }
        };
        for global in &settings.global_namespaces {
            if places.first() != Some(&&**global) {
                places.push(global);
            }
        }
        places
    }

    fn find<'a>(&'a self, claims: &'a Object, places: &[&str], hits: &mut Hits<'a>) {
        for (claim, value) in claims.iter() {
            let Some(by_value) = self.by_claim.get(claim) else { continue };
            for text in texts(value) {
                let Some(by_namespace) = by_value.get(&*text) else { continue };
                for namespace in places {
                    for account in by_namespace.get(*namespace).into_iter().flatten() {
                        hits.entry(account).or_insert_with(|| (claim, text.clone()));
                    }
                }
            }
        }
    }

    /// Says of every annotated account what became of it: first the matches in their order.
    fn record(&self, places: &[&str], hits: &Hits<'_>, matches: &Matches, record: &mut Record) {
        for account in matches.accounts() {
            let Some((claim, value)) = hits.get(account) else { continue };
            let mut message = format!("claim `{claim}` has the accepted value `{value}`");
            if let Some(fault) = self.accounts.get(account).and_then(|accepted| accepted.fault.as_ref()) {
                message.push_str(&format!("; annotation `{CLAIMS}` has no effect: {fault}"));
            }
            record.push(account.clone(), Outcome::Matched, message);
        }
        for (account, accepted) in &self.accounts {
            let namespace = account.namespace();
            if hits.contains_key(account) {
                continue;
            }
            if !places.contains(&namespace) {
                let what = if self.projects.contains(namespace) {
                    format!("the request is not about project `{namespace}`")
                } else {
                    format!(
                        "namespace `{namespace}` is neither global nor labelled `{PROJECT_LABEL}: \"true\"`"
                    )
                };
                record.push(account.clone(), Outcome::Ignored, what);
            } else if let Some(fault) = &accepted.fault {
                let message = format!("annotation `{CLAIMS}` has no effect: {fault}");
                record.push(account.clone(), Outcome::Error, message);
            } else {
                record.push(account.clone(), Outcome::NotMatched, "no claim has an accepted value");
            }
        }
        record.conclude(&Ok(matches.clone()));
    }
}

fn of_namespace<'a>(hits: &Hits<'a>, namespace: &str) -> Vec<&'a AccountName> {
    hits.keys().copied().filter(|account| account.namespace() == namespace).collect()
}

/// The texts that a claim is compared by: its own, or those of its items.
fn texts(claim: &Json) -> Vec<Cow<'_, str>> {
    match claim {
        Json::Array(items) => items.iter().filter_map(text).collect(),
        value => text(value).into_iter().collect(),
    }
}

fn text(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::String(text) => Some(Cow::Borrowed(text)),
        Json::Number(number) => Some(Cow::Owned(number.canonical_text())),
        Json::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
