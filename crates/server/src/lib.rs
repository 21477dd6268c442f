//! The server: listeners, adapters, endpoints, runtime, telemetry.
//!
//! - [`listen`]: sockets, TLS, connections, draining.
//! - [`doors`]: which path of a listener is which door.
//! - [`adapters`]: one proxy's way of asking per file: what it says of the request, how it wants the answer.
//! - [`decide`]: the one call into the gate, with deadline, audit and metrics around it.
//! - [`answer`]: what a refusal looks like.
//! - [`attempts`]: failed authentications, bounded for each source.
//! - [`app`]: what lives as long as the process.
//! - [`runtime`]: what one configuration makes; replaced as a whole on reload.
//! - [`serve`]: a gateway from its configuration file to its end, with reload.
//! - [`admin`]: health, metrics, status, explain.
//! - [`files`], [`tls`]: the configuration's files, and listeners' certificates.
//! - [`telemetry`]: audit log, metrics, traces.

pub mod adapters;
pub mod admin;
pub mod answer;
pub mod app;
pub mod attempts;
pub mod body;
pub mod decide;
pub mod doors;
pub mod files;
pub mod listen;
pub mod runtime;
pub mod serve;
pub mod telemetry;
pub mod tls;
