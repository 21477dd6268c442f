//! The frequent shapes of rules: texts of the inputs compared with texts of the rule, or put together.
//!
//! These look at operands where they stand instead of making values of them. They pay as the
//! evaluation node by node does. Whatever is not plain (another type, a missing member, the end of the
//! budget, a trace) has no answer here and has paid nothing, so that the general way decides it.

use super::Evaluator;
use crate::cel::tree::{Access, Binary, Constant, Id, Kind, Name, Root, Special};
use crate::{Record, Text, Value};

impl<'a> Evaluator<'_, 'a> {
    /// `text == "…"`, `text != "…"` and `text.startsWith("…")`. `own` is 1 if the node's own step is
    /// still to be paid.
    #[inline]
    pub(super) fn text_test(&mut self, id: Id, own: u64) -> Option<bool> {
        if self.trace.is_some() {
            return None;
        }
        let (value, steps) = match self.tree.kind(id) {
            Kind::Binary(operator @ (Binary::Equal | Binary::NotEqual), left, right) => {
                let wanted = self.written(*right)?;
                let (text, steps) = self.text(*left)?;
                let scanned =
                    if text.len() > 64 && text.len() == wanted.len() { scan_steps(text) } else { 0 };
                ((text == wanted) == (*operator == Binary::Equal), steps + scanned)
            }
            Kind::Apply { arguments, special: Special::StartsWith, .. } => {
                let [text, part] = **arguments else { return None };
                let part = self.written(part)?;
                let (text, steps) = self.text(text)?;
                (text.as_bytes().starts_with(part.as_bytes()), steps + scan_steps(part))
            }
            _ => return None,
        };
        // One for the text of the rule.
        self.budget.steps = self.budget.steps.checked_sub(steps + 1 + own)?;
        Some(value)
    }

    /// `a + b` of texts; the node's own step is paid.
    #[inline]
    pub(super) fn joined_texts(&mut self, left: Id, right: Id) -> Option<Value<'a>> {
        if self.trace.is_some() {
            return None;
        }
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        let made = self.join(&mut joined, left, right);
        self.joined = joined;
        made
    }

    #[inline]
    fn join(&mut self, joined: &mut String, left: Id, right: Id) -> Option<Value<'a>> {
        let (a, steps_of_a) = self.text(left)?;
        let (b, steps_of_b) = self.text(right)?;
        let length = a.len() + b.len();
        if length > LONGEST_JOINED {
            return None;
        }
        let steps = self.budget.steps.checked_sub(steps_of_a + steps_of_b)?;
        let bytes = self.budget.bytes.checked_sub(u64::try_from(length).ok()?)?;
        joined.push_str(a);
        joined.push_str(b);
        (self.budget.steps, self.budget.bytes) = (steps, bytes);
        Some(Value::Text(Text::Shared(joined.as_str().into())))
    }

    #[inline]
    fn written(&self, id: Id) -> Option<&'a str> {
        if let Kind::Constant(Constant::Text(text)) = self.tree.kind(id) { Some(text) } else { None }
    }

    /// A text that stands somewhere, and the steps that evaluating the node takes.
    #[inline]
    fn text(&self, id: Id) -> Option<(&str, u64)> {
        match self.tree.kind(id) {
            Kind::Select { operand, field, access: Access::Plain, plain: true } => {
                let Kind::Resolved(Name::Root(root)) = self.tree.kind(*operand) else { return None };
                Some((self.member_text(*root, field)?, 2))
            }
            Kind::Resolved(Name::Slot(slot)) => Some((self.slots.get(*slot as usize)?.as_str()?, 1)),
            Kind::Constant(Constant::Text(text)) => Some((text, 1)),
            _ => None,
        }
    }

    #[inline]
    fn member_text(&self, root: Root, field: &str) -> Option<&'a str> {
        let record = match root {
            Root::Claims => return self.inputs.claims?.as_object()?.get(field)?.as_str(),
            Root::User => Record::User(self.inputs.user?),
            Root::Token => Record::Token(self.inputs.token?),
            Root::Request => Record::Request(self.inputs.request?),
            Root::ServiceAccounts => return None,
        };
        match record.get(field)? {
            Value::Text(Text::Borrowed(text)) => Some(text),
            _ => None,
        }
    }
}

/// Longer texts are put together where they stay.
const LONGEST_JOINED: usize = 256;

/// What [`Budget::scan`](crate::Budget::scan) takes.
#[inline]
fn scan_steps(text: &str) -> u64 {
    1 + u64::try_from(text.len()).unwrap_or(u64::MAX) / 64
}
