//! Domain types, mappings, decisions and ports.
