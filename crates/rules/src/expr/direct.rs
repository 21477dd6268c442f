//! Rules that compare claims, or the items of a list, with texts that stand in the rule.
//!
//! Most rules do nothing else. What such a rule asks for is put together when it is parsed; it is then
//! answered by a look at the claims, without a value, and with no check before: where every claim is of
//! the type that its comparison wants, the check cannot fail. It pays as the evaluation node by node does.
//! Whatever is not plain (a missing claim, another type, the end of the budget, a trace) has no answer
//! here and has paid nothing, so that the general way decides it.

use std::rc::Rc;

use claimgate_json::Json;

use crate::{Budget, Pattern};

use super::environment::Environment;
use super::tree::{Binary, Chain, Kind, Known, Link, Node};
use super::value::{Text, Value};

/// Tests joined by `&&` and `||`, from left to right, as [`Chain`] has them.
#[derive(Debug, Clone)]
pub(crate) struct Direct {
    first: First,
    rest: Box<[(Joint, Direct)]>,
}

#[derive(Debug, Clone)]
enum First {
    Test(Test),
    Nested(Box<Direct>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    And,
    Or,
}

#[derive(Debug, Clone)]
struct Test {
    subject: Subject,
    relation: Relation,
    negated: bool,
}

#[derive(Debug, Clone)]
enum Subject {
    Claim(Box<str>),
    /// `#`
    Item,
}

#[derive(Debug, Clone)]
enum Relation {
    Equals(Box<str>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
    Matches(Pattern),
    OneOf(Box<[Box<str>]>),
    /// `"…" in claim`
    Has(Box<str>),
}

/// What a predicate does with an item that is a text.
#[derive(Debug, Clone)]
pub(crate) enum Predicate {
    Test(Direct),
    /// `"…" + #` or `# + "…"`
    Affix {
        before: Box<str>,
        after: Box<str>,
    },
}

impl Direct {
    /// The tests that a rule, or a part of it, consists of; none if it holds anything else.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        let Kind::Chain(Chain { first, links, .. }) = &node.kind else { return None };
        let (first, links) = match &first.kind {
            Kind::Chain(_) => (First::Nested(Box::new(Self::of(first)?)), &**links),
            _ => {
                let (link, rest) = links.split_first()?;
                (First::Test(Test::of(first, link)?), rest)
            }
        };
        let rest: Option<Box<[_]>> = links
            .iter()
            .map(|link| {
                let joint = match link.op {
                    Binary::And => Joint::And,
                    Binary::Or => Joint::Or,
                    _ => return None,
                };
                Some((joint, Self::of(&link.right)?))
            })
            .collect();
        Some(Self { first, rest: rest? })
    }

    /// Whether the rule holds.
    #[inline]
    pub(crate) fn holds(
        &self,
        environment: Environment<'_>,
        item: Option<&str>,
        budget: &mut Budget,
    ) -> Option<bool> {
        let mut left = budget.steps;
        let holds = self.visit(environment, item, true, &mut left)?;
        budget.steps = left;
        Some(holds)
    }

