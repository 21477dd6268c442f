//! Configuration: sections, loading with positions, `AuthenticationConfiguration`, schema.
//!
//! - [`build`]: what `check`, start and reload call: read, check and compile in one.
//! - [`load`]: a file into a [`Config`], with every problem of the file at once.
//! - [`compile()`]: a [`Config`] into the domain's trust entries and routes.
//! - [`sections`]: one struct for each section.
//! - [`kubernetes`]: Kubernetes' `AuthenticationConfiguration`.
//! - [`schema`], [`config_page`], [`limits_page`]: the generated reference.
//! - [`Diagnostics`]: what is wrong, where, and what to do.

mod check;
mod compile;
mod decode;
mod diagnostic;
mod expressions;
pub mod kubernetes;
mod load;
mod pem;
mod reference;
pub mod sections;
mod urls;
mod yaml;

pub use compile::{CertificateAuthority, Compiled, Files, IssuerSettings, KeyOrigin, build, compile};
pub use decode::{At, Expression, Named, OneOrMany, Ratio, Size};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Location, Place, Severity};
pub use load::load;
pub use reference::{config_page, limits_page, schema};
pub use sections::Config;
