use std::fmt;

use http::HeaderName;

use super::records::one_of_keys;
use crate::decode::{
    At, Decode, Decoder, Expression, Named, OneOrMany, Shape, choice, invalid, not_one_of, section, text,
    wrong_type,
};
use crate::diagnostic::Place;
use crate::yaml::{Node, Value};

section! {
    /// Which requests are allowed to whom, and what the application behind learns.
    pub struct Route {
        /// The route's name, in audit, metrics and `explain`.
        "name" name: At<String> = required,
        /// Hosts; `*.x` is one label in front of `x`. Any host without it.
        "hosts" hosts: Vec<At<HostPattern>> = optional,
        /// Paths; all without it.
        "paths" paths: Vec<At<PathPattern>> = optional,
        /// Methods; all without it.
        "methods" methods: Vec<At<Method>> = optional,
        /// Whose credentials count: `all`, `jwt`, `jwt/NAME`.
        "accept" accept: OneOrMany<At<String>> = default("all"),
        /// Where a credential may stand.
        "credentialSources" credential_sources: Vec<At<CredentialSource>> = default("[]"),
        /// The audiences that count on this route, of those that the trust entries list.
        "audiences" audiences: Option<Vec<At<String>>> = optional,
        /// Rules of which each refuses when it is true, and when it fails.
        "deny" deny: Vec<Rule> = optional,
        /// Who is allowed: `authenticated`, or rules of which one must be true.
        "allow" allow: Option<Allow> = optional,
        /// The identity headers of the route. Without it `x-claimgate-user` and `x-claimgate-groups`.
        "headers" headers: Option<Named<HeaderName, Header>> = optional,
        /// Paths that need no credential.
        "exempt" exempt: Vec<At<PathPattern>> = optional,
        /// The identity of requests without a credential. Without it they are challenged. An invalid credential is refused all the same.
        "anonymous" anonymous: Option<Anonymous> = optional,
        /// What becomes of `%2F` in a path.
        "encodedSlash" encoded_slash: EncodedSlash = default("refuse"),
    }
    later ["serviceAccount", "account", "credential", "upstream", "signIn", "signOut", "session", "streams", "grant",
        "passThrough", "firstOf", "onRuleError"]
}

section! {
    /// A rule of a route.
    pub struct Rule {
        /// The rule's name, in audit and `explain`. Without it the expression.
        "name" name: Option<At<String>> = optional,
        /// A CEL expression over `user`, `claims`, `token` and `request`.
        "expression" expression: Expression = required,
        /// When the rule applies; always without it. One that fails refuses for `deny` and does not match for `allow`.
        "condition" condition: Option<Expression> = optional,
        /// Whether the rule is only watched: what it would do goes into audit and metrics, and does not count.
        "shadow" shadow: bool = default("false"),
    }
}

/// Who is allowed.
#[derive(Clone, Debug)]
pub enum Allow {
    /// Everybody whose credential is accepted.
    Authenticated(Place),
    /// Whoever one of the rules is true for.
    Rules(Vec<Rule>, Place),
}

impl Decode for Allow {
    fn shape() -> Shape {
        Shape::Either(vec![Shape::Choice(vec!["authenticated"]), Vec::<Rule>::shape()])
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Value::List(_) => Some(Self::Rules(Vec::decode(node, decoder)?, decoder.place(node.spot))),
            Value::Map(_) => {
                wrong_type(node, "`authenticated` or a list of rules", decoder);
                None
            }
            Value::Scalar(_) => match text(node, decoder)? {
                "authenticated" => Some(Self::Authenticated(decoder.place(node.spot))),
                other => not_one_of(node, other, &["authenticated"], decoder),
            },
        }
    }
}

/// A host, or all hosts of one more label.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum HostPattern {
    /// One host, in lower case.
    Exact(String),
    /// The part behind `*.`.
    OneLabel(String),
}

impl Decode for HostPattern {
    fn shape() -> Shape {
        Shape::Text("host pattern", None)
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let value = text(node, decoder)?.to_ascii_lowercase();
        let expected = "a host without port, such as `app.example.com` or `*.example.com`";
        let (suffix, wildcard) = match value.strip_prefix("*.") {
            Some(suffix) => (suffix, true),
            None => (value.as_str(), false),
        };
        let label = |label: &str| {
            let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
        };
        let address = !wildcard
            && suffix
                .strip_prefix('[')
                .and_then(|s| s.strip_suffix(']'))
                .is_some_and(|s| s.parse::<std::net::Ipv6Addr>().is_ok());
        if !address && (suffix.len() > 253 || !suffix.split('.').all(label)) {
            invalid(node, &format!("`{value}` is not a host"), expected, decoder);
            return None;
        }
        Some(if wildcard { Self::OneLabel(suffix.to_owned()) } else { Self::Exact(suffix.to_owned()) })
    }
}

