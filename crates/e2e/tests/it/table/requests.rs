//! Rows about the request: hosts, paths, methods, and everything that can be read in two ways.

use serde_json::json;

use super::{Issuers, Outcome, Row, Verdict};
use crate::doors::Door::{self, Caddy, EnvoyGrpc, EnvoyPrefix, EnvoySocket, Haproxy, Nginx, Traefik};

pub(super) fn rows(issuers: &Issuers) -> Vec<Row> {
    let token = issuers.alpha.token("gate", &json!({}));
    let rows = [hosts(), paths(), methods(), ambiguous()].concat();
    rows.into_iter().map(|row| row.bearer(&token)).collect()
}

fn allowed(name: &str) -> Row {
    Row::new(name).allow("alpha:alice", "dev,ops")
}

fn hosts() -> Vec<Row> {
    let no_route = |name: &str, host| Row::new(name).at(host, "/").refuse(403, "no_route");
    vec![
        allowed("host: with a port").at("app.test:8443", "/"),
        allowed("host: in another case (CVE-2026-48794)").at("APP.Test", "/"),
        allowed("host: one label under a star").at("a.wild.test", "/"),
        Row::new("host: an exact one before the star").at("closed.wild.test", "/").refuse(403, "not_allowed"),
        Row::new("host: an exact one in another case (heimdall CVE-2026-42272)")
            .at("CLOSED.wild.test", "/")
            .refuse(403, "not_allowed"),
        no_route("host: two labels under a star", "a.b.wild.test"),
        no_route("host: the star's own parent", "wild.test"),
        no_route("host: of nobody", "nobody.test"),
        no_route("host: one that ends alike", "evilapp.test"),
        no_route("host: one that begins alike", "app.test.evil.example"),
        no_route("host: an address", "127.0.0.1"),
    ]
}

fn paths() -> Vec<Row> {
    let admin = |name: &str, target: &str| Row::new(name).at("paths.test", target).refuse(403, "not_allowed");
    let none = |name: &str, target: &str| Row::new(name).at("paths.test", target).refuse(403, "no_route");
    vec![
        admin("path: a prefix itself", "/admin"),
        admin("path: a prefix and a slash", "/admin/"),
        admin("path: under a prefix", "/admin/users"),
        admin("path: with a query", "/admin/users?x=/admin/open"),
        admin("path: an encoded letter", "/%61dmin"),
        admin("path: an encoded letter below", "/admin/%6fpen/x"),
        allowed("path: exact before prefix").at("paths.test", "/admin/open"),
        allowed("path: exact, with a query").at("paths.test", "/admin/open?x=1"),
        admin("path: exact and a slash", "/admin/open/"),
        admin("path: below an exact one", "/admin/open/x"),
        none("path: a prefix ends at a segment", "/administrator"),
        none("path: in another case", "/ADMIN"),
        none("path: of no route", "/nothing"),
        none("path: the root", "/"),
        allowed("path: long").at("app.test", format!("/{}", "segment/".repeat(200))),
        allowed("path: a query with everything").at("app.test", "/page?a=b&c=%2F..%2f&d=//x;y").but(
            &[Traefik],
            &Outcome::Cleaned(Verdict::allow("alpha:alice", "dev,ops"), "/page?a=b&c=%2F..%2f&d=//x&y"),
            "Traefik writes `;` of a query as `&`",
        ),
        allowed("path: characters that stand for themselves").at("app.test", "/a:b@c!$&'()*+,=~-._"),
        allowed("path: an encoded fragment (GHSA-pxq7-h93f-9jrg)").at("app.test", "/page%23/static/"),
        allowed("path: an encoded question mark").at("app.test", "/page%3F/static/"),
        allowed("path: an encoded blank").at("app.test", "/a%20b"),
        allowed("path: other scripts, encoded").at("app.test", "/caf%C3%A9"),
        allowed("path: an encoded slash where it is kept").at("keep.test", "/api/a%2Fb"),
    ]
}

