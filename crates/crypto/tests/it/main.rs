//! The crate from outside: published vectors, and another implementation's opinion.

mod jsonwebtoken;
mod mutations;
mod rfc;
mod wycheproof;
