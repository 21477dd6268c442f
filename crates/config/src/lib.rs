//! Configuration: sections, loading with positions, AuthenticationConfiguration, schema.
