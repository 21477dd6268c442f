//! Any bytes are a document or an error, and a document that is written reads back as itself.
#![no_main]

use claimgate_json::{Limits, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(document) = parse(bytes, Limits::default()) {
        assert_eq!(parse(document.to_string().as_bytes(), Limits::default()), Ok(document));
    }
});
