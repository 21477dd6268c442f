//! What the tests share: servers, tokens, faults.
//!
//! - [`Issuer`], [`TokenBuilder`], [`Broken`]: tokens of any issuer, right ones and wrong ones.

mod broken;
mod issuer;
mod token;

pub use broken::Broken;
pub use issuer::{Issuer, NOW};
pub use token::TokenBuilder;
