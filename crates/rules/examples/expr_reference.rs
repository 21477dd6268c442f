//! Prints `docs/reference/rules-expr.md`.

fn main() {
    print!("{}", claimgate_rules::expr::reference_page());
}
