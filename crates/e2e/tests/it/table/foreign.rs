//! Rows about headers that clients must not set: identity in every spelling, and what proxies say about requests.
//! Every foreign value holds the word `intruder`, which must never reach the application.

use serde_json::json;

use super::{Issuers, Outcome, Row};
use crate::doors::Door;

const SPELLINGS: [&str; 7] = [
    "X-Claimgate-User",
    "x-claimgate-user",
    "X-CLAIMGATE-USER",
    "X_Claimgate_User",
    "x-claimgate_user",
    "X_CLAIMGATE-GROUPS",
    "x-claimgate-groups",
];

pub(super) fn rows(issuers: &Issuers) -> Vec<Row> {
    let token = issuers.alpha.token("gate", &json!({}));
    let mut rows = Vec::new();
    for name in SPELLINGS {
        rows.push(
            Row::new(format!("foreign {name}, allowed"))
                .header(name, "intruder")
                .bearer(&token)
                .allow("alpha:alice", "dev,ops"),
        );
        rows.push(Row::new(format!("foreign {name}, refused")).header(name, "intruder"));
        rows.push(
            Row::new(format!("foreign {name}, exempt"))
                .at("app.test", "/static/app.css")
                .header(name, "intruder")
                .allow("", ""),
        );
    }
    [rows, removal(issuers), exempt(issuers), forwarded(issuers)].concat()
}

fn removal(issuers: &Issuers) -> Vec<Row> {
    let token = issuers.alpha.token("gate", &json!({}));
    let bare = issuers.alpha.token("gate", &json!({"groups": null}));
    vec![
        Row::new("foreign identity, twice")
            .header("X-Claimgate-User", "intruder")
            .header("X-Claimgate-User", "intruder2")
            .bearer(&token)
            .allow("alpha:alice", "dev,ops"),
        Row::new("foreign groups where the identity has none (apisix 14096)")
            .header("X-Claimgate-Groups", "intruder")
            .bearer(&bare)
            .allow("alpha:alice", ""),
        Row::new("identity named in Connection (CVE-2025-48865)")
            .header("X-Hop", "1")
            .bearer(&token)
            .header("Connection", "X-Claimgate-User, X-Claimgate-Groups")
            .allow("alpha:alice", "dev,ops")
            .but(&[Door::Caddy], &Outcome::Proxy(400), "Caddy would remove them; the guide makes it refuse"),
    ]
}

fn exempt(issuers: &Issuers) -> Vec<Row> {
    let token = issuers.alpha.token("gate", &json!({}));
    vec![
        Row::new("exempt: exact").at("app.test", "/healthz").allow("", ""),
        Row::new("exempt: with a query").at("app.test", "/static/a?b=c").allow("", ""),
        Row::new("exempt: with a token").at("app.test", "/static/a").bearer(&token).allow("", ""),
        Row::new("exempt: with a bad token")
            .at("app.test", "/static/a")
            .header("Authorization", "Bearer x")
            .allow("", ""),
        Row::new("exempt: a prefix ends at a segment").at("app.test", "/staticfiles"),
        Row::new("exempt: below an exact one").at("app.test", "/healthz/x"),
        Row::new("exempt: the path in the query (CVE-2025-54576)").at("app.test", "/page?/static/"),
    ]
}

fn forwarded(issuers: &Issuers) -> Vec<Row> {
    let token = issuers.alpha.token("gate", &json!({}));
    let no_groups = issuers.alpha.token("gate", &json!({"groups": []}));
    vec![
        Row::new("exempt: X-Forwarded-Uri chooses nothing (CVE-2026-40575)")
            .header("X-Forwarded-Uri", "/static/intruder"),
        Row::new("exempt: X-Original-URL chooses nothing")
            .header("X-Original-URL", "http://app.test/static/intruder"),
        Row::new("exempt: X-Original-URI chooses nothing").header("X-Original-URI", "/static/intruder"),
        Row::new("exempt: X-Envoy-Original-Path chooses nothing")
            .header("X-Envoy-Original-Path", "/static/intruder"),
        Row::new("exempt: X-Rewrite-Url chooses nothing").header("X-Rewrite-Url", "/static/intruder"),
        Row::new("exempt: User-Agent chooses nothing (GHSA-5hvv-m4w4-gf6v)")
            .header("User-Agent", "GoogleHC/1.0"),
        Row::new("X-Forwarded-Host chooses no route")
            .at("dev.test", "/")
            .header("X-Forwarded-Host", "app.test")
            .bearer(&no_groups)
            .refuse(403, "not_allowed"),
        Row::new("Forwarded chooses no route")
            .at("dev.test", "/")
            .header("Forwarded", "host=app.test")
            .bearer(&no_groups)
            .refuse(403, "not_allowed"),
        Row::new("X-Forwarded-Prefix is nothing").header("X-Forwarded-Prefix", "/static/"),
        Row::new("an application's own header stays")
            .header("X-Application", "1")
            .bearer(&token)
            .allow("alpha:alice", "dev,ops"),
    ]
}
