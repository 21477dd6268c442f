//! The generated page is the one that is committed.

use claimgate_rules::expr::reference_page;

#[test]
fn the_reference_page_is_current() {
    let committed = include_str!("../../../../docs/reference/rules-expr.md");
    assert!(
        committed == reference_page(),
        "docs/reference/rules-expr.md is stale: cargo run -p claimgate-rules --example expr_reference > docs/reference/rules-expr.md"
    );
}
