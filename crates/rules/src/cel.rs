//! The Common Expression Language as Kubernetes' `AuthenticationConfiguration` speaks it.

mod library;
mod reference;
mod relation;
mod signature;

pub use reference::reference_page;

mod pending;
pub use pending::{Dialect, Kind, Reads, Rule};
