//! Any bytes are a key set or an error, and no key of it verifies a signature of zeros.
#![no_main]

use claimgate_crypto::{Algorithm, KeySet, KeySetLimits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = KeySetLimits::default();
    for set in
        [KeySet::parse(bytes, limits), KeySet::parse_static(bytes, limits), KeySet::parse_pem(bytes, limits)]
    {
        let Ok(set) = set else { continue };
        for (key, algorithm) in
            set.keys().iter().flat_map(|key| Algorithm::ALL.map(|algorithm| (key, algorithm)))
        {
            for length in [0, 32, 64, 96, 132, 256] {
                assert!(key.verify(algorithm, b"text", &vec![0; length]).is_err());
            }
        }
    }
});
