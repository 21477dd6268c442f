//! The shapes of table entries: how an entry is made, and what a call's type is.

use super::super::nature::{Leaf, Nature};
use super::super::tree::LoopKind;
use super::signature::one;
use super::{Body, CheckArguments, Function, Run};

pub(super) const fn looped(
    name: &'static str,
    signature: &'static str,
    kind: LoopKind,
    doc: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    Function { name, signature, doc, example, body: Body::Loop(kind) }
}

pub(super) const fn plain(
    name: &'static str,
    signature: &'static str,
    check: CheckArguments,
    run: Run,
    doc: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    Function { name, signature, doc, example, body: Body::Plain { check, run } }
}

pub(super) fn list_to(given: &[Nature], result: Nature) -> Result<Nature, String> {
    one(given, Nature::is_list).map(|_| result)
}

pub(super) fn map_to(given: &[Nature], result: Nature) -> Result<Nature, String> {
    one(given, Nature::is_map).map(|_| result)
}

pub(super) fn number_to(given: &[Nature], result: Nature) -> Result<Nature, String> {
    one(given, Nature::is_number).map(|_| result)
}

pub(super) fn element(given: &[Nature]) -> Result<Nature, String> {
    let list = one(given, Nature::is_list)?;
    // The original knows no more of the items of a mixed list.
    Ok(if list.is(Leaf::Texts) {
        Nature::STR
    } else if list.is(Leaf::Bytes) {
        Nature::INT
    } else {
        Nature::of(Leaf::Any)
    })
}

pub(super) fn refused(reason: &'static str) -> Result<Nature, String> {
    Err(reason.into())
}

pub(super) fn never<'a>(
    _: &[super::super::value::Value<'a>],
    _: &mut crate::Budget,
) -> Result<super::super::value::Value<'a>, crate::RunError> {
    Err(crate::RunError::failed("this function has no value here"))
}

pub(super) fn is_number_or_text(nature: Nature) -> bool {
    nature.is_number() || nature.is(Leaf::Str)
}

pub(super) fn has_length(nature: Nature) -> bool {
    nature.is_list() || nature.is_map() || nature.is(Leaf::Str)
}

pub(super) fn get(base: Nature, key: Nature) -> Result<Nature, String> {
    if base.is_unknown() {
        return Ok(Nature::UNKNOWN);
    }
    if base.is_list() {
        let fits = key.is(Leaf::Int) || key.is_unknown();
        return if fits {
            Ok(base.element())
        } else {
            Err(format!("a list is indexed by an integer, this is {}", key.shown()))
        };
    }
    if base.is_map() {
        let fits = key.is_unknown() || !base.is(Leaf::Map) || key.is(Leaf::Str);
        return if fits {
            Ok(base.element())
        } else {
            Err(format!("the key of a map is a text, this is {}", key.shown()))
        };
    }
    Err(format!("nothing can be selected from {}", base.shown()))
}
