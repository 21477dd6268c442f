//! The decision: one gate that every door asks.
//!
//! - [`gate`]: [`Gate::decide`], the path of one request from facts to decision.
//! - [`authenticators`]: one kind of credential per file, from credential to verified token.
//! - [`cache`]: verified tokens, so that a repeated one costs next to nothing.
//! - [`refused`]: tokens that were refused a moment ago, for the same reason.

pub mod authenticators;
pub mod cache;
pub mod gate;
pub mod refused;

pub use gate::{Decided, Gate, GateSettings, RequestFacts};
