//! Strict JSON documents: what a token's header and claims are read into.
//!
//! A gateway must not read a document in another way than the system behind it. So this reader is
//! stricter than most: a repeated member, a trailing byte, invalid UTF-8, a lone surrogate, a number
//! outside the range of a double and too deep a nest are errors, and a number keeps its own digits.
//!
//! - [`Json`], [`Object`], [`Number`]: the document.
//! - [`parse`]: the reader, with its [`Limits`] and [`ParseError`].

mod document;
mod number;
mod parse;

pub use document::{Json, Object};
pub use number::Number;
pub use parse::{Limits, ParseError, ParseErrorKind, parse};
