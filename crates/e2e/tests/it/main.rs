//! The gate behind real proxies: every row of one decision table through every door.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed"
)]

mod authorizer;
mod doors;
mod gate;
mod istio;
mod mint;
mod plain;
mod process;
mod run;
mod suite;
mod table;
mod wire;

use doors::Door;
use table::{Issuers, rows};

#[test]
fn the_table_has_its_size_and_names_no_row_twice() {
    let rows = rows(&Issuers::start());
    let mut names: Vec<_> = rows.iter().map(|row| &row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows.len());
    assert!(rows.len() >= 150, "{}", rows.len());
    println!("{} rows, {} doors", rows.len(), Door::PLAIN.len() + Door::ISTIO.len());
}