fn methods() -> Vec<Row> {
    vec![
        allowed("method: GET where GET is routed").at("paths.test", "/data/1"),
        Row::new("method: POST where GET is routed")
            .method("POST")
            .at("paths.test", "/data/1")
            .refuse(403, "no_route"),
        allowed("method: POST").method("POST"),
        allowed("method: PUT").method("PUT"),
        allowed("method: DELETE").method("DELETE"),
        allowed("method: PATCH").method("PATCH"),
        allowed("method: OPTIONS").method("OPTIONS"),
        allowed("method: a rule about methods").at("paths.test", "/rest/1"),
        Row::new("method: a rule refuses DELETE")
            .method("DELETE")
            .at("paths.test", "/rest/1")
            .refuse(403, "not_allowed"),
        Row::new("method: an override header changes nothing")
            .method("DELETE")
            .at("paths.test", "/rest/1")
            .header("X-HTTP-Method-Override", "GET")
            .header("X-Forwarded-Method", "GET")
            .refuse(403, "not_allowed"),
    ]
}

/// CVE-2026-32811 (heimdall), CVE-2023-33189 (Pomerium): policy and application must not see different things, so what can be read in two ways is refused.
fn ambiguous() -> Vec<Row> {
    let targets = [
        ("a dot segment", "/a/./b"),
        ("two dots", "/static/../page"),
        ("two dots at the end", "/static/.."),
        ("encoded dots", "/static/%2e%2e/page"),
        ("half-encoded dots", "/static/.%2E/page"),
        ("an empty segment", "/a//b"),
        ("an empty first segment", "//evil.example/a"),
        ("an encoded slash", "/static%2f..%2fpage"),
        ("an encoded slash in upper case", "/a%2Fb"),
        ("a backslash", "/static/..\\page"),
        ("an encoded backslash", "/static/..%5cpage"),
        ("a matrix parameter", "/static/..;/page"),
        ("a double encoding", "/static/%252e%252e/page"),
        ("an encoded NUL", "/page%00.css"),
        ("an encoded line break", "/page%0d%0ax"),
        ("a broken encoding", "/page%zz"),
        ("an encoding cut short", "/page%2"),
        ("an overlong encoding of a dot", "/static/%c0%ae%c0%ae/page"),
        ("a fragment", "/page#/static/"),
    ];
    let refuses = |row: Row, doors: &[Door]| {
        row.but(doors, &Outcome::Proxy(400), "no URI to the proxy, which refuses it by itself")
    };
    targets
        .map(|(what, target)| {
            let row =
                Row::new(format!("ambiguous: {what}")).at("app.test", target).refuse(400, "bad_request");
            let cleaned = |row: Row, target| {
                let verdict = Verdict::allow("alpha:alice", "dev,ops");
                row.but(
                    &[Traefik],
                    &Outcome::Cleaned(verdict, target),
                    "Traefik cleans the path before it asks",
                )
            };
            match what {
                "a dot segment" | "an empty segment" => cleaned(row, "/a/b"),
                "two dots" | "encoded dots" | "half-encoded dots" => cleaned(row, "/page"),
                "two dots at the end" => cleaned(row, "/"),
                "an empty first segment" => cleaned(row, "/evil.example/a"),
                "a fragment" => {
                    let verdict = Verdict::allow("alpha:alice", "dev,ops");
                    refuses(row, &[EnvoyPrefix, EnvoySocket, EnvoyGrpc, Haproxy, Traefik]).but(
                        &[Caddy],
                        &Outcome::Cleaned(verdict, "/page%23/static/"),
                        "Caddy takes it for a part of the path, encodes it, and asks about that",
                    )
                }
                "an encoded NUL" => refuses(row, &[Nginx]),
                "a broken encoding" | "an encoding cut short" => refuses(row, &[Nginx, Caddy, Traefik]),
                _ => row,
            }
        })
        .to_vec()
}
