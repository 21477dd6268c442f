//! The servers that the gate is compared with.

pub(crate) mod always_allow;
pub(crate) mod bare;
