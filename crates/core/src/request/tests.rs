use proptest::prelude::*;

use super::{CanonicalRequest, HostError, Path, PathError, RawRequest, RequestError};

fn request(authority: &str, target: &str) -> Result<CanonicalRequest, RequestError> {
    CanonicalRequest::parse(RawRequest { method: "GET", scheme: "https", authority, target })
}

#[test]
fn paths_have_one_form() {
    for (sent, canonical) in [
        ("/", "/"),
        ("/a/b/", "/a/b/"),
        ("/%61%7e%2D", "/a~-"),
        ("/a%c3%a9", "/a%C3%A9"),
        ("/a%20b", "/a%20b"),
        ("/a%3bb", "/a%3Bb"),
        ("/a%3f/b", "/a%3F/b"),
        ("/a%23/b", "/a%23/b"),
        ("/100%25", "/100%25"),
        ("/api/v1/applications/a%2fb", "/api/v1/applications/a%2Fb"),
        ("/.well-known/x..y", "/.well-known/x..y"),
        ("/...", "/..."),
    ] {
        assert_eq!(
            Path::parse(sent).map(|path| path.as_str().to_owned()).as_deref(),
            Ok(canonical),
            "{sent}"
        );
    }
}

#[test]
fn ambiguous_paths_are_refused() {
    for (sent, error) in [
        ("", PathError::NotAbsolute),
        ("a", PathError::NotAbsolute),
        ("*", PathError::NotAbsolute),
        ("http://evil/", PathError::NotAbsolute),
        ("//", PathError::EmptySegment),
        ("//evil/", PathError::EmptySegment),
        ("/a//b", PathError::EmptySegment),
        ("/a/./b", PathError::DotSegment),
        ("/a/../b", PathError::DotSegment),
        ("/a/..", PathError::DotSegment),
        ("/a/%2e%2E/b", PathError::DotSegment),
        ("/a/.%2e", PathError::DotSegment),
        ("/a/..%2fb", PathError::DotSegment),
        ("/a%2f%2fb", PathError::DotSegment),
        ("/a%2F..%2Fadmin", PathError::DotSegment),
        ("/a\\b", PathError::Backslash),
        ("/a%5cb", PathError::Backslash),
        ("/a;b=c/d", PathError::MatrixParameter),
        ("/a#b", PathError::Fragment),
        ("/a%252e", PathError::DoubleEncoding),
        ("/%25%32%65", PathError::DoubleEncoding),
        ("/a%", PathError::Encoding),
        ("/a%2", PathError::Encoding),
        ("/a%zz", PathError::Encoding),
        ("/a%u002e", PathError::Encoding),
        ("/a\0", PathError::ControlCharacter),
        ("/a%00", PathError::ControlCharacter),
        ("/a%0d%0ab", PathError::ControlCharacter),
        ("/a\u{7f}", PathError::ControlCharacter),
        ("/a b", PathError::Character),
        ("/é", PathError::Character),
        ("/a\"b", PathError::Character),
        ("/%c0%af", PathError::InvalidUtf8),
        ("/%c0%ae%c0%ae/", PathError::InvalidUtf8),
        ("/%ff", PathError::InvalidUtf8),
    ] {
        assert_eq!(Path::parse(sent).map(|path| path.as_str().to_owned()), Err(error), "{sent:?}");
    }
}

