//! What the tests share: servers, tokens, faults.
//!
//! - [`Issuer`], [`TokenBuilder`], [`Broken`]: tokens of any issuer, right ones and wrong ones.
//! - [`envoy`]: the messages of Envoy's checks over gRPC.

mod broken;
#[expect(missing_docs, reason = "the fields are those of Envoy's API")]
pub mod envoy;
mod issuer;
mod token;

pub use broken::Broken;
pub use issuer::{Issuer, NOW};
pub use token::TokenBuilder;
