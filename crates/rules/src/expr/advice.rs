//! What to write instead: the hints of errors that people make who know another language better.

use crate::LoadError;

use super::nature::{Leaf, Nature};
use super::tree::Binary;

const BETWEEN_TEXTS: &str = "it stands between two texts: `sub startsWith 'a'`";

/// A word or sign where none belongs.
pub(super) fn misplaced(error: LoadError, text: &str) -> LoadError {
    let hint = match text {
        "AND" | "And" | "&" => "write `and` or `&&`",
        "OR" | "Or" | "|" => "write `or` or `||`",
        "NOT" | "Not" => "write `not` or `!`",
        "IN" | "In" => "write `in`",
        "=" | "===" => "write `==` to compare",
        "<>" => "write `!=`",
        ":" => "a name with such a character is reached by `$env['a:b']`",
        "startsWith" | "endsWith" | "contains" | "matches" => BETWEEN_TEXTS,
        _ => return error,
    };
    error.with_hint(hint)
}

/// A name that no claim has.
pub(super) fn unknown_name(error: LoadError, name: &str) -> LoadError {
    match name {
        "True" | "TRUE" => error.with_hint("write `true`"),
        "False" | "FALSE" => error.with_hint("write `false`"),
        "null" | "Null" | "NULL" | "None" => error.with_hint("write `nil`"),
        "claims" | "token" => {
            error.with_hint("claims are variables themselves: `groups`, not `claims.groups`")
        }
        "user" => error.with_hint("claims are variables: `sub`, `email`, `groups`"),
        _ => error.with_hint(format!(
            "where the claim may be missing, write `get($env, \"{name}\")`, which is nil then"
        )),
    }
}

/// A member of what has none.
pub(super) fn unknown_member(error: LoadError, base: Nature, name: &str) -> LoadError {
    match name {
        _ if base.is(Leaf::Nil) => error.with_hint("the claim is null; null is not the same as absent"),
        "startsWith" | "endsWith" | "contains" | "matches" if base.is(Leaf::Str) => {
            error.with_hint(BETWEEN_TEXTS)
        }
        "contains" | "includes" | "exists" | "any" if base.is_list() => {
            error.with_hint("for lists, write `item in list`, or `any(list, # startsWith 'a')`")
        }
        "length" | "size" | "len" => error.with_hint("write `len(…)`"),
        "toLowerCase" | "lowerAscii" | "lower" => error.with_hint("write `lower(…)`"),
        _ => error,
    }
}

/// An operator that these two do not have.
pub(super) fn mismatch(error: LoadError, op: Binary, l: Nature, r: Nature) -> LoadError {
    let both = |a: Nature, b: Nature| a.is_number() && b.is(Leaf::Str);
    let mixed = both(l, r) || both(r, l);
    let hint = match op {
        Binary::Contains if l.is_list() => "for lists, write `item in list`",
        Binary::Equal | Binary::NotEqual if mixed => {
            "numbers stand without quotes: `level == 3`; or compare texts: `string(level) == '3'`"
        }
        Binary::Equal | Binary::NotEqual if l.is_list() || r.is_list() => {
            "ask whether the list holds it: `'a' in groups`"
        }
        Binary::Add if mixed => "convert the number: `string(level)`",
        Binary::Modulo => "numbers of claims are doubles: `int(level) % 2`",
        Binary::In if r.is(Leaf::Str) => "for texts, write `text contains 'a'`",
        _ => return error,
    };
    error.with_hint(hint)
}
