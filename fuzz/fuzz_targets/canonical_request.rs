//! Policy reads the canonical request, the application the one that was sent: they must decode alike, and
//! nothing may be left that programs read in different ways.
#![no_main]

use claimgate_core::request::{CanonicalRequest, Path, RawRequest};
use libfuzzer_sys::fuzz_target;

/// How an application reads a path: by segments, each decoded once.
fn as_applications_read(path: &str) -> Vec<Vec<u8>> {
    let decode = |text: &str| {
        let mut bytes = text.bytes();
        let mut out = Vec::new();
        while let Some(byte) = bytes.next() {
            let decoded = (byte == b'%').then(|| {
                let mut digit = || char::from(bytes.next().unwrap()).to_digit(16).unwrap();
                u8::try_from(digit() * 16 + digit()).unwrap()
            });
            out.push(decoded.unwrap_or(byte));
        }
        out
    };
    path.split('/').map(decode).collect()
}

fn check(sent: &str, request: &CanonicalRequest) {
    let path = request.path();
    let read = as_applications_read(sent);
    assert_eq!(as_applications_read(path.as_str()), read);
    assert_eq!(Path::parse(path.as_str()).as_ref(), Ok(path));
    let (last, inner) = read[1..].split_last().unwrap();
    assert!(inner.iter().all(|segment| !segment.is_empty()));
    assert!(inner.iter().chain([last]).all(|segment| segment != b"." && segment != b".."));
    assert!(!read.iter().flatten().any(|byte| *byte == b'\\' || *byte < b' ' || *byte == 0x7f));
    let host = request.host().as_str();
    assert!(!host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()));
    assert!(!host.ends_with('.') && !host.contains(['@', '/', '\\', ',', '#', '?']));
    assert!(request.query().is_none_or(|query| query.bytes().all(|b| b.is_ascii_graphic() && b != b'#')));
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (authority, target) = text.split_once('\n').unwrap_or(("app.example", text));
    let raw = RawRequest { method: "GET", scheme: "https", authority, target };
    if let Ok(request) = CanonicalRequest::parse(raw) {
        check(target.split('?').next().unwrap(), &request);
        // The same request as a URL is the same request.
        assert_eq!(CanonicalRequest::parse_url("GET", &format!("https://{authority}{target}")), Ok(request));
    }
    if let Ok(request) = CanonicalRequest::parse_url("GET", text) {
        let rest = text.split_once("://").unwrap().1;
        let path = rest.find('/').map_or("/", |at| rest[at..].split('?').next().unwrap());
        check(path, &request);
    }
});
