//! CEL and expr-lang, bounded, with the meaning of the originals.
//!
//! Rules come from configuration files and from annotations that tenants write, so each evaluation
//! runs under a [`Budget`] of steps, bytes and depth, and no operator absorbs its exhaustion.
//!
//! - [`cel`]: the Common Expression Language as Kubernetes' `AuthenticationConfiguration` speaks it.
//! - [`expr`]: expr-lang as Argo Workflows speaks it.
//! - [`Value`]: what a CEL expression sees and makes, borrowed from the claims where it can be.
//! - [`Instant`]: a point in time with the offset it was written with.
//! - [`Inputs`], [`User`], [`Token`], [`Request`]: what a rule may read.
//! - [`LoadError`], [`RunError`]: why a rule cannot be loaded, and why it has no value.
//! - [`closest`], [`printable`]: for messages, the name that was probably meant, and texts that a terminal may show.
//! - [`Budget`], [`Trace`], [`Span`], [`Pattern`]: limits, recorder, places in a source, regular expressions.

pub mod cel;
pub mod expr;

mod budget;
mod closest;
mod error;
mod inputs;
mod instant;
mod kubernetes;
mod pattern;
mod printable;
mod span;
mod text;
mod trace;
mod value;

pub use budget::{Budget, Exhausted};
pub use closest::closest;
pub use error::{LoadError, RunError};
pub use inputs::{Inputs, Request, Token, User};
pub use instant::Instant;
pub use pattern::{Pattern, PatternError};
pub use printable::printable;
pub use span::{Position, Span};
pub use trace::{Outcome, Trace, TraceStep};
pub use value::{Key, List, Map, Opaque, Record, Text, TypeValue, Value};
