//! The one bounded way to call out over HTTP.
