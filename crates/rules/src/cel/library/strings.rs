//! Texts: version 2 of CEL's strings extension. Places count code points.

use super::entry::Items;
use super::{Context, Function, no_such_overload};
use crate::cel::signature::Ty;
use crate::{RunError, Text, Value, text};

pub(crate) mod format;

const TEXT: Ty = Ty::Text;
const INT: Ty = Ty::Int;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::member("charAt", &[TEXT, INT], TEXT, char_at).is(
        "The character at a place; empty right behind the last one.",
        "'für'.charAt(1)",
        r#""ü""#,
    ),
    Function::member("format", &[TEXT, Ty::List(&Ty::Dyn)], TEXT, format::run).is(
        "The text with its clauses (`%s %d %f %e %b %o %x %X %%`) replaced by the items of the list.",
        "'%s has %d groups'.format(['eva', 2])",
        r#""eva has 2 groups""#,
    ),
    Function::member("indexOf", &[TEXT, TEXT], INT, index_of).is(
        "The place where a text first begins, or -1.",
        "'hello mellow'.indexOf('ello')",
        "1",
    ),
    Function::member("indexOf", &[TEXT, TEXT, INT], INT, index_of).is(
        "The same, from a place on.",
        "'hello mellow'.indexOf('ello', 2)",
        "7",
    ),
    Function::member("join", &[Ty::LIST_TEXT], TEXT, join).is(
        "The texts of a list, one behind the other.",
        "['a', 'b'].join()",
        r#""ab""#,
    ),
    Function::member("join", &[Ty::LIST_TEXT, TEXT], TEXT, join).is(
        "The same with a separator between them.",
        "['a', 'b'].join(', ')",
        r#""a, b""#,
    ),
    Function::member("lastIndexOf", &[TEXT, TEXT], INT, last_index_of).is(
        "The place where a text last begins, or -1.",
        "'hello mellow'.lastIndexOf('ello')",
        "7",
    ),
    Function::member("lastIndexOf", &[TEXT, TEXT, INT], INT, last_index_of).is(
        "The same, not behind a place.",
        "'hello mellow'.lastIndexOf('ello', 6)",
        "1",
    ),
    Function::member("lowerAscii", &[TEXT], TEXT, lower_ascii).is(
        "The text with its ASCII letters in lower case.",
        "'TacoCat'.lowerAscii()",
        r#""tacocat""#,
    ),
    Function::member("replace", &[TEXT, TEXT, TEXT], TEXT, replace).is(
        "The text with each occurrence of one text replaced by another.",
        "'a-b-c'.replace('-', '.')",
        r#""a.b.c""#,
    ),
    Function::member("replace", &[TEXT, TEXT, TEXT, INT], TEXT, replace).is(
        "The same, at most so many times; a negative number sets no limit.",
        "'a-b-c'.replace('-', '.', 1)",
        r#""a.b-c""#,
    ),
    Function::member("split", &[TEXT, TEXT], Ty::LIST_TEXT, split).is(
        "The parts of a text between separators.",
        "'a,b,c'.split(',')",
        r#"["a", "b", "c"]"#,
    ),
    Function::member("split", &[TEXT, TEXT, INT], Ty::LIST_TEXT, split).is(
        "The same, at most so many parts; a negative number sets no limit.",
        "'a,b,c'.split(',', 2)",
        r#"["a", "b,c"]"#,
    ),
    Function::global("strings.quote", &[TEXT], TEXT, quote).is(
        "The text in double quotes, its special characters escaped.",
        r#"strings.quote('a"b')"#,
        r#""\"a\\\"b\"""#,
    ),
    Function::member("substring", &[TEXT, INT], TEXT, substring).is(
        "The part from a place on.",
        "'tacocat'.substring(4)",
        r#""cat""#,
    ),
    Function::member("substring", &[TEXT, INT, INT], TEXT, substring).is(
        "The part from one place up to before another.",
        "'tacocat'.substring(0, 4)",
        r#""taco""#,
    ),
    Function::member("trim", &[TEXT], TEXT, trim).is(
        "The text without white space at both ends.",
        r"' \t a b '.trim()",
        r#""a b""#,
    ),
    Function::member("upperAscii", &[TEXT], TEXT, upper_ascii).is(
        "The text with its ASCII letters in upper case.",
        "'TacoCat'.upperAscii()",
        r#""TACOCAT""#,
    ),
];

