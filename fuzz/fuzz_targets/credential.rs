//! Whatever headers a client sends: one token made of a token's characters, none, or an error; and never a token where a
//! bad credential stands.
#![no_main]

use claimgate_core::credential::{Credential, CredentialSource};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: Vec<(u8, Vec<u8>)>| {
    let names = [
        http::header::AUTHORIZATION,
        http::header::COOKIE,
        http::header::SEC_WEBSOCKET_PROTOCOL,
        HeaderName::from_static("x-token"),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in &lines {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(names[usize::from(*name) % names.len()].clone(), value);
        }
    }
    let sources = [
        CredentialSource::Authorization,
        CredentialSource::Header(HeaderName::from_static("x-token")),
        CredentialSource::Cookie("token".into()),
        CredentialSource::WebSocketSubprotocol,
    ];
    for sources in [&sources[..1], &sources[..]] {
        match Credential::extract(sources, &headers) {
            Ok(Credential::Bearer(token)) => {
                assert!(!token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic() && b != b','));
            }
            // Malformed is not absent.
            Ok(Credential::None) => assert!(!headers.contains_key(http::header::AUTHORIZATION)),
            Err(_) => {}
        }
    }
});
