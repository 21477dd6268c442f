//! Functions over texts.

use std::rc::Rc;

use crate::{Budget, RunError};

use super::super::operate::{Outcome, integer};
use super::super::value::{List, Text, Value};

pub(super) fn text_at<'v>(arguments: &'v [Value<'_>], at: usize) -> Outcome<&'v str> {
    match arguments.get(at) {
        Some(Value::Str(text)) => Ok(text.as_str()),
        Some(other) => Err(RunError::failed(format!("{} stands where a text must", other.kind()))),
        None => Err(RunError::failed("an argument is missing")),
    }
}

pub(super) fn made<'a>(text: String, budget: &mut Budget) -> Outcome<Value<'a>> {
    budget.take_bytes(text.len() + 16)?;
    Ok(Value::text(text))
}

/// The part of the first argument that `part` picks, without a copy where it is borrowed.
fn within<'a>(
    arguments: &[Value<'a>],
    budget: &mut Budget,
    part: impl Fn(&str) -> &str,
) -> Outcome<Value<'a>> {
    match arguments.first() {
        Some(Value::Str(Text::Borrowed(text))) => {
            budget.scan(text.len())?;
            Ok(Value::Str(Text::Borrowed(part(text))))
        }
        _ => {
            let text = text_at(arguments, 0)?;
            made(part(text).to_owned(), budget)
        }
    }
}

pub(super) fn trim<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    if arguments.len() == 1 {
        return within(arguments, budget, str::trim);
    }
    let cut = text_at(arguments, 1)?;
    budget.take_steps(cut.len() as u64)?;
    budget.take_bytes(cut.len().saturating_mul(4))?;
    let mut cut: Vec<char> = cut.chars().collect();
    cut.sort_unstable();
    within(arguments, budget, |text| text.trim_matches(|c| cut.binary_search(&c).is_ok()))
}

pub(super) fn trim_prefix<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let cut = if arguments.len() == 1 { " " } else { text_at(arguments, 1)? };
    within(arguments, budget, |text| text.strip_prefix(cut).unwrap_or(text))
}

pub(super) fn trim_suffix<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let cut = if arguments.len() == 1 { " " } else { text_at(arguments, 1)? };
    within(arguments, budget, |text| text.strip_suffix(cut).unwrap_or(text))
}

pub(super) fn upper<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    budget.scan(text.len())?;
    budget.take_bytes(text.len() * 2)?;
    Ok(Value::text(text.chars().map(upper_char).collect::<String>()))
}

pub(super) fn lower<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    budget.scan(text.len())?;
    budget.take_bytes(text.len() * 2)?;
    Ok(Value::text(text.chars().map(lower_char).collect::<String>()))
}

/// One character for one character, as the original maps them: `ß` stays.
fn upper_char(c: char) -> char {
    let titled = match u32::from(c) {
        point @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => point + 8,
        point @ (0x1fb3 | 0x1fc3 | 0x1ff3) => point + 9,
        _ => return single(c, c.to_uppercase()),
    };
    char::from_u32(titled).unwrap_or(c)
}

fn lower_char(c: char) -> char {
    if c == '\u{130}' { 'i' } else { single(c, c.to_lowercase()) }
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

pub(super) fn split<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    pieces(arguments, budget, false)
}

pub(super) fn split_after<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    pieces(arguments, budget, true)
}

fn pieces<'a>(arguments: &[Value<'a>], budget: &mut Budget, keep: bool) -> Outcome<Value<'a>> {
    let (text, separator) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    let most = match arguments.get(2).map(integer).transpose()? {
        Some(most) if most >= 0 => usize::try_from(most).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    budget.scan(text.len())?;
    let cuts = if separator.is_empty() { text.chars().count() } else { text.matches(separator).count() + 1 };
    let count = cuts.min(most);
    budget.take_bytes(text.len() + count.saturating_mul(48))?;
    budget.take_steps(count as u64)?;
    let mut rest = text;
    let mut parts: Vec<Text<'a>> = Vec::with_capacity(count);
    while parts.len() + 1 < count {
        let cut = if separator.is_empty() {
            rest.chars().next().map(|c| (c.len_utf8(), 0))
        } else {
            rest.find(separator).map(|at| (at, separator.len()))
        };
        let Some((at, length)) = cut else { break };
        let end = if keep { at + length } else { at };
        parts.push(Text::Owned(rest.get(..end).unwrap_or_default().into()));
        rest = rest.get(at + length..).unwrap_or_default();
    }
    if count > 0 {
        parts.push(Text::Owned(rest.into()));
    }
    Ok(Value::List(List::Texts(parts.into())))
}

pub(super) fn replace<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let (text, old, new) = (text_at(arguments, 0)?, text_at(arguments, 1)?, text_at(arguments, 2)?);
    let most = match arguments.get(3).map(integer).transpose()? {
        Some(most) if most >= 0 => usize::try_from(most).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    budget.scan(text.len())?;
    let found = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old).count() };
    let count = found.min(most);
    budget.take_bytes(text.len().saturating_add(count.saturating_mul(new.len())).saturating_add(16))?;
    Ok(Value::text(text.replacen(old, new, count)))
}

pub(super) fn repeat<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    let count = arguments.get(1).map_or(Ok(0), integer)?;
    let count = usize::try_from(count).map_err(|_| RunError::failed("`repeat` needs a count from 0 on"))?;
    if count > 1_000_000 {
        return Err(RunError::failed("`repeat` repeats a million times at most"));
    }
    budget.take_bytes(text.len().saturating_mul(count).saturating_add(16))?;
    Ok(Value::text(text.repeat(count)))
}

pub(super) fn join<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let glue = if arguments.len() == 1 { "" } else { text_at(arguments, 1)? };
    let Some(Value::List(list)) = arguments.first() else {
        return Err(RunError::failed("`join` needs a list"));
    };
    if matches!(list, List::Range(..)) {
        return Err(RunError::failed("`join` needs a list of texts"));
    }
    let mut out = String::new();
    for (index, item) in list.iter().enumerate() {
        let Value::Str(item) = &item else {
            return Err(RunError::failed(format!("`join` needs texts, not {}", item.kind())));
        };
        budget.step()?;
        budget.take_bytes(item.as_str().len() + glue.len())?;
        if index > 0 {
            out.push_str(glue);
        }
        out.push_str(item.as_str());
    }
    Ok(Value::Str(Text::Owned(Rc::from(out))))
}

fn place<'a>(found: Option<usize>) -> Value<'a> {
    Value::Int(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
}

pub(super) fn index_of<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    budget.scan(text.len())?;
    Ok(place(text.find(text_at(arguments, 1)?)))
}

pub(super) fn last_index_of<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let text = text_at(arguments, 0)?;
    budget.scan(text.len())?;
    Ok(place(text.rfind(text_at(arguments, 1)?)))
}

pub(super) fn has_prefix<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let (text, part) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    budget.look(text.len().min(part.len()))?;
    Ok(Value::Bool(text.starts_with(part)))
}

pub(super) fn has_suffix<'a>(arguments: &[Value<'a>], budget: &mut Budget) -> Outcome<Value<'a>> {
    let (text, part) = (text_at(arguments, 0)?, text_at(arguments, 1)?);
    budget.look(text.len().min(part.len()))?;
    Ok(Value::Bool(text.ends_with(part)))
}
