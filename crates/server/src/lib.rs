//! Listeners, adapters, endpoints, runtime, telemetry.
