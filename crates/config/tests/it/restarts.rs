use claimgate_config::{Config, config_page, load};

/// A configuration with every key whose change counts at the next start only.
const CONFIG: &str = r#"
version: 1
listeners:
  public: { address: "127.0.0.1:1", tls: { certificateFile: a.crt, keyFile: a.key } }
  admin: { address: "127.0.0.1:2", explain: true }
  check: { address: "127.0.0.1:3", protocol: envoyHttp }
trustedProxies: [10.0.0.0/8]
audit: { to: stdout, allowed: true, digestKeyFile: digest.key }
logging: { level: info, format: text }
telemetry: { traces: { otlp: { endpoint: "http://127.0.0.1:4318" } } }
limits: { headerSize: 64KiB, drainTimeout: 30s, auditWait: 100ms, readinessWait: 30s, tokenCache: 10 }
readiness: { waitFor: [jwt/a] }
jwt: [{ name: a, issuer: { url: "https://a.example", audiences: [x] } }]
routes: [{ name: app, accept: all, allow: authenticated }]
"#;

fn config(text: &str) -> Config {
    let (config, problems) = load("c.yaml", text.as_bytes());
    assert!(!problems.has_errors(), "{problems}");
    config.unwrap()
}

#[test]
fn what_counts_at_the_next_start_is_told_and_nothing_else() {
    let before = config(CONFIG);
    let cases: &[(&str, &str, &[&str])] = &[
        ("127.0.0.1:1", "127.0.0.1:9", &["listeners.public.address"]),
        (", tls: { certificateFile: a.crt, keyFile: a.key }", "", &["listeners.public.tls"]),
        ("127.0.0.1:2", "127.0.0.1:9", &["listeners.admin.address"]),
        (
            "explain: true",
            "explain: true, tls: { certificateFile: a.crt, keyFile: a.key }",
            &["listeners.admin.tls"],
        ),
        ("127.0.0.1:3", "127.0.0.1:9", &["listeners.check.address"]),
        ("protocol: envoyHttp", "protocol: envoyGrpc", &["listeners.check.protocol"]),
        ("protocol: envoyHttp", "tls: { certificateFile: a.crt, keyFile: a.key }", &["listeners.check.tls"]),
        ("  check: { address: \"127.0.0.1:3\", protocol: envoyHttp }\n", "", &["listeners.check"]),
        ("to: stdout", "to: off", &["audit.to"]),
        ("to: stdout", "to: { file: { path: a.log } }", &["audit.to"]),
        ("level: info", "level: debug", &["logging.level"]),
        ("format: text", "format: json", &["logging.format"]),
        ("headerSize: 64KiB", "headerSize: 32KiB", &["limits.headerSize"]),
        ("drainTimeout: 30s", "drainTimeout: 31s", &["limits.drainTimeout"]),
        ("auditWait: 100ms", "auditWait: 1s", &["limits.auditWait"]),
        ("readinessWait: 30s", "readinessWait: 3s", &["limits.readinessWait"]),
        ("waitFor: [jwt/a]", "waitFor: []", &["readiness.waitFor"]),
        (
            "logging: { level: info, format: text }",
            "logging: { level: warn, format: json }",
            &["logging.level", "logging.format"],
        ),
        // The same value, written in another way or left to its default.
        ("headerSize: 64KiB, drainTimeout: 30s", "drainTimeout: 30000ms", &[]),
        ("to: stdout, ", "", &[]),
        // What a reload takes.
        ("a.crt", "b.crt", &[]),
        ("explain: true", "explain: false", &[]),
        ("10.0.0.0/8", "10.0.0.0/9", &[]),
        ("allowed: true", "allowed: false", &[]),
        ("digest.key", "other.key", &[]),
        (":4318", ":4319", &[]),
        ("telemetry: { traces: { otlp: { endpoint: \"http://127.0.0.1:4318\" } } }\n", "", &[]),
        ("tokenCache: 10", "tokenCache: 11", &[]),
    ];
    for (from, to, expected) in cases {
        assert!(CONFIG.contains(from), "{from}");
        let problems = config(&CONFIG.replacen(from, to, 1)).restarts(&before);
        let paths: Vec<&str> = problems.iter().map(|problem| &*problem.place.path).collect();
        assert_eq!(&paths, expected, "{to}");
        for problem in problems {
            let line = problem.to_string();
            assert!(line.contains("warning[restart_needed]") && line.contains("at the next start"), "{line}");
            assert!(problem.place.line > 1, "{line}");
        }
    }
    // Each key that is declared so stands above.
    let told: std::collections::BTreeSet<_> = cases.iter().flat_map(|(_, _, expected)| *expected).collect();
    let declared = config_page().matches("*Restart.*").count();
    let presence = config_page().matches("*Restart, if it comes or goes.*").count();
    // `tls` of three listeners and `check`.
    assert_eq!((declared, presence, told.len()), (12, 4, 12 + 4));
}
