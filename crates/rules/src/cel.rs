//! The Common Expression Language as Kubernetes' `AuthenticationConfiguration` speaks it.

mod library;
mod relation;
mod signature;

mod pending;
pub use pending::{Dialect, Kind, Reads, Rule};
