use claimgate_core::audit::{AuditOutcome, DecisionId};
use claimgate_core::policy::Effect;
use serde_json::{Value, json};

use super::*;

fn record() -> AuditRecord<'static> {
    AuditRecord {
        time: Timestamp::from_milliseconds(0),
        decision_id: DecisionId(0xab),
        request_id: None,
        trace_id: None,
        adapter: "check",
        route: None,
        outcome: AuditOutcome::Challenge,
        status: 401,
        reason: Some(DenyReason::MissingCredential),
        detail: None,
        request: AuditedRequest::default(),
        credential: None,
        identity: None,
        rule: None,
        shadow: None,
        exempt: false,
        duration_microseconds: 0,
    }
}

fn read(record: &AuditRecord<'_>) -> Value {
    let line = line(record);
    let text = std::str::from_utf8(&line).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap()
}

#[test]
fn what_is_not_there_is_null() {
    let expected = json!({
        "version": 1, "time": "1970-01-01T00:00:00.000Z", "decisionId": "000000000000000000000000000000ab",
        "requestId": null, "traceId": null, "adapter": "check", "route": null, "outcome": "challenge",
        "status": 401, "code": "missing_credential", "detail": null,
        "request": { "method": "", "host": "", "path": "", "client": null }, "credential": null,
        "identity": null, "serviceAccount": null, "account": null, "rule": null, "shadow": null,
        "exempt": false, "durationMicroseconds": 0,
    });
    assert_eq!(read(&record()), expected);
}

#[test]
fn what_is_there_stands_in_its_place() {
    let credential = AuditedCredential { kind: "jwt", entry: Some("main".into()), digest: "d1".into() };
    let shadow = [
        ShadowMatch { effect: Effect::Deny, rule: "one".into(), error: None },
        ShadowMatch { effect: Effect::Allow, rule: "two".into(), error: Some("broken".into()) },
    ];
    let record = AuditRecord {
        request_id: Some("r1"),
        trace_id: Some("t1"),
        route: Some("app"),
        detail: Some("because"),
        request: AuditedRequest {
            method: "GET",
            host: "app.example",
            path: "/a",
            client: Some("2001:db8::1".parse().unwrap()),
        },
        credential: Some(&credential),
        rule: Some("rule"),
        shadow: Some(&shadow),
        exempt: true,
        ..record()
    };
    let line = read(&record);
    let fields =
        ["requestId", "traceId", "route", "detail", "request", "credential", "rule", "shadow", "exempt"];
    let expected = json!([
        "r1",
        "t1",
        "app",
        "because",
        { "method": "GET", "host": "app.example", "path": "/a", "client": "2001:db8::1" },
        { "kind": "jwt", "entry": "main", "digest": "d1" },
        "rule",
        [
            { "effect": "deny", "rule": "one", "error": null },
            { "effect": "allow", "rule": "two", "error": "broken" },
        ],
        true,
    ]);
    assert_eq!(fields.map(|name| line[name].clone()).to_vec(), *expected.as_array().unwrap());
}

/// Whoever can put a text into the log can put no field and no line there.
#[test]
fn every_text_reads_back() {
    let every: String = (0..=0x17f).filter_map(char::from_u32).collect();
    for text in ["", "plain", "\"", "\\", "\n", "\",\"outcome\":\"allow", "a\u{2028}b\u{10ffff}", &every] {
        let record = AuditRecord { detail: Some(text), request_id: Some(text), ..record() };
        let line = read(&record);
        assert_eq!((&line["detail"], &line["requestId"]), (&json!(text), &json!(text)));
        assert_eq!(line["outcome"], "challenge");
    }
}

#[test]
fn numbers_and_times_are_exact() {
    for number in [0, 9, 10, 1234, u64::MAX] {
        let record = AuditRecord { duration_microseconds: number, ..record() };
        assert_eq!(read(&record)["durationMicroseconds"], number);
    }
    for (milliseconds, text) in [
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_827_696_007, "2000-02-29T12:34:56.007Z"),
        (1_800_000_000_120, "2027-01-15T08:00:00.120Z"),
        (253_402_207_199_999, "9999-12-30T21:59:59.999Z"),
    ] {
        let record = AuditRecord { time: Timestamp::from_milliseconds(milliseconds), ..record() };
        assert_eq!(read(&record)["time"], text);
    }
    let record = AuditRecord { time: Timestamp::from_milliseconds(i64::MAX), ..record() };
    assert!(read(&record)["time"].is_null());
}
