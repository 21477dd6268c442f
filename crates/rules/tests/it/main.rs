//! The rule engines against what the originals say.

mod expr_properties;
mod expr_reference;
mod expr_table;
