//! The annotations of Kargo: accepted values of claims. Any one of them selects the account.
//!
//! As upstream: exact values, the texts of a list one by one, projects and global namespaces only.
//! Otherwise than upstream: numbers and booleans of the token compare as text, and names and values
//! are compared apart, so that claim `a/b` with `c` is not claim `a` with `b/c`.

mod annotations;
mod holders;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use claimgate_json::{Json, Object};

use super::{AccountName, Fault, Matches, Outcome, Question, Record, Scope, ServiceAccount};
use annotations::Accepted;
use holders::ByClaim;

pub use annotations::{CLAIM_PREFIX, CLAIMS, is_annotation};

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
    by_claim: ByClaim,
    projects: HashSet<Box<str>>,
}

/// The accounts that matched, by namespace, with the first claim and value that did.
type Hits<'a> = BTreeMap<&'a str, BTreeMap<&'a AccountName, (&'a str, Cow<'a, str>)>>;

/// What a search came to.
#[derive(Default)]
struct Found<'a> {
    hits: Hits<'a>,
    /// How often an account was looked at.
    examined: usize,
}

/// The namespaces that are searched.
struct Places<'a> {
    order: Vec<&'a str>,
    searched: HashSet<&'a str>,
}

impl Index {
    /// An index without accounts and projects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an account as it is now. One without the annotations is no candidate.
    pub fn set(&mut self, account: &ServiceAccount<'_>) {
        self.remove(&account.account);
        let Some(accepted) = Accepted::read(account.annotations) else { return };
        for (claim, value) in &accepted.values {
            self.by_claim.insert(claim, value, &account.account);
        }
        self.accounts.insert(account.account.clone(), accepted);
    }

    /// Forgets an account.
    pub fn remove(&mut self, account: &AccountName) {
        let Some(accepted) = self.accounts.remove(account) else { return };
        for (claim, value) in &accepted.values {
            self.by_claim.remove(claim, value, account);
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
        let mut found = Found::default();
        if let Some(claims) = question.claims.as_object() {
            self.find(claims, &places, &mut found);
        }
        let in_order = places.order.iter().filter_map(|place| found.hits.get(place)).flat_map(BTreeMap::keys);
        let accounts = in_order.map(|account| AccountName::clone(account)).collect();
        let matches = Matches { accounts, examined: found.examined };
        if let Some(record) = record {
            self.record(&places, &found.hits, &matches, record);
        }
        matches
    }

    /// The namespaces that are searched.
    fn places<'a>(&'a self, settings: &'a Settings, scope: Scope<'a>) -> Places<'a> {
        let global = settings.global_namespaces.iter().map(|name| &**name);
        let is_global = |name: &str| settings.global_namespaces.contains(name);
        let own: Vec<&str> = match scope {
            Scope::Namespace(name) if self.projects.contains(name) || is_global(name) => vec![name],
            Scope::Namespace(_) | Scope::Cluster => Vec::new(),
            // Not for requests: the projects can be many.
            Scope::Anywhere => {
                let projects: BTreeSet<&str> = self.projects.iter().map(|name| &**name).collect();
                projects.into_iter().filter(|name| !is_global(name)).collect()
            }
        };
        let first = own.first().copied();
        let order: Vec<&str> = own.into_iter().chain(global.filter(|name| first != Some(*name))).collect();
        Places { searched: order.iter().copied().collect(), order }
    }

    fn find<'a>(&'a self, claims: &'a Object, places: &Places<'_>, found: &mut Found<'a>) {
        self.by_claim.of(claims, |claim, value, by_value| {
            for text in texts(value) {
                let Some(holders) = by_value.get(&*text) else { continue };
                for account in holders.within(&places.order, |name| places.searched.contains(name)) {
                    found.examined += 1;
                    let hits = found.hits.entry(account.namespace()).or_default();
                    hits.entry(account).or_insert_with(|| (claim, text.clone()));
                }
            }
        });
    }

    /// Says of every annotated account what became of it: the matches in their order, then the others
    /// that were searched, then those that lie elsewhere.
    fn record(&self, places: &Places<'_>, hits: &Hits<'_>, matches: &Matches, record: &mut Record) {
        let hit = |account: &AccountName| hits.get(account.namespace())?.get(account);
        for account in matches.accounts() {
            let Some((claim, value)) = hit(account) else { continue };
            let mut message = format!("claim `{claim}` has the accepted value `{value}`");
            if let Some(fault) = self.accounts.get(account).and_then(|accepted| accepted.fault.as_ref()) {
                message.push_str(&format!("; annotation `{CLAIMS}` has no effect: {fault}"));
            }
            record.push(account.clone(), Outcome::Matched, message);
        }
        let others = self.accounts.iter().filter(|(account, _)| hit(account).is_none());
        let (searched, elsewhere): (Vec<_>, Vec<_>) =
            others.partition(|(account, _)| places.searched.contains(account.namespace()));
        for (account, accepted) in searched {
            match &accepted.fault {
                Some(fault) => {
                    let message = format!("annotation `{CLAIMS}` has no effect: {fault}");
                    record.push(account.clone(), Outcome::Error, message);
                }
                None => {
                    record.push(account.clone(), Outcome::NotMatched, "no claim has an accepted value");
                }
            }
        }
        for (account, _) in elsewhere {
            let namespace = account.namespace();
            let message = if self.projects.contains(namespace) {
                format!("the request is not about project `{namespace}`")
            } else {
                format!("namespace `{namespace}` is neither global nor labelled `{PROJECT_LABEL}: \"true\"`")
            };
            record.push(account.clone(), Outcome::Ignored, message);
        }
        record.conclude(&Ok(matches.clone()), |first| format!("`{first}` comes first"));
    }
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
