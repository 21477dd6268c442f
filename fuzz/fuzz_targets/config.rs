//! Any bytes are a configuration or problems with places; what cannot be used has an error, and no other.
#![no_main]

use std::io;

use claimgate_config::{Diagnostics, Files, build, kubernetes, load};
use libfuzzer_sys::fuzz_target;

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn check(problems: &Diagnostics) {
    assert!(problems.problems().iter().all(|problem| problem.place.line > 0 && problem.place.column > 0));
    assert!(problems.render(false).lines().count() > problems.problems().len());
    let _ = problems.to_json().to_string();
}

fuzz_target!(|bytes: &[u8]| {
    for problems in [load("c.yaml", bytes).1, kubernetes::load("c.yaml", bytes).1] {
        check(&problems);
    }
    let (built, problems) = build("c.yaml", bytes, &NoFiles);
    assert_eq!(built.is_none(), problems.has_errors());
    check(&problems);
});
