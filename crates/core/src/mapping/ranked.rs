//! Annotated accounts by namespace, and within it by precedence, then name.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{AccountName, Fault, Precedence};

/// The accounts of a cluster that carry a rule.
#[derive(Debug)]
pub(super) struct Ranked<R> {
    namespaces: BTreeMap<Box<str>, Namespace<R>>,
}

/// The accounts of one namespace.
#[derive(Debug)]
pub(super) struct Namespace<R> {
    order: BTreeMap<(Reverse<Precedence>, AccountName), Entry<R>>,
    precedences: BTreeMap<AccountName, Precedence>,
}

/// One account.
#[derive(Debug)]
pub(super) struct Entry<R> {
    pub(super) account: AccountName,
    pub(super) precedence: Precedence,
    pub(super) rule: R,
    /// What is wrong with the annotation of the precedence.
    pub(super) fault: Option<Fault>,
}

impl<R> Default for Ranked<R> {
    fn default() -> Self {
        Self { namespaces: BTreeMap::new() }
    }
}

impl<R> Ranked<R> {
    pub(super) fn set(&mut self, entry: Entry<R>) {
        self.remove(&entry.account);
        let namespace = self.namespaces.entry(entry.account.namespace().into()).or_default();
        namespace.precedences.insert(entry.account.clone(), entry.precedence);
        namespace.order.insert((Reverse(entry.precedence), entry.account.clone()), entry);
    }

    pub(super) fn remove(&mut self, account: &AccountName) {
        let Some(namespace) = self.namespaces.get_mut(account.namespace()) else { return };
        if let Some(precedence) = namespace.precedences.remove(account) {
            namespace.order.remove(&(Reverse(precedence), account.clone()));
        }
        if namespace.precedences.is_empty() {
            self.namespaces.remove(account.namespace());
        }
    }

    /// The accounts of `namespace` in their order.
    pub(super) fn of(&self, namespace: &str) -> impl Iterator<Item = &Entry<R>> {
        self.namespaces.get(namespace).into_iter().flat_map(Namespace::entries)
    }

    /// All accounts, by namespace.
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry<R>> {
        self.namespaces.values().flat_map(Namespace::entries)
    }

    /// The accounts of namespaces for which `elsewhere` holds.
    pub(super) fn outside(&self, searched: impl Fn(&str) -> bool) -> impl Iterator<Item = &Entry<R>> {
        let outside = self.namespaces.iter().filter(move |(name, _)| !searched(name));
        outside.flat_map(|(_, namespace)| namespace.entries())
    }

    /// Accounts whose precedence is no integer, and accounts that only their name ranks.
    pub(super) fn faults(&self) -> Vec<(AccountName, Fault)> {
        let mut faults = Vec::new();
        for namespace in self.namespaces.values() {
            let mut previous: Option<&Entry<R>> = None;
            for entry in namespace.entries() {
                if let Some(fault) = &entry.fault {
                    faults.push((entry.account.clone(), fault.clone()));
                }
                if let Some(with) = previous.filter(|other| other.precedence == entry.precedence) {
                    let precedence = entry.precedence.get();
                    let fault = Fault::Tie { with: with.account.clone(), precedence };
                    faults.push((entry.account.clone(), fault));
                }
                previous = Some(entry);
            }
        }
        faults
    }
}

impl<R> Default for Namespace<R> {
    fn default() -> Self {
        Self { order: BTreeMap::new(), precedences: BTreeMap::new() }
    }
}

impl<R> Namespace<R> {
    fn entries(&self) -> impl Iterator<Item = &Entry<R>> {
        self.order.values()
    }
}

impl<R> Entry<R> {
    pub(super) fn new(
        account: AccountName,
        annotation: &'static str,
        precedence: Option<&str>,
        rule: R,
    ) -> Self {
        let value = Precedence::of_annotation(precedence);
        let inexact = precedence.filter(|text| !Precedence::is_exact(text));
        let fault = inexact.map(|text| Fault::Precedence {
            annotation,
            text: text.to_owned(),
            counts_as: value.get(),
        });
        Self { account, precedence: value, rule, fault }
    }

    /// The rule's place in the order, for people.
    pub(super) fn describe(&self) -> String {
        match &self.fault {
            Some(fault) => format!("precedence {} ({fault})", self.precedence.get()),
            None => format!("precedence {}", self.precedence.get()),
        }
    }
}