fn char_at<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(text), Value::Int(place)] = arguments else { return Err(no_such_overload()) };
    let from = place_in(context, text.as_str(), *place)?;
    let length = text.as_str().get(from..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    context.part(text, from, from + length)
}

fn index_of<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (text, part, offset) = match arguments {
        [Value::Text(text), Value::Text(part)] => (text.as_str(), part.as_str(), 0),
        [Value::Text(text), Value::Text(part), Value::Int(offset)] => (text.as_str(), part.as_str(), *offset),
        _ => return Err(no_such_overload()),
    };
    context.budget.scan(text.len() + part.len())?;
    let nth = usize::try_from(offset).map_err(|_| out_of_range(offset))?;
    let from = text::byte_of(text, nth);
    if part.is_empty() {
        return Ok(Value::Int(from.map_or_else(|| count(text), |_| offset)));
    }
    let found = from.and_then(|from| text.get(from..)?.find(part).map(|at| from + at));
    Ok(place_of(text, found))
}

fn last_index_of<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (text, part, offset) = match arguments {
        [Value::Text(text), Value::Text(part)] => (text.as_str(), part.as_str(), None),
        [Value::Text(text), Value::Text(part), Value::Int(offset)] => {
            (text.as_str(), part.as_str(), Some(*offset))
        }
        _ => return Err(no_such_overload()),
    };
    context.budget.scan(text.len() + part.len())?;
    let Some(offset) = offset else {
        return Ok(if part.is_empty() { Value::Int(count(text)) } else { place_of(text, text.rfind(part)) });
    };
    let nth = usize::try_from(offset).map_err(|_| out_of_range(offset))?;
    let last = text::byte_of(text, nth);
    if part.is_empty() {
        return Ok(Value::Int(last.map_or_else(|| count(text), |_| offset)));
    }
    let found = last.filter(|last| *last < text.len()).and_then(|last| {
        let end = text.floor_char_boundary(last.saturating_add(part.len()));
        text.get(..end)?.rfind(part)
    });
    Ok(place_of(text, found))
}

fn join<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (list, separator) = match arguments {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::Text(separator)] => (list, separator.as_str()),
        _ => return Err(no_such_overload()),
    };
    let mut joined = String::new();
    for (index, item) in list.iter().enumerate() {
        let Value::Text(item) = &item else {
            return Err(RunError::failed(format!("a list with a {} cannot be joined", item.type_name())));
        };
        let separator = if index > 0 { separator } else { "" };
        context.budget.step()?;
        context.budget.take_bytes(separator.len() + item.as_str().len())?;
        joined.push_str(separator);
        joined.push_str(item.as_str());
    }
    Ok(Value::Text(joined.into()))
}

fn lower_ascii<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(text)] = arguments else { return Err(no_such_overload()) };
    made_of(context, text, |byte| byte.is_ascii_uppercase(), str::to_ascii_lowercase)
}

fn upper_ascii<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(text)] = arguments else { return Err(no_such_overload()) };
    made_of(context, text, |byte| byte.is_ascii_lowercase(), str::to_ascii_uppercase)
}

fn made_of<'a>(
    context: &mut Context<'_>,
    text: &Text<'a>,
    changes: impl Fn(u8) -> bool,
    change: impl Fn(&str) -> String,
) -> Result<Value<'a>, RunError> {
    context.budget.scan(text.as_str().len())?;
    if !text.as_str().bytes().any(changes) {
        return Ok(Value::Text(text.clone()));
    }
    context.budget.take_bytes(text.as_str().len())?;
    Ok(Value::Text(change(text.as_str()).into()))
}

