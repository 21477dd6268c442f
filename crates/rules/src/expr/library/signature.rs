//! What arguments a function takes.

use super::super::nature::{Leaf, Nature};

/// One argument.
#[derive(Clone, Copy)]
pub(super) enum Wants {
    Anything,
    Text,
    Int,
    /// A list that is not one of `split`'s.
    List,
    Texts,
}

impl Wants {
    fn accepts(self, nature: Nature) -> bool {
        if matches!(self, Self::Anything) || nature.is_unknown() {
            return true;
        }
        match self {
            Self::Anything => true,
            Self::Text => nature.is(Leaf::Str),
            Self::Int => nature.is(Leaf::Int),
            Self::List => nature.arrays > 0,
            Self::Texts => nature.is(Leaf::Texts),
        }
    }

    fn shown(self) -> &'static str {
        match self {
            Self::Anything => "anything",
            Self::Text => "a text",
            Self::Int => "an integer",
            Self::List => "a list",
            Self::Texts => "a list of texts",
        }
    }
}

/// Chooses the overload that the arguments fit.
pub(super) fn overloads(given: &[Nature], choices: &[&[Wants]], result: Nature) -> Result<Nature, String> {
    let mut reason = String::new();
    for wanted in choices {
        if wanted.len() != given.len() {
            reason = count(given, wanted.len());
            continue;
        }
        match given.iter().zip(*wanted).find(|(nature, wants)| !wants.accepts(**nature)) {
            None => return Ok(result),
            Some((nature, wants)) => {
                reason = format!("{} stands where {} must", nature.shown(), wants.shown());
            }
        }
    }
    Err(reason)
}

fn count(given: &[Nature], wanted: usize) -> String {
    format!("{wanted} arguments are needed, {} given", given.len())
}

/// Exactly one argument of a nature that `accepts` holds for, or of which nothing is known.
pub(super) fn one(given: &[Nature], accepts: fn(Nature) -> bool) -> Result<Nature, String> {
    match given {
        [nature] if nature.is_unknown() || accepts(*nature) => Ok(*nature),
        [nature] => Err(format!("{} is not possible here", nature.shown())),
        _ => Err(count(given, 1)),
    }
}

pub(super) fn text_to(given: &[Nature], result: Nature) -> Result<Nature, String> {
    overloads(given, &[&[Wants::Text]], result)
}

pub(super) fn two_texts_to(given: &[Nature], result: Nature) -> Result<Nature, String> {
    overloads(given, &[&[Wants::Text, Wants::Text]], result)
}

pub(super) fn two_integers(given: &[Nature]) -> Result<Nature, String> {
    overloads(given, &[&[Wants::Int, Wants::Int]], Nature::INT)
}

/// Numbers and lists of them.
pub(super) fn numbers(given: &[Nature]) -> Result<Nature, String> {
    let Some(first) = given.first() else { return Err(count(given, 1)) };
    for nature in given {
        if nature.is_unknown() || nature.is_list() {
            return Ok(Nature::of(Leaf::Any));
        }
        if !nature.is_number() {
            return Err(format!("{} is not a number", nature.shown()));
        }
    }
    Ok(*first)
}
