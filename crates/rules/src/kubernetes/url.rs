//! URLs as Kubernetes' rules read them, which is as Go's `net/url` does: what it accepts and how it splits.
//!
//! The `url` crate follows the WHATWG standard, which repairs what Go refuses, so it cannot stand in here.

use std::fmt::Write as _;
use std::net::Ipv6Addr;

mod escape;
use escape::{Part, escape, is_escaped, unescape};

/// A URL: an absolute one, or an absolute path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Url {
    scheme: String,
    /// What stands behind the scheme where no `/` follows it.
    opaque: String,
    user: Option<String>,
    host: String,
    path: String,
    query: String,
    fragment: String,
    /// A `?` without a query behind it.
    bare_query: bool,
    /// `scheme:/path`, without `//`.
    no_authority: bool,
}

/// The most parameters of a query that are read.
const MOST_PARAMETERS: usize = 10_000;

impl Url {
    /// Reads an absolute URL or an absolute path.
    ///
    /// # Errors
    /// What is wrong with the text, in one sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::check(text)?;
        let (front, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = parse(front, false)?;
        url.fragment = canonical(fragment, Part::Fragment)?;
        Ok(url)
    }

    /// Whether the text is an absolute URL or an absolute path. A fragment is no concern here: it counts as a part of
    /// what stands before it.
    ///
    /// # Errors
    /// What is wrong with the text, in one sentence.
    pub(crate) fn check(text: &str) -> Result<(), String> {
        parse(text, true).map(|_| ())
    }

    /// The scheme in lower case, or nothing.
    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host and port, IPv6 addresses in brackets, or nothing.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The host without port and brackets, or nothing.
    pub(crate) fn hostname(&self) -> &str {
        let host = self.host_and_port().0;
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port, or nothing.
    pub(crate) fn port(&self) -> &str {
        self.host_and_port().1
    }

    /// The path with its escapes, or nothing.
    pub(crate) fn escaped_path(&self) -> &str {
        &self.path
    }

    /// The parameters of the query, unescaped and in order. Broken ones are left out.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        if self.query.bytes().filter(|byte| *byte == b'&').count() >= MOST_PARAMETERS {
            return Vec::new();
        }
        let parameter = |text: &str| {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            Some((text_of(unescape(name, Part::Query).ok()?), text_of(unescape(value, Part::Query).ok()?)))
        };
        let parts = self.query.split('&').filter(|part| !part.is_empty() && !part.contains(';'));
        parts.filter_map(parameter).collect()
    }

    /// How many bytes the value holds, for a rule's budget.
    pub(crate) fn size(&self) -> usize {
        let user = self.user.as_ref().map_or(0, String::len);
        size_of::<Self>() + self.host.len() + self.path.len() + self.query.len() + self.fragment.len() + user
    }

    fn host_and_port(&self) -> (&str, &str) {
        match self.host.rfind(':').map(|colon| self.host.split_at(colon)) {
            Some((host, port)) if is_port(port) => (host, port.trim_start_matches(':')),
            _ => (&self.host, ""),
        }
    }
}

/// Two URLs are equal if they are written alike.
impl PartialEq for Url {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        f.write_str(&self.opaque)?;
        if self.opaque.is_empty() {
            let authority = !self.host.is_empty() || self.user.is_some();
            if authority || !self.scheme.is_empty() && !self.no_authority && !self.path.is_empty() {
                f.write_str("//")?;
            }
            if let Some(user) = &self.user {
                write!(f, "{user}@")?;
            }
            f.write_str(&escape(self.host.as_bytes(), Part::Host))?;
            f.write_str(&self.path)?;
        }
        if self.bare_query || !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        if !self.fragment.is_empty() {
            write!(f, "#{}", self.fragment)?;
        }
        Ok(())
    }
}

/// `whole`: the text must stand for itself, and `#` is a character like any other.
fn parse(text: &str, whole: bool) -> Result<Url, String> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("a URL must not have control characters".to_owned());
    }
    if text == "*" {
        return Ok(Url { path: text.to_owned(), ..Url::default() });
    }
    let (scheme, rest) = scheme(text)?;
    let mut url = Url { scheme: scheme.to_ascii_lowercase(), ..Url::default() };
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    url.bare_query = query == Some("");
    query.unwrap_or_default().clone_into(&mut url.query);

    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            rest.clone_into(&mut url.opaque);
            return Ok(url);
        }
        if whole {
            return Err(format!("{text:?} is neither an absolute URL nor an absolute path"));
        }
    }
    let mut path = rest;
    if let Some(after) = rest.strip_prefix("//")
        && (!url.scheme.is_empty() || !whole && !after.starts_with('/'))
    {
        let (authority, after) = after.split_at(after.find('/').unwrap_or(after.len()));
        (url.user, url.host) = parse_authority(&url.scheme, authority)?;
        path = after;
    } else {
        url.no_authority = !url.scheme.is_empty();
    }
    url.path = canonical(path, Part::Path)?;
    Ok(url)
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(text.len());
    let (scheme, rest) = text.split_at(end);
    let Some(rest) = rest.strip_prefix(':') else { return Ok(("", text)) };
    match scheme.bytes().next() {
        None => Err(format!("the URL {text:?} begins with `:`: its scheme is missing")),
        Some(first) if first.is_ascii_alphabetic() => Ok((scheme, rest)),
        Some(_) => Ok(("", text)),
    }
}

/// User information, escaped anew, and the host.
fn parse_authority(scheme: &str, authority: &str) -> Result<(Option<String>, String), String> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let host = parse_host(scheme, host)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(allowed) {
        return Err("the user information of a URL has characters that it may not have".to_owned());
    }
    let mut written = String::new();
    for (index, part) in user.splitn(2, ':').enumerate() {
        let separator = if index > 0 { ":" } else { "" };
        let part = escape(&unescape(part, Part::User)?, Part::User);
        let _ = write!(written, "{separator}{part}");
    }
    Ok((Some(written), host))
}

fn parse_host(scheme: &str, host: &str) -> Result<String, String> {
    let wrong = || format!("the host {host:?} is not one that a URL may have");
    match host.rfind('[') {
        Some(0) => {
            let (address, port) = host.get(1..).and_then(|rest| rest.rsplit_once(']')).ok_or_else(wrong)?;
            if !is_port(port) {
                return Err(format!("{port:?} behind the host {host:?} is not a port"));
            }
            let (address, zone) = address.split_at(address.find("%25").unwrap_or(address.len()));
            let address = text_of(unescape(address, Part::Host)?);
            let zone = text_of(unescape(zone, Part::Zone)?);
            let known = address.parse::<Ipv6Addr>().is_ok() && zone != "%";
            if known { Ok(format!("[{address}{zone}]{port}")) } else { Err(wrong()) }
        }
        Some(_) => Err(wrong()),
        None => {
            let colon = match scheme {
                "http" | "https" => host.find(':'),
                _ => host.rfind(':'),
            };
            let port = colon.and_then(|colon| host.get(colon..)).unwrap_or_default();
            if !is_port(port) {
                return Err(format!("{port:?} behind the host is not a port"));
            }
            Ok(text_of(unescape(host, Part::Host)?))
        }
    }
}

/// `:` and digits, or nothing.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The text with its own escapes where they are right, else escaped anew.
fn canonical(text: &str, part: Part) -> Result<String, String> {
    let bytes = unescape(text, part)?;
    if is_escaped(text, part) { Ok(text.to_owned()) } else { Ok(escape(&bytes, part)) }
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