    /// `asked` is false where the value is decided already: then the types count and nothing is paid.
    fn visit(
        &self,
        environment: Environment<'_>,
        item: Option<&str>,
        asked: bool,
        left: &mut u64,
    ) -> Option<bool> {
        *left = left.checked_sub(u64::from(asked))?;
        let mut holds = match &self.first {
            First::Test(test) => test.visit(environment, item, asked, left)?,
            First::Nested(nested) => nested.visit(environment, item, asked, left)?,
        };
        for (joint, next) in &self.rest {
            let counts = holds == (*joint == Joint::And);
            let value = next.visit(environment, item, asked && counts, left)?;
            if counts {
                holds = value;
            }
        }
        Some(holds)
    }
}

impl Test {
    fn of(left: &Node, link: &Link) -> Option<Self> {
        if !link.more.is_empty() {
            return None;
        }
        let negated = link.negated != (link.op == Binary::NotEqual);
        if let (Kind::Str(text), Kind::Name(_)) = (&left.kind, &link.right.kind) {
            let relation = match link.op {
                Binary::Equal | Binary::NotEqual => Relation::Equals(text.clone()),
                Binary::In => Relation::Has(text.clone()),
                _ => return None,
            };
            return Some(Self { subject: Subject::of(&link.right)?, relation, negated });
        }
        let relation = match (link.op, &link.right.kind, &link.known) {
            (Binary::Equal | Binary::NotEqual, Kind::Str(text), _) => Relation::Equals(text.clone()),
            (Binary::StartsWith, Kind::Str(text), _) => Relation::StartsWith(text.clone()),
            (Binary::EndsWith, Kind::Str(text), _) => Relation::EndsWith(text.clone()),
            (Binary::Contains, Kind::Str(text), _) => Relation::Contains(text.clone()),
            (Binary::Matches, _, Known::Pattern(pattern)) => Relation::Matches(pattern.clone()),
            (Binary::In, Kind::Array(items), Known::Texts) => {
                let text =
                    |node: &Node| if let Kind::Str(text) = &node.kind { Some(text.clone()) } else { None };
                Relation::OneOf(items.iter().map(text).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        Some(Self { subject: Subject::of(left)?, relation, negated })
    }

    #[inline]
    fn visit(
        &self,
        environment: Environment<'_>,
        item: Option<&str>,
        asked: bool,
        left: &mut u64,
    ) -> Option<bool> {
        if let (Relation::Has(wanted), Subject::Claim(name)) = (&self.relation, &self.subject) {
            return has(environment, name, wanted, asked, left).map(|holds| holds != self.negated);
        }
        let text = match &self.subject {
            Subject::Claim(name) => environment.look_up(name, Json::as_str, |_| None)??,
            Subject::Item => item?,
        };
        if !asked {
            return Some(false);
        }
        // One for the claim or item, one for the text of the rule, where it is a value of its own.
        let (holds, taken) = match &self.relation {
            Relation::Equals(wanted) => (*text == **wanted, 3 + scan(text.len().min(wanted.len()))),
            Relation::StartsWith(part) => (text.starts_with(&**part), 2 + look(text.len().min(part.len()))),
            Relation::EndsWith(part) => (text.ends_with(&**part), 2 + look(text.len().min(part.len()))),
            Relation::Contains(part) => (text.contains(&**part), 2 + scan(text.len())),
            Relation::Matches(pattern) => {
                // The one relation that takes long, so that it is paid first.
                *left = left.checked_sub(1 + pattern.steps(text.len()))?;
                (pattern.is_match(text), 0)
            }
            Relation::OneOf(texts) => (texts.iter().any(|one| **one == *text), 1 + as_u64(texts.len())),
            Relation::Has(_) => return None,
        };
        *left = left.checked_sub(taken)?;
        Some(holds != self.negated)
    }
}

impl Subject {
    fn of(node: &Node) -> Option<Self> {
        match &node.kind {
            Kind::Name(name) => Some(Self::Claim(name.clone())),
            Kind::Item => Some(Self::Item),
            _ => None,
        }
    }
}

fn has(environment: Environment<'_>, name: &str, wanted: &str, asked: bool, left: &mut u64) -> Option<bool> {
    // One for the text of the rule, one for the claim.
    let mut taken = 2;
    let mut is_wanted = |item: &str| {
        taken += 2 + as_u64(item.len().min(wanted.len())) / 64;
        item == wanted
    };
    let in_claim = |json: &Json| {
        let Json::Array(items) = json else { return None };
        if !asked {
            return Some(false);
        }
        for item in items {
            // A list with other items than texts is rare enough for the general way.
            if is_wanted(item.as_str()?) {
                return Some(true);
            }
        }
        Some(false)
    };
    let found = match environment.groups_in_place_of(name) {
        Some(groups) => asked && groups.iter().any(|group| is_wanted(group)),
        None => environment.look_up(name, in_claim, |_| None)??,
    };
    *left = left.checked_sub(if asked { taken } else { 0 })?;
    Some(found)
}

impl Predicate {
    pub(crate) fn of(body: &Node) -> Option<Self> {
        if let Kind::Chain(Chain { first, links, .. }) = &body.kind
            && let [Link { op: Binary::Add, right, .. }] = &**links
        {
            return match (&first.kind, &right.kind) {
                (Kind::Str(text), Kind::Item) => {
                    Some(Self::Affix { before: text.clone(), after: Box::default() })
                }
                (Kind::Item, Kind::Str(text)) => {
                    Some(Self::Affix { before: Box::default(), after: text.clone() })
                }
                _ => None,
            };
        }
        Direct::of(body).map(Self::Test)
    }

    /// The predicate's value for an item. `buffer` holds nothing between two calls.
    #[inline]
    pub(crate) fn value<'a>(
        &self,
        environment: Environment<'a>,
        item: &str,
        budget: &mut Budget,
        buffer: &mut String,
    ) -> Option<Value<'a>> {
        match self {
            Self::Test(test) => test.holds(environment, Some(item), budget).map(Value::Bool),
            Self::Affix { before, after } => {
                let length = before.len() + item.len() + after.len();
                if length > LONGEST_JOINED {
                    return None;
                }
                let steps = budget.steps.checked_sub(3)?;
                let bytes = budget.bytes.checked_sub(as_u64(length + 16))?;
                (budget.steps, budget.bytes) = (steps, bytes);
                buffer.clear();
                buffer.push_str(before);
                buffer.push_str(item);
                buffer.push_str(after);
                Some(Value::Str(Text::Owned(Rc::from(buffer.as_str()))))
            }
        }
    }
}

/// Longer texts are put together where they stay.
const LONGEST_JOINED: usize = 256;

/// What [`Budget::scan`] takes.
#[inline]
fn scan(bytes: usize) -> u64 {
    1 + as_u64(bytes) / 64
}

/// What [`Budget::look`] takes.
#[inline]
fn look(bytes: usize) -> u64 {
    as_u64(bytes) / 64
}

#[inline]
fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
