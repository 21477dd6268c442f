//! The variables of a rule.

use claimgate_json::{Json, Object};

use super::value::{List, Text, Value};

/// The name whose value an identity may have in place of the claims.
const GROUPS: &str = "groups";

/// The variables of a rule: the claims of a token, with an identity's groups in place of the claim `groups`
/// where there are any.
// Two pointers, so that a map that is the whole environment is no wider than other maps.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'a> {
    claims: &'a Object,
    groups: Option<&'a Vec<String>>,
}

/// The claims alone.
impl<'a> From<&'a Object> for Environment<'a> {
    fn from(claims: &'a Object) -> Self {
        Self { claims, groups: None }
    }
}

impl<'a> Environment<'a> {
    /// The claims, and whatever they say of them, these groups.
    pub fn with_groups(claims: &'a Object, groups: &'a Vec<String>) -> Self {
        Self { claims, groups: Some(groups) }
    }

    /// The claims, if nothing stands in place of one.
    pub(crate) fn as_claims(self) -> Option<&'a Object> {
        if self.groups.is_none() { Some(self.claims) } else { None }
    }

    /// Hands the variable's claim to `of_claim`, or the groups that stand in its place to `of_groups`.
    #[inline]
    pub(crate) fn look_up<T>(
        self,
        name: &str,
        of_claim: impl FnOnce(&'a Json) -> T,
        of_groups: impl FnOnce(&'a [String]) -> T,
    ) -> Option<T> {
        match self.groups {
            Some(groups) if name == GROUPS => Some(of_groups(groups)),
            _ => self.claims.get(name).map(of_claim),
        }
    }

    /// The identity's groups, if `name` is theirs.
    #[inline]
    pub(crate) fn groups_in_place_of(self, name: &str) -> Option<&'a [String]> {
        self.groups.filter(|_| name == GROUPS).map(Vec::as_slice)
    }

    /// The variable's value.
    #[inline]
    pub(crate) fn get(self, name: &str) -> Option<Value<'a>> {
        self.look_up(name, Value::from_json, |groups| Value::List(List::Strings(groups)))
    }

    /// Whether there is a variable `name`.
    pub(crate) fn contains(self, name: &str) -> bool {
        self.look_up(name, |_| (), |_| ()).is_some()
    }

    /// The number of variables.
    pub(crate) fn len(self) -> usize {
        let is_added = self.groups.is_some() && !self.claims.contains(GROUPS);
        self.claims.len() + usize::from(is_added)
    }

    /// The variables in the order of their names.
    pub(crate) fn entries(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        let text = |name| Value::Str(Text::Borrowed(name));
        let entry = move |(name, value): (&'a str, &'a Json)| (text(name), Value::from_json(value));
        let is_shown = move |name: &str| self.groups.is_none() || name != GROUPS;
        let before = self.claims.iter().filter(|(name, _)| *name < GROUPS).map(entry);
        let groups = self.groups.map(|groups| (text(GROUPS), Value::List(List::Strings(groups))));
        let rest = self.claims.iter().filter(move |(name, _)| *name >= GROUPS && is_shown(name)).map(entry);
        before.chain(groups).chain(rest)
    }
}
