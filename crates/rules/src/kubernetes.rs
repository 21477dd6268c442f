//! The value types that Kubernetes adds to CEL, without CEL: addresses, URLs, quantities, versions and named formats,
//! with the meaning that the Go libraries behind them give to every text.

pub(crate) mod address;
pub(crate) mod named_format;
pub(crate) mod quantity;
pub(crate) mod semver;
pub(crate) mod url;
