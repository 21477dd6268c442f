//! The domain of the gateway: what a request, an identity, a policy and a decision are.
//!
//! Nothing here reads a clock, a file or a socket; what the outside must supply stands in [`ports`].
//! The modules in the order in which a request meets them:
//!
//! - [`request`]: the canonical request, the only form that policy sees.
//! - [`route`]: which route a request belongs to, and what that route demands.
//! - [`credential`]: where a credential may stand and how it is read.
//! - [`token`]: verified tokens.
//! - [`trust`]: trust entries, from claims to an identity.
//! - [`identity`]: user name, uid, groups, extra.
//! - [`mapping`]: which ServiceAccount acts for an identity.
//! - [`policy`]: `allow` and `deny` rules.
//! - [`headers`]: what is removed from and set on the request behind the gate.
//! - [`decision`]: allow, challenge or deny, with the reason.
//! - [`audit`]: the record of a decision.
//! - [`trace`]: the steps that led to it.
//! - [`ports`]: what the core needs from outside.

pub mod audit;
pub mod credential;
pub mod decision;
pub mod headers;
pub mod identity;
pub mod mapping;
pub mod policy;
pub mod ports;
pub mod request;
pub mod route;
pub mod time;
pub mod token;
pub mod trace;
pub mod trust;
