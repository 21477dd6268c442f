//! The rule engines against what the originals say.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod allocations;
mod bad_input;
mod cel_table;
mod examples;
mod expr_properties;
mod expr_reference;
mod expr_table;
mod pays;
