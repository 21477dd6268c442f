use super::*;

#[test]
fn urls_are_split_as_go_splits_them() {
    for (text, parts) in [
        (
            "https://user:pass@example.com:80/path?query=val#fragment",
            ["https", "example.com:80", "example.com", "80", "/path"],
        ),
        ("/absolute-path", ["", "", "", "", "/absolute-path"]),
        ("*", ["", "", "", "", "*"]),
        ("http:", ["http", "", "", "", ""]),
        ("http:/a", ["http", "", "", "", "/a"]),
        ("mailto:a@b", ["mailto", "", "", "", ""]),
        ("http://[::1]:80/", ["http", "[::1]:80", "::1", "80", "/"]),
        ("http://[::1%25eth0]/", ["http", "[::1%eth0]", "::1%eth0", "", "/"]),
        ("http://[::ffff:1.2.3.4]/", ["http", "[::ffff:1.2.3.4]", "::ffff:1.2.3.4", "", "/"]),
        ("http://%C3%A9/", ["http", "é", "é", "", "/"]),
        ("http://a%25/", ["http", "a%", "a%", "", "/"]),
        ("/a b", ["", "", "", "", "/a%20b"]),
        ("/a%2fb", ["", "", "", "", "/a%2fb"]),
        ("/é", ["", "", "", "", "/%C3%A9"]),
        ("/[a]|", ["", "", "", "", "/%5Ba%5D%7C"]),
        ("/[a]", ["", "", "", "", "/[a]"]),
        ("///a", ["", "", "", "", "///a"]),
        ("HTTP://EXAMPLE.com/A", ["http", "EXAMPLE.com", "EXAMPLE.com", "", "/A"]),
        ("ftp://a:80:90/", ["ftp", "a:80:90", "a:80", "90", "/"]),
        ("http://a:/", ["http", "a:", "a", "", "/"]),
        ("http://u@h@i/", ["http", "i", "i", "", "/"]),
        ("http://<a>/", ["http", "<a>", "<a>", "", "/"]),
        ("http://:80/", ["http", ":80", "", "80", "/"]),
        ("//host/path", ["", "host", "host", "", "/path"]),
        ("http://a//b", ["http", "a", "a", "", "//b"]),
    ] {
        let url = Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            [url.scheme(), url.host(), url.hostname(), url.port(), url.escaped_path()],
            parts,
            "{text}"
        );
    }
}

#[test]
fn what_go_refuses_is_refused() {
    for text in [
        "",
        "https://a:b:c/",
        "../relative-path",
        "http://[::1",
        "http://[fe80::1%eth0]/",
        "http://[1.2.3.4]/",
        "http://[::1]x/",
        "http://a b/",
        "http://a%20b/",
        "http://a%zz/",
        "/a%zz",
        "http://a/#%zz",
        "ht_tp://a/",
        "1http://a/",
        "://a",
        "http://a:80:90/",
        "http://a:x/",
        "http://us er@h/",
        "http://a\\b/",
        "http://a/%",
        "http://a[b]/",
        "http://%31/",
        "http://a/\n",
        "http://[::1%25]/",
    ] {
        assert!(Url::parse(text).is_err(), "{text}");
    }
}

#[test]
fn queries_are_unescaped_and_broken_parameters_left_out() {
    for (text, expected) in [
        ("http://a/p?k1=a&k2=b&k2=c", vec![("k1", "a"), ("k2", "b"), ("k2", "c")]),
        ("/a?b c", vec![("b c", "")]),
        ("http://a/?a=%zz&b=1", vec![("b", "1")]),
        ("http://a/?a;b=1&c=2", vec![("c", "2")]),
        ("http://a/?=1&x", vec![("", "1"), ("x", "")]),
        ("http://a/?a+b=c%2Bd", vec![("a b", "c+d")]),
        ("http://a/?", vec![]),
    ] {
        let query = Url::parse(text).unwrap().query();
        let query: Vec<(&str, &str)> =
            query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(query, expected, "{text}");
    }
}

#[test]
fn urls_are_equal_if_they_are_written_alike() {
    for (left, right, equal) in [
        ("http://a", "http://a/", false),
        ("HTTP://a", "http://a", true),
        ("http://A", "http://a", false),
        ("http://a/%2f", "http://a/%2F", false),
        ("http://a/?", "http://a/", false),
        ("http://a/#", "http://a/", true),
        ("http://a/#x", "http://a/", false),
        ("http:/a", "http:///a", false),
        ("/a", "/a?", false),
        ("http://a/b c", "http://a/b%20c", true),
        ("http://u:@a/", "http://u@a/", false),
        ("http://a/!", "http://a/%21", false),
        ("http://a/#!", "http://a/#%21", false),
        ("http://a:/", "http://a/", false),
    ] {
        assert_eq!(Url::parse(left).unwrap() == Url::parse(right).unwrap(), equal, "{left} {right}");
    }
}