/// A path, or a path and everything below it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PathPattern {
    /// One path.
    Exact(String),
    /// A path and what follows behind a `/`.
    Prefix(String),
}

impl Decode for PathPattern {
    fn shape() -> Shape {
        Shape::Tagged(vec![
            ("exact", Shape::Text("path", Some("^/"))),
            ("prefix", Shape::Text("path", Some("^/"))),
        ])
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let (key, value) = one_of_keys(node, &["exact", "prefix"], decoder)?;
        let path = text(value, decoder)?;
        let expected = "a path such as `/static/`, without query, `.` and `..` segments and `//`";
        if !path.starts_with('/') || path.contains(['?', '#']) {
            invalid(value, &format!("`{path}` is not a path"), expected, decoder);
            return None;
        }
        Some(if key == "exact" { Self::Exact(path.to_owned()) } else { Self::Prefix(path.to_owned()) })
    }
}

/// A request method, in upper case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Method(pub String);

impl Decode for Method {
    fn shape() -> Shape {
        Shape::Text("method", Some("^[A-Z-]{1,32}$"))
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        let value = text(node, decoder)?;
        let fits =
            (1..=32).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
        if !fits {
            invalid(
                node,
                &format!("`{value}` is not a method"),
                "upper-case letters, such as `GET`",
                decoder,
            );
        }
        fits.then(|| Self(value.to_owned()))
    }
}

/// Where a credential may stand.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CredentialSource {
    /// `Authorization: Bearer …`.
    Authorization,
    /// A header.
    Header(HeaderName),
    /// A cookie.
    Cookie(String),
    /// Kubernetes' WebSocket subprotocol.
    WebSocketSubprotocol,
}

impl Decode for CredentialSource {
    fn shape() -> Shape {
        Shape::Either(vec![
            Shape::Choice(vec!["authorization", "webSocketSubprotocol"]),
            Shape::Tagged(vec![
                ("header", HeaderName::shape()),
                ("cookie", Shape::Text("cookie name", None)),
            ]),
        ])
    }

    fn decode(node: &Node<'_>, decoder: &mut Decoder<'_>) -> Option<Self> {
        if let Value::Scalar(scalar) = &node.value {
            return match scalar.text.as_ref() {
                "authorization" => Some(Self::Authorization),
                "webSocketSubprotocol" => Some(Self::WebSocketSubprotocol),
                other => not_one_of(
                    node,
                    other,
                    &["authorization", "webSocketSubprotocol", "header", "cookie"],
                    decoder,
                ),
            };
        }
        let (key, value) = one_of_keys(node, &["header", "cookie"], decoder)?;
        if key == "header" {
            return HeaderName::decode(value, decoder).map(Self::Header);
        }
        let name = text(value, decoder)?;
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            invalid(value, &format!("`{name}` is not a cookie name"), "a token of RFC 9110 §5.6.2", decoder);
            return None;
        }
        Some(Self::Cookie(name.to_owned()))
    }
}

section! {
    /// An identity header.
    pub struct Header {
        /// A CEL expression over `user`, `claims`, `token` and `request` that yields a text or a list of texts.
        "expression" expression: Expression = required,
        /// How a list is written.
        "list" list: At<ListForm> = default("joined"),
        /// What stands between the values of a joined list. Without it `,`.
        "separator" separator: Option<At<String>> = optional,
        /// Whether values that hold the separator are left out; without it the request is refused.
        "omitAmbiguous" omit_ambiguous: Option<At<bool>> = optional,
    }
}

choice! {
    /// How a list is written into a header.
    pub enum ListForm {
        /// One header line a value.
        Repeated = "repeated",
        /// One line with a JSON list.
        Json = "json",
        /// One line, the values joined by the separator.
        Joined = "joined",
    }
}

section! {
    /// The identity of requests without a credential.
    pub struct Anonymous {
        /// The user name.
        "username" username: At<String> = required,
        /// The groups.
        "groups" groups: Vec<At<String>> = optional,
    }
}

choice! {
    /// What becomes of `%2F` in a path.
    pub enum EncodedSlash {
        /// The request is refused.
        Refuse = "refuse",
        /// It stays as it is, a part of its segment.
        Keep = "keep",
    }
}

impl PathPattern {
    /// The path.
    pub fn as_str(&self) -> &str {
        let (Self::Exact(path) | Self::Prefix(path)) = self;
        path
    }

    /// Whether paths below are meant as well.
    pub fn is_prefix(&self) -> bool {
        matches!(self, Self::Prefix(_))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => f.write_str(host),
            Self::OneLabel(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_prefix() { "prefix" } else { "exact" };
        write!(f, "{kind}: {}", self.as_str())
    }
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authorization => f.write_str("authorization"),
            Self::Header(name) => write!(f, "header: {name}"),
            Self::Cookie(name) => write!(f, "cookie: {name}"),
            Self::WebSocketSubprotocol => f.write_str("webSocketSubprotocol"),
        }
    }
}
