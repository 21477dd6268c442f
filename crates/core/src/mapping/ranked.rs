//! Accounts with rules by namespace, and within it by precedence, then name.

use std::cmp::{Ordering, Reverse};
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BinaryHeap, HashMap, btree_map};
use std::sync::Arc;

use super::rule::{AccountRule, Compiled, Sources};
use super::{AccountName, Fault, Precedence, ServiceAccount};

/// The accounts of a cluster that carry a rule in the language `R`.
#[derive(Debug)]
pub struct Ranked<R> {
    namespaces: HashMap<Box<str>, Namespace<R>>,
    sources: Sources<R>,
}

/// The accounts of one namespace.
#[derive(Debug)]
struct Namespace<R> {
    order: BTreeMap<Rank, Entry<R>>,
    precedences: BTreeMap<AccountName, Precedence>,
}

/// An account's place in the order.
type Rank = (Reverse<Precedence>, AccountName);

/// One account.
#[derive(Debug)]
pub(super) struct Entry<R> {
    pub(super) account: AccountName,
    pub(super) precedence: Precedence,
    pub(super) compiled: Arc<Compiled<R>>,
    /// What is wrong with the annotation of the precedence.
    fault: Option<Box<Fault>>,
}

impl<R> Default for Ranked<R> {
    fn default() -> Self {
        Self { namespaces: HashMap::new(), sources: Sources::default() }
    }
}

impl<R: AccountRule> Ranked<R> {
    /// An index without accounts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an account as it is now. One without the annotation is no candidate.
    pub fn set(&mut self, account: &ServiceAccount<'_>) {
        let Some(source) = account.annotations.get(R::ANNOTATION) else {
            self.remove(&account.account);
            return;
        };
        // Before the account's old rule goes: an account that only moves compiles nothing.
        let compiled = self.sources.take(source);
        self.remove(&account.account);
        let entry = Entry::new(account, compiled);
        let namespace = self.namespaces.entry(entry.account.namespace().into()).or_default();
        namespace.precedences.insert(entry.account.clone(), entry.precedence);
        namespace.order.insert(entry.rank(), entry);
    }

    /// Forgets an account.
    pub fn remove(&mut self, account: &AccountName) {
        let Some(namespace) = self.namespaces.get_mut(account.namespace()) else { return };
        let precedence = namespace.precedences.remove(account);
        let entry = precedence.and_then(|it| namespace.order.remove(&(Reverse(it), account.clone())));
        if namespace.precedences.is_empty() {
            self.namespaces.remove(account.namespace());
        }
        if let Some(entry) = entry {
            self.sources.release(entry.compiled);
        }
    }

    /// How many different rules the accounts carry. Each is compiled once.
    pub fn distinct_rules(&self) -> usize {
        self.sources.len()
    }

    /// Why an account's rule was not the one that counted, for people.
    pub(super) fn describe_winner(&self, winner: &AccountName) -> String {
        let namespace = self.namespaces.get(winner.namespace());
        match namespace.and_then(|namespace| namespace.precedences.get(winner)) {
            Some(precedence) => format!("`{winner}` comes first with precedence {}", precedence.get()),
            None => format!("`{winner}` comes first"),
        }
    }

    /// The accounts of `namespace` in their order.
    pub(super) fn of(&self, namespace: &str) -> impl Iterator<Item = &Entry<R>> {
        self.namespaces.get(namespace).into_iter().flat_map(Namespace::entries)
    }

    /// The namespaces with accounts, in no order.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.keys().map(|name| &**name)
    }

    /// The accounts of several namespaces in one order, read from the index one by one.
    pub(super) fn merged<'a>(
        &'a self,
        namespaces: impl Iterator<Item = &'a str>,
    ) -> impl Iterator<Item = &'a Entry<R>> {
        let found = namespaces.filter_map(|name| self.namespaces.get(name));
        let mut runs: BinaryHeap<Run<'a, R>> = found.filter_map(|it| Run::new(it.order.iter())).collect();
        std::iter::from_fn(move || {
            let mut first = runs.peek_mut()?;
            let (_, entry) = first.head;
            match first.rest.next() {
                Some(head) => first.head = head,
                None => drop(PeekMut::pop(first)),
            }
            Some(entry)
        })
    }

    /// The accounts of the namespaces that are not searched, namespace by namespace.
    pub(super) fn outside(&self, searched: impl Fn(&str) -> bool) -> impl Iterator<Item = &Entry<R>> {
        let outside = self.namespaces.iter().filter(|(name, _)| !searched(name));
        let in_order: BTreeMap<_, _> = outside.collect();
        in_order.into_values().flat_map(Namespace::entries)
    }

    /// What is wrong with the annotations, by account: rules that are none, precedences that are no
    /// integer, accounts that only their name ranks (ties).
    pub fn faults(&self) -> Vec<(AccountName, Fault)> {
        let mut faults = Vec::new();
        for namespace in self.namespaces.values() {
            let mut previous: Option<&Entry<R>> = None;
            for entry in namespace.entries() {
                let tie = previous.filter(|other| other.precedence == entry.precedence).map(|with| {
                    Fault::Tie { with: with.account.clone(), precedence: entry.precedence.get() }
                });
                let found = [entry.rule_fault(), entry.fault.as_deref().cloned(), tie].into_iter().flatten();
                faults.extend(found.map(|fault| (entry.account.clone(), fault)));
                previous = Some(entry);
            }
        }
        faults.sort_by(|(a, _), (b, _)| a.cmp(b));
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

impl<R: AccountRule> Entry<R> {
    fn new(account: &ServiceAccount<'_>, compiled: Arc<Compiled<R>>) -> Self {
        let text = account.annotations.get(R::PRECEDENCE).map(String::as_str);
        let precedence = Precedence::of_annotation(text);
        let inexact = text.filter(|text| !Precedence::is_exact(text));
        let fault = inexact.map(|text| {
            let (text, counts_as) = (text.to_owned(), precedence.get());
            Box::new(Fault::Precedence { annotation: R::PRECEDENCE, text, counts_as })
        });
        Self { account: account.account.clone(), precedence, compiled, fault }
    }

    fn rank(&self) -> Rank {
        (Reverse(self.precedence), self.account.clone())
    }

    fn rule_fault(&self) -> Option<Fault> {
        let message = self.compiled.rule.as_ref().err()?.clone();
        Some(Fault::Rule { annotation: R::ANNOTATION, message })
    }

    /// The rule's place in the order, for people.
    pub(super) fn place(&self) -> String {
        match &self.fault {
            Some(fault) => format!("precedence {} ({fault})", self.precedence.get()),
            None => format!("precedence {}", self.precedence.get()),
        }
    }
}

/// What is left of a namespace's accounts, ordered so that the one to be read next is the greatest.
struct Run<'a, R> {
    head: (&'a Rank, &'a Entry<R>),
    rest: btree_map::Iter<'a, Rank, Entry<R>>,
}

impl<'a, R> Run<'a, R> {
    fn new(mut rest: btree_map::Iter<'a, Rank, Entry<R>>) -> Option<Self> {
        Some(Self { head: rest.next()?, rest })
    }
}

impl<R> Ord for Run<'_, R> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.head.0.cmp(self.head.0)
    }
}

impl<R> PartialOrd for Run<'_, R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> PartialEq for Run<'_, R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<R> Eq for Run<'_, R> {}
