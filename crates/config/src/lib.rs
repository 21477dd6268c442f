//! Configuration: sections, loading with positions, `AuthenticationConfiguration`, schema.
//!
//! - [`load`]: a file into a [`Config`], with every problem of the file at once.
//! - [`sections`]: one struct for each section.
//! - [`kubernetes`]: Kubernetes' `AuthenticationConfiguration`.
//! - [`Diagnostics`]: what is wrong, where, and what to do.

mod decode;
mod diagnostic;
pub mod sections;
mod yaml;

pub use decode::{At, Expression, Named, OneOrMany, Size};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};
pub use sections::Config;
