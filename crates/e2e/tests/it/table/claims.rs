//! Rows about what a token says: registered claims, trust entries, mapping, rules.

use serde_json::{Value, json};

use super::{Issuers, Row};
use crate::mint::now;

pub(super) fn rows(issuers: &Issuers) -> Vec<Row> {
    [registered(issuers), identity(issuers), entries(issuers), rules(issuers)].concat()
}

fn registered(issuers: &Issuers) -> Vec<Row> {
    let alpha = &issuers.alpha;
    let now = now();
    let refused: Vec<(&str, Value, &'static str)> = vec![
        ("expired", json!({"exp": now - 600}), "expired"),
        ("no exp", json!({"exp": null}), "malformed_credential"),
        (
            "exp that is a text (CVE-2026-25537)",
            json!({"exp": (now + 600).to_string()}),
            "malformed_credential",
        ),
        ("exp that is true", json!({"exp": true}), "malformed_credential"),
        ("nbf in the future", json!({"nbf": now + 600}), "not_yet_valid"),
        ("nbf that is a text (CVE-2026-25537)", json!({"nbf": "0"}), "malformed_credential"),
        ("iat that is a list", json!({"iat": [now]}), "malformed_credential"),
        ("no aud", json!({"aud": null}), "wrong_audience"),
        ("another aud", json!({"aud": "other"}), "wrong_audience"),
        ("an empty aud list", json!({"aud": []}), "wrong_audience"),
        ("an aud that begins alike", json!({"aud": "gate-"}), "wrong_audience"),
        ("an aud in another case", json!({"aud": "Gate"}), "wrong_audience"),
        ("aud that is a number", json!({"aud": 1}), "malformed_credential"),
        ("a number in the aud list", json!({"aud": ["gate", 1]}), "malformed_credential"),
        ("no iss", json!({"iss": null}), "malformed_credential"),
        ("iss that is a list", json!({"iss": [alpha.url()]}), "malformed_credential"),
        ("iss with a slash more", json!({"iss": format!("{}/", alpha.url())}), "unknown_issuer"),
        ("iss of nobody", json!({"iss": "https://nobody.example"}), "unknown_issuer"),
        ("no sub", json!({"sub": null}), "claims_rejected"),
        ("an empty sub", json!({"sub": ""}), "claims_rejected"),
        ("sub that is a number", json!({"sub": 7}), "malformed_credential"),
        ("Keycloak's typ Refresh", json!({"typ": "Refresh"}), "wrong_token_kind"),
        ("Keycloak's typ Offline", json!({"typ": "Offline"}), "wrong_token_kind"),
    ];
    let mut rows: Vec<Row> = refused
        .into_iter()
        .map(|(what, changes, code)| {
            Row::new(format!("claims: {what}")).bearer(&alpha.token("gate", &changes)).refuse(401, code)
        })
        .collect();
    let accepted: Vec<(&str, Value)> = vec![
        ("expired within the skew", json!({"exp": now - 5})),
        ("nbf in the past", json!({"nbf": now - 5})),
        ("no iat", json!({"iat": null})),
        ("aud as a list", json!({"aud": ["gate"]})),
        ("the second audience of the entry", json!({"aud": "gate-too"})),
        ("a foreign audience beside ours", json!({"aud": ["other", "gate"]})),
        ("exp with a fraction", json!({"exp": 4_102_444_800.5})),
    ];
    rows.extend(accepted.into_iter().map(|(what, changes)| {
        Row::new(format!("claims: {what}"))
            .bearer(&alpha.token("gate", &changes))
            .allow("alpha:alice", "dev,ops")
    }));
    let twice = alpha.claims("gate", &json!({})).to_string().replacen('{', "{\"sub\":\"root\",", 1);
    let twice = alpha.sign(&json!({"alg": "RS256", "kid": "rsa"}), &twice);
    rows.push(
        Row::new("claims: a member that stands twice").bearer(&twice).refuse(401, "malformed_credential"),
    );
    rows
}

