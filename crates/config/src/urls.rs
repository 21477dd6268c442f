//! Issuer URLs, judged as Kubernetes judges them: with the reading of Go's `net/url`.

/// What is wrong with `url` to the API server; empty if nothing is.
pub(crate) fn faults_as_kubernetes(url: &str) -> Vec<&'static str> {
    let parts = match split(url) {
        Ok(parts) => parts,
        Err(fault) => return vec![fault],
    };
    let faults = [
        (!parts.scheme.eq_ignore_ascii_case("https"), "the URL's scheme must be `https`"),
        (parts.user, "the URL must not contain a user name or a password"),
        (!parts.query.is_empty(), "the URL must not contain a query"),
        (!parts.fragment.is_empty(), "the URL must not contain a fragment"),
    ];
    faults.into_iter().filter_map(|(wrong, fault)| wrong.then_some(fault)).collect()
}

/// Whether `url` is `http` on this very machine, where nobody can listen in.
pub(crate) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

struct Parts<'a> {
    scheme: &'a str,
    user: bool,
    query: &'a str,
    fragment: &'a str,
}

fn split(url: &str) -> Result<Parts<'_>, &'static str> {
    if url.bytes().any(|b| b.is_ascii_control()) {
        return Err("the URL contains a control character");
    }
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    check_escapes(fragment)?;
    let (scheme, rest) = split_scheme(rest)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut user = false;
    if let Some(after) = rest.strip_prefix("//") {
        let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        user = host.len() != authority.len();
        check_host(host)?;
        check_escapes(path)?;
    } else if scheme.is_empty() && !rest.starts_with('/') {
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("the first segment of the URL's path contains a colon");
        }
        check_escapes(rest)?;
    } else if rest.starts_with('/') {
        check_escapes(rest)?;
    }
    Ok(Parts { scheme, user, query, fragment })
}

fn split_scheme(url: &str) -> Result<(&str, &str), &'static str> {
    for (at, c) in url.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("the URL has no scheme"),
            ':' => return Ok(url.split_at(at)).map(|(scheme, rest)| (scheme, rest.get(1..).unwrap_or(""))),
            _ => break,
        }
    }
    Ok(("", url))
}

fn check_host(host: &str) -> Result<(), &'static str> {
    const PORT: &str = "the URL's port is not a number";
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    if host.starts_with('[') {
        let end = host.rfind(']').ok_or("the URL's host lacks a `]`")?;
        let after = host.get(end + 1..).unwrap_or("");
        if !after.is_empty() && !after.strip_prefix(':').is_some_and(is_port) {
            return Err(PORT);
        }
    } else if let Some((_, port)) = host.rsplit_once(':')
        && !is_port(port)
    {
        return Err(PORT);
    }
    check_escapes(host)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80 || b"-_.~!$&'()*+,;=:[]<>\"%".contains(&b);
    // An escape in a host may stand for bytes beyond ASCII only.
    let ascii_escape =
        host.split('%').skip(1).any(|escape| escape.starts_with(|c: char| ('0'..='7').contains(&c)));
    if ascii_escape || !host.bytes().all(allowed) {
        return Err("the URL's host has a character that a host may not have");
    }
    Ok(())
}

fn check_escapes(text: &str) -> Result<(), &'static str> {
    let good = |escape: &str| escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if text.split('%').skip(1).all(good) {
        Ok(())
    } else {
        Err("the URL has a `%` without two hexadecimal digits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_judged_as_by_the_api_server() {
        for (url, faults) in [
            ("https://a.example", 0),
            ("HTTPS://a.example/x%20y?", 0),
            ("https://a.example:/#", 0),
            ("https:opaque", 0),
            ("https://[::1]:6443/p", 0),
            ("http://a.example", 1),
            ("a.example", 1),
            ("https://u@a.example", 1),
            ("https://u:p@a.example/?q#f", 3),
            ("https://a.example/%zz", 1),
            ("https://a b.example", 1),
            ("https://a.example:port", 1),
            ("https://a%41.example", 1),
            ("https://a.example/\u{1}", 1),
            ("://a", 1),
            ("a:b:c//d", 1),
            ("", 1),
        ] {
            assert_eq!(faults_as_kubernetes(url).len(), faults, "{url}");
        }
    }
}
