use std::collections::{BTreeMap, BTreeSet, HashMap};

use claimgate_json::{Json, Object};

use super::super::AccountName;

/// Accounts by the claims and values that they accept.
#[derive(Debug, Default)]
pub(super) struct ByClaim {
    claims: BTreeMap<Box<str>, ByValue>,
}

/// The accounts that accept values of one claim, by value.
pub(super) type ByValue = HashMap<Box<str>, Holders>;

/// The accounts that accept one value of a claim.
#[derive(Debug)]
pub(super) enum Holders {
    /// Most values name one team, and one account accepts them.
    One(AccountName),
    /// By namespace, so that a question about one project reads nothing of the others.
    Many(HashMap<Box<str>, BTreeSet<AccountName>>),
}

impl ByClaim {
    /// The claims that some account accepts values of, in the order of their names, by way of the shorter list.
    pub(super) fn of<'a>(&'a self, token: &'a Object, mut found: impl FnMut(&'a str, &'a Json, &'a ByValue)) {
        if self.claims.len() <= token.len() {
            for (claim, by_value) in &self.claims {
                if let Some(value) = token.get(claim) {
                    found(claim, value, by_value);
                }
            }
        } else {
            for (claim, value) in token.iter() {
                if let Some(by_value) = self.claims.get(claim) {
                    found(claim, value, by_value);
                }
            }
        }
    }

    pub(super) fn insert(&mut self, claim: &str, value: &str, account: &AccountName) {
        let by_value = self.claims.entry(claim.into()).or_default();
        match by_value.get_mut(value) {
            Some(holders) => holders.insert(account),
            None => {
                by_value.insert(value.into(), Holders::One(account.clone()));
            }
        }
    }

    pub(super) fn remove(&mut self, claim: &str, value: &str, account: &AccountName) {
        let Some(by_value) = self.claims.get_mut(claim) else { return };
        if by_value.get_mut(value).is_some_and(|holders| holders.remove(account)) {
            by_value.remove(value);
        }
        if by_value.is_empty() {
            self.claims.remove(claim);
        }
    }
}

impl Holders {
    /// The accounts in these namespaces, by way of the shorter list.
    pub(super) fn within<'a>(
        &'a self,
        namespaces: &[&str],
        contains: impl Fn(&str) -> bool,
    ) -> Vec<&'a AccountName> {
        match self {
            Self::One(account) => Some(account).filter(|it| contains(it.namespace())).into_iter().collect(),
            Self::Many(held) if namespaces.len() <= held.len() => {
                namespaces.iter().filter_map(|namespace| held.get(*namespace)).flatten().collect()
            }
            Self::Many(held) => {
                held.iter().filter(|(name, _)| contains(name)).flat_map(|(_, accounts)| accounts).collect()
            }
        }
    }

    fn insert(&mut self, account: &AccountName) {
        if let Self::One(first) = self {
            let first = first.clone();
            *self = Self::Many(HashMap::from([(first.namespace().into(), BTreeSet::from([first]))]));
        }
        if let Self::Many(held) = self {
            held.entry(account.namespace().into()).or_default().insert(account.clone());
        }
    }

    /// Forgets the account; whether none is left.
    fn remove(&mut self, account: &AccountName) -> bool {
        match self {
            Self::One(only) => only == account,
            Self::Many(held) => {
                if let Some(accounts) = held.get_mut(account.namespace()) {
                    accounts.remove(account);
                    if accounts.is_empty() {
                        held.remove(account.namespace());
                    }
                }
                held.is_empty()
            }
        }
    }
}
