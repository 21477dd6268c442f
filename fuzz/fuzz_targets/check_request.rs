//! Any bytes are a check request or a refusal, and what is read of one is canonical. A stranger's is not read at all.
#![no_main]

use bytes::Bytes;
use claimgate_core::decision::DenyReason;
use claimgate_core::request::Path;
use claimgate_server::adapters::{Caller, envoy_grpc};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &[u8]| {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let framed = Bytes::from([&[0], &length[..], message].concat());
    let caller = |trusted| Caller { address: [127, 0, 0, 1].into(), trusted, tls: false };
    let reason = |body: &Bytes, trusted| envoy_grpc::facts(body, caller(trusted)).err().map(|denial| denial.reason);
    assert_eq!(reason(&framed, false), Some(DenyReason::UntrustedProxy));
    match envoy_grpc::facts(&framed, caller(true)) {
        Ok(check) => {
            let path = check.asked.request.path();
            assert_eq!(Path::parse(path.as_str()).as_ref(), Ok(path));
        }
        Err(denial) => assert_eq!(denial.reason, DenyReason::BadRequest),
    }
    assert_ne!(reason(&Bytes::copy_from_slice(message), true), Some(DenyReason::UntrustedProxy));
});