#[test]
fn hosts_have_one_form() {
    for (sent, canonical) in [
        ("Example.COM", "example.com"),
        ("example.com:8443", "example.com"),
        ("a_b.example", "a_b.example"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:80", "[::1]"),
        ("[0:0::1]", "[::1]"),
        ("localhost", "localhost"),
    ] {
        assert_eq!(request(sent, "/").unwrap().host().as_str(), canonical);
    }
    for (sent, error) in [
        ("", HostError::Missing),
        (":80", HostError::Missing),
        ("user@example.com", HostError::UserInformation),
        ("example.com.", HostError::TrailingDot),
        ("example..com", HostError::Label),
        ("exa mple.com", HostError::Character),
        ("example.com/x", HostError::Character),
        ("exämple.com", HostError::Character),
        ("example.com%2f", HostError::Character),
        ("a,b", HostError::Character),
        ("[::1", HostError::Character),
        ("[::1]x", HostError::Character),
        ("::1", HostError::Port),
        ("example.com:", HostError::Port),
        ("example.com:0", HostError::Port),
        ("example.com:65536", HostError::Port),
        ("example.com:+80", HostError::Port),
        ("127.1", HostError::Address),
        ("010.0.0.1", HostError::Address),
        ("0x7f000001", HostError::Address),
    ] {
        assert_eq!(request(sent, "/"), Err(RequestError::Host(error)), "{sent:?}");
    }
}

#[test]
fn urls_are_split_where_every_reader_splits_them() {
    let parsed = CanonicalRequest::parse_url("GET", "HTTPS://A.example:443/b?c=d").unwrap();
    assert_eq!(
        (parsed.host().as_str(), parsed.path().as_str(), parsed.query()),
        ("a.example", "/b", Some("c=d"))
    );
    for url in [
        "/b",
        "a.example/b",
        "ftp://a.example/",
        "https://a.example@evil.example/",
        "https://a.example\\@evil.example/",
        "https://a.examplehttp://evil.example/",
        "https://a.example/b#c",
        "https://a.example#/b",
        "https:///b",
        "https://a.example?b",
    ] {
        assert!(CanonicalRequest::parse_url("GET", url).is_err(), "{url}");
    }
}

#[test]
fn methods_are_upper_case_words() {
    for (method, fits) in [
        ("GET", true),
        ("PROPFIND", true),
        ("M-SEARCH", true),
        ("get", false),
        ("", false),
        ("G T", false),
        ("GET\r\n", false),
    ] {
        let raw = RawRequest { method, scheme: "http", authority: "a", target: "/" };
        assert_eq!(CanonicalRequest::parse(raw).is_ok(), fits, "{method:?}");
    }
}

/// How an application reads a path: whole, and by segments.
fn as_applications_read(path: &str) -> Vec<Vec<u8>> {
    let decode = |text: &str| {
        let bytes = text.as_bytes();
        let mut out = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'%' {
                out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
                at += 3;
            } else {
                out.push(bytes[at]);
                at += 1;
            }
        }
        out
    };
    path.split('/').map(decode).collect()
}

proptest! {
    /// Policy reads the canonical path, the application the sent one: they must decode alike.
    #[test]
    fn policy_and_application_read_the_same(path in "(/|%2[fFeE]|%25|%5c|%00|\\.|a|B|%41|;|\\\\|%c3%a9|-){0,12}") {
        let sent = format!("/{path}");
        if let Ok(canonical) = Path::parse(&sent) {
            let read = as_applications_read(&sent);
            prop_assert_eq!(&as_applications_read(canonical.as_str()), &read);
            let inner = &read[1..];
            prop_assert!(inner.iter().all(|segment| segment != b"." && segment != b".."));
            prop_assert!(inner[..inner.len() - 1].iter().all(|segment| !segment.is_empty()));
            prop_assert!(!read.iter().flatten().any(|byte| *byte == b'\\' || *byte < b' '));
        }
    }

    #[test]
    fn canonical_is_a_fixed_point(path in "[/a-zA-Z0-9%.;:@&=~é\\\\ ]{0,24}") {
        if let Ok(canonical) = Path::parse(&format!("/{path}")) {
            prop_assert_eq!(Path::parse(canonical.as_str()), Ok(canonical));
        }
    }

    #[test]
    fn nothing_panics(authority in "\\PC{0,20}", target in "\\PC{0,20}", method in "\\PC{0,5}") {
        let _ = CanonicalRequest::parse(RawRequest { method: &method, scheme: "http", authority: &authority, target: &target });
        let _ = CanonicalRequest::parse_url(&method, &target);
    }
}
