//! The crate from outside: published vectors, and another implementation's opinion.

#[cfg(test)]
mod jsonwebtoken;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod rfc;
#[cfg(test)]
mod wycheproof;
