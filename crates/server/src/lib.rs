//! The server: listeners, adapters, endpoints, runtime, telemetry.
//!
//! - [`listen`]: sockets, TLS, connections, draining.
//! - [`doors`]: which path of a listener is which door.
//! - [`adapters`]: one proxy's way of asking per file: what it says of the request, how it wants the answer.
//! - [`decide`]: the one call into the gate, with deadline, audit and metrics around it.
//! - [`answer`]: what a refusal looks like.
//! - [`app`]: what lives as long as the process.
//! - [`runtime`]: what one configuration makes; replaced as a whole on reload.
//! - [`telemetry`]: audit log, metrics, traces.

pub mod adapters;
pub mod app;
pub mod answer;
pub mod body;
pub mod decide;
pub mod doors;
pub mod listen;
pub mod runtime;
pub mod telemetry;