fn identity(issuers: &Issuers) -> Vec<Row> {
    let allowed: Vec<(&str, Value, &str, &str)> = vec![
        ("no groups", json!({"groups": null}), "alpha:alice", ""),
        ("an empty list of groups", json!({"groups": []}), "alpha:alice", ""),
        ("one group as a text", json!({"groups": "dev"}), "alpha:alice", "dev"),
        ("one group", json!({"groups": ["dev"]}), "alpha:alice", "dev"),
        ("a name with a blank", json!({"sub": "alice b"}), "alpha:alice b", "dev,ops"),
        ("a name with a colon", json!({"sub": "beta:alice"}), "alpha:beta:alice", "dev,ops"),
        ("a name of system", json!({"sub": "system:masters"}), "alpha:system:masters", "dev,ops"),
    ];
    let mut rows: Vec<Row> = allowed
        .into_iter()
        .map(|(what, changes, user, groups)| {
            Row::new(format!("identity: {what}"))
                .bearer(&issuers.alpha.token("gate", &changes))
                .allow(user, groups)
        })
        .collect();
    let refused: Vec<(&str, Value, u16, &'static str)> = vec![
        ("a group with a comma", json!({"groups": ["a,b"]}), 403, "header_value_ambiguous"),
        (
            "a line break in the name",
            json!({"sub": "alice\r\nx-claimgate-user: root"}),
            403,
            "header_value_ambiguous",
        ),
        ("NUL in a group", json!({"groups": ["a\u{0}b"]}), 403, "header_value_ambiguous"),
        ("a group system:masters", json!({"groups": ["system:masters"]}), 401, "reserved_name"),
    ];
    rows.extend(refused.into_iter().map(|(what, changes, status, code)| {
        Row::new(format!("identity: {what}"))
            .bearer(&issuers.alpha.token("gate", &changes))
            .refuse(status, code)
    }));
    rows
}

/// Two trust entries whose issuers share key ids.
fn entries(issuers: &Issuers) -> Vec<Row> {
    let beta = |typ: &str, changes: &Value| {
        let claims = issuers.beta.claims("gate", changes).to_string();
        issuers.beta.sign(&json!({"alg": "RS256", "kid": "rsa", "typ": typ}), &claims)
    };
    let tenant = json!({"tenant": "t1", "roles": ["a", "b"]});
    vec![
        Row::new("entries: the second issuer, same key id")
            .bearer(&beta("at+jwt", &tenant))
            .allow("b-alice", "role-a,role-b"),
        Row::new("entries: a kind that the entry does not list")
            .bearer(&beta("JWT", &tenant))
            .refuse(401, "wrong_token_kind"),
        Row::new("entries: a claim validation rule fails")
            .bearer(&beta("at+jwt", &json!({"tenant": "t2"})))
            .refuse(401, "claims_rejected"),
        Row::new("entries: a claim validation rule errors")
            .bearer(&beta("at+jwt", &json!({})))
            .refuse(401, "claims_rejected"),
        Row::new("entries: a route that takes this entry")
            .at("beta.test", "/")
            .bearer(&beta("at+jwt", &tenant))
            .allow("b-alice", "role-a,role-b"),
        Row::new("entries: a route that takes another entry")
            .at("beta.test", "/")
            .bearer(&issuers.alpha.token("gate", &json!({})))
            .refuse(401, "unknown_issuer"),
        Row::new("entries: the issuer is in no configuration")
            .bearer(&issuers.stranger.token("gate", &json!({})))
            .refuse(401, "unknown_issuer"),
    ]
}

fn rules(issuers: &Issuers) -> Vec<Row> {
    let token = |changes: Value| issuers.alpha.token("gate", &changes);
    let row = |name: &str, host: &'static str, changes: Value| {
        Row::new(format!("rules: {name}")).at(host, "/").bearer(&token(changes))
    };
    vec![
        row("allowed by group", "dev.test", json!({})).allow("alpha:alice", "dev,ops"),
        row("not in the group", "dev.test", json!({"groups": ["ops"]})).refuse(403, "not_allowed"),
        row("a group that begins alike", "dev.test", json!({"groups": ["developer"]}))
            .refuse(403, "not_allowed"),
        row("a group in another case", "dev.test", json!({"groups": ["Dev"]})).refuse(403, "not_allowed"),
        row("no groups", "dev.test", json!({"groups": null})).refuse(403, "not_allowed"),
        row("a deny rule fires", "dev.test", json!({"suspended": true})).refuse(403, "not_allowed"),
        row("a deny rule does not fire", "dev.test", json!({"suspended": false}))
            .allow("alpha:alice", "dev,ops"),
        row("an allow rule errors", "allow-error.test", json!({})).refuse(403, "not_allowed"),
        row("an allow rule is false", "allow-error.test", json!({"level": 2})).refuse(403, "not_allowed"),
        row("an allow rule is true", "allow-error.test", json!({"level": 1})).allow("alpha:alice", "dev,ops"),
        row("one errs, the next allows", "allow-any.test", json!({})).allow("alpha:alice", "dev,ops"),
        row("one errs, the next does not match", "allow-any.test", json!({"sub": "bob"}))
            .refuse(403, "not_allowed"),
        row("a deny rule errors (agentgateway 3092)", "deny-error.test", json!({}))
            .refuse(403, "not_allowed"),
        row("a deny rule is false", "deny-error.test", json!({"level": 1})).allow("alpha:alice", "dev,ops"),
        row("a deny rule is true", "deny-error.test", json!({"level": 13})).refuse(403, "not_allowed"),
    ]
}