fn replace<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (text, old, new, most) = match arguments {
        [Value::Text(text), Value::Text(old), Value::Text(new)] => (text, old.as_str(), new.as_str(), -1),
        [Value::Text(text), Value::Text(old), Value::Text(new), Value::Int(most)] => {
            (text, old.as_str(), new.as_str(), *most)
        }
        _ => return Err(no_such_overload()),
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    context.budget.scan(text.as_str().len())?;
    let times = text.as_str().matches(old).take(most).count();
    if times == 0 || old == new {
        return Ok(Value::Text(text.clone()));
    }
    context.budget.take_bytes(text.as_str().len().saturating_add(times.saturating_mul(new.len())))?;
    Ok(Value::Text(text.as_str().replacen(old, new, times).into()))
}

fn split<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (text, separator, most) = match arguments {
        [Value::Text(text), Value::Text(separator)] => (text, separator.as_str(), -1),
        [Value::Text(text), Value::Text(separator), Value::Int(most)] => (text, separator.as_str(), *most),
        _ => return Err(no_such_overload()),
    };
    let whole = text.as_str();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    context.budget.scan(whole.len())?;
    let mut items = Items::default();
    let mut from = 0;
    // Without a separator every character is a part of its own, and an empty text has none.
    while most > 0 && (from < whole.len() || !separator.is_empty()) {
        let rest = whole.get(from..).unwrap_or_default();
        let found = match rest.chars().next() {
            _ if items.len() + 1 == most => None,
            Some(first) if separator.is_empty() => Some(first.len_utf8()).filter(|end| *end < rest.len()),
            _ => rest.find(separator),
        };
        let end = found.map_or(whole.len(), |found| from + found);
        let part = context.part(text, from, end)?;
        items.push(context, part)?;
        if found.is_none() {
            break;
        }
        from = end + separator.len();
    }
    Ok(items.list())
}

fn quote<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(text)] = arguments else { return Err(no_such_overload()) };
    context.budget.take_bytes(text.as_str().len().saturating_mul(2) + 2)?;
    let mut quoted = String::with_capacity(text.as_str().len() + 2);
    quoted.push('"');
    for c in text.as_str().chars() {
        match simple_escape(c) {
            Some(letter) => quoted.extend(['\\', letter]),
            None => quoted.push(c),
        }
    }
    quoted.push('"');
    Ok(Value::Text(quoted.into()))
}

/// The letter behind `\` for a character that has such an escape.
fn simple_escape(c: char) -> Option<char> {
    Some(match c {
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{b}' => 'v',
        '\\' | '"' => c,
        _ => return None,
    })
}

fn substring<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let (text, start, end) = match arguments {
        [Value::Text(text), Value::Int(start)] => (text, *start, None),
        [Value::Text(text), Value::Int(start), Value::Int(end)] => (text, *start, Some(*end)),
        _ => return Err(no_such_overload()),
    };
    if let Some(end) = end.filter(|end| *end < start) {
        return Err(RunError::failed(format!("a part cannot begin at {start} and end before it, at {end}")));
    }
    let from = place_in(context, text.as_str(), start)?;
    let to = end.map_or(Ok(text.as_str().len()), |end| place_in(context, text.as_str(), end))?;
    context.part(text, from, to)
}

fn trim<'a>(context: &mut Context<'_>, arguments: &[Value<'a>]) -> Result<Value<'a>, RunError> {
    let [Value::Text(text)] = arguments else { return Err(no_such_overload()) };
    context.budget.scan(text.as_str().len())?;
    let from = text.as_str().len() - text.as_str().trim_start().len();
    context.part(text, from, from + text.as_str().trim().len())
}

/// The byte of a place within the text, or right behind it.
fn place_in(context: &mut Context<'_>, text: &str, place: i64) -> Result<usize, RunError> {
    context.budget.scan(text.len())?;
    usize::try_from(place).ok().and_then(|nth| text::byte_of(text, nth)).ok_or_else(|| out_of_range(place))
}

fn place_of<'a>(text: &str, byte: Option<usize>) -> Value<'a> {
    Value::Int(byte.and_then(|byte| text.get(..byte)).map_or(-1, count))
}

fn count(text: &str) -> i64 {
    i64::try_from(text::length(text)).unwrap_or(i64::MAX)
}

fn out_of_range(place: i64) -> RunError {
    RunError::failed(format!("the index {place} is out of range"))
}
