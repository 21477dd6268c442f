use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::rejected;
use crate::decision::Denial;

/// What becomes of the mapped groups, in this order: only the allowed ones, without the denied ones, only
/// those that fit the pattern, with a prefix, renamed, at most so many.
#[derive(Debug)]
pub struct GroupFilter {
    /// The groups that stay; all if absent.
    pub allow: Option<BTreeSet<String>>,
    /// The groups that are left out.
    pub deny: BTreeSet<String>,
    /// The pattern of the groups that stay, anchored as a whole by whoever built it.
    pub pattern: Option<Regex>,
    /// What stands in front of each.
    pub prefix: String,
    /// New names by the names with prefix.
    pub rename: BTreeMap<String, String>,
    /// The largest number of groups; more refuse the token, for a rule may ask for one that was cut off.
    pub cap: usize,
}

impl Default for GroupFilter {
    fn default() -> Self {
        Self {
            allow: None,
            deny: BTreeSet::new(),
            pattern: None,
            prefix: String::new(),
            rename: BTreeMap::new(),
            cap: 1000,
        }
    }
}

impl GroupFilter {
    /// The groups that remain of `groups`, in their order.
    ///
    /// # Errors
    /// `claims_rejected` if more remain than [`GroupFilter::cap`].
    pub(super) fn apply(&self, mut groups: Vec<String>) -> Result<Vec<String>, Denial> {
        groups.retain(|group| {
            self.allow.as_ref().is_none_or(|allow| allow.contains(group))
                && !self.deny.contains(group)
                && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(group))
        });
        if !self.prefix.is_empty() {
            for group in &mut groups {
                group.insert_str(0, &self.prefix);
            }
        }
        for group in &mut groups {
            if let Some(name) = self.rename.get(group) {
                group.clone_from(name);
            }
        }
        if groups.len() > self.cap {
            return Err(rejected(format!("{} groups are more than the {} allowed", groups.len(), self.cap)));
        }
        Ok(groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_come_in_their_order() {
        let filter = GroupFilter {
            allow: Some(["a", "b", "c1", "d"].map(str::to_owned).into()),
            deny: ["b"].map(str::to_owned).into(),
            pattern: Some(Regex::new("^(?:[a-c]1?)$").unwrap()),
            prefix: "p:".into(),
            rename: [("p:c1".to_owned(), "three".to_owned())].into(),
            cap: 2,
        };
        let apply = |groups: &[&str]| filter.apply(groups.iter().map(|&group| group.to_owned()).collect());
        assert_eq!(apply(&["x", "a", "b", "c1", "d"]).unwrap(), ["p:a", "three"]);
        assert!(apply(&["a", "a", "a"]).is_err());
    }
}
