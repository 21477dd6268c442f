//! The rule engines against what the originals say.

mod cel_table;
mod expr_properties;
mod expr_reference;
mod expr_table;
