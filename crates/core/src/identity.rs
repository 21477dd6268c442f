//! Who is asking, in the shape of Kubernetes' `UserInfo`.

use std::collections::BTreeMap;

/// User name, uid, groups and extra of a caller whose credential was verified.
///
/// The only ways to one are a trust entry's mapping ([`crate::trust::TrustEntry::identify`]) and the
/// anonymous identity that a route names in its configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    username: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
}

impl Identity {
    pub(crate) fn new(
        username: String,
        uid: String,
        groups: Vec<String>,
        extra: BTreeMap<String, Vec<String>>,
    ) -> Self {
        Self { username, uid, groups, extra }
    }

    /// The identity that a route gives to requests without a credential, where its configuration says so.
    pub fn anonymous(username: String, groups: Vec<String>) -> Self {
        Self { username, uid: String::new(), groups, extra: BTreeMap::new() }
    }

    /// The user name; never empty.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The uid; empty if the trust entry maps none.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// The groups, in the order of the claim.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// The groups as they are held, for who borrows them by a thin pointer.
    pub(crate) fn held_groups(&self) -> &Vec<String> {
        &self.groups
    }

    /// Extra attributes by key.
    pub fn extra(&self) -> &BTreeMap<String, Vec<String>> {
        &self.extra
    }
}
