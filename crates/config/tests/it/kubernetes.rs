use claimgate_config::kubernetes::load;

const HEAD: &str = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";

fn verdict(rest: &str) -> Result<(), Vec<&'static str>> {
    let (_, problems) = load("a.yaml", format!("{HEAD}{rest}").as_bytes());
    let errors = problems.problems().iter().filter(|p| p.severity == claimgate_config::Severity::Error);
    if problems.has_errors() { Err(errors.map(|p| p.code.as_str()).collect()) } else { Ok(()) }
}

fn entry(issuer: &str, mappings: &str) -> String {
    format!("jwt:\n- issuer: {{{issuer}}}\n  claimMappings: {{{mappings}}}\n")
}

const ISSUER: &str = "url: 'https://a.example', audiences: [a]";
const USERNAME: &str = "username: {claim: sub, prefix: ''}";

#[test]
#[expect(clippy::too_many_lines, reason = "one long table")]
fn the_rules_of_the_api_server() {
    let issuer = |issuer: &str| verdict(&entry(issuer, USERNAME));
    let mappings = |mappings: &str| verdict(&entry(ISSUER, mappings));
    let with = |more: &str| verdict(&format!("{}  {more}\n", entry(ISSUER, USERNAME)));
    for (name, found, expected) in [
        ("none", verdict("jwt: []\n"), &[] as &[&str]),
        ("no list", verdict("anonymous: {enabled: yes}\n"), &[]),
        ("plain", issuer(ISSUER), &[]),
        ("unknown key", verdict("jwts: []\n"), &["unknown_key"]),
        (
            "anonymous",
            verdict("anonymous: {enabled: false, conditions: [{path: /a}]}\n"),
            &["conflicting_keys"],
        ),
        ("http", issuer("url: 'http://a', audiences: [a]"), &["invalid_value"]),
        ("query", issuer("url: 'https://a?q', audiences: [a]"), &["invalid_value"]),
        ("no audience", issuer("url: 'https://a'"), &["missing_key"]),
        ("empty audience", issuer("url: 'https://a', audiences: ['']"), &["invalid_value"]),
        ("two audiences", issuer("url: 'https://a', audiences: [a, b]"), &["invalid_value"]),
        ("two, any", issuer("url: 'https://a', audiences: [a, b], audienceMatchPolicy: MatchAny"), &[]),
        (
            "same twice",
            issuer("url: 'https://a', audiences: [a, a], audienceMatchPolicy: MatchAny"),
            &["duplicate_value"],
        ),
        (
            "policy",
            issuer("url: 'https://a', audiences: [a], audienceMatchPolicy: MatchAll"),
            &["invalid_value"],
        ),
        (
            "discovery",
            issuer("url: 'https://a', discoveryURL: 'https://a/', audiences: [a]"),
            &["invalid_value"],
        ),
        (
            "authority",
            issuer("url: 'https://a', certificateAuthority: x, audiences: [a]"),
            &["invalid_value"],
        ),
        ("egress", issuer("url: 'https://a', egressSelectorType: etcd, audiences: [a]"), &["invalid_value"]),
        ("egress cluster", issuer("url: 'https://a', egressSelectorType: cluster, audiences: [a]"), &[]),
        ("number", issuer("url: 'https://a', audiences: [0777]"), &["wrong_type"]),
        ("yes", issuer("url: 'https://a', audiences: [yes]"), &["wrong_type"]),
        ("null", issuer("url: 'https://a', audiences: [a], discoveryURL: null"), &[]),
        ("no user name", mappings("groups: {claim: g, prefix: ''}"), &["missing_key"]),
        ("no prefix", mappings("username: {claim: sub}"), &["missing_key"]),
        ("both", mappings("username: {claim: sub, expression: claims.sub}"), &["conflicting_keys"]),
        ("prefix", mappings("username: {prefix: '', expression: claims.sub}"), &["conflicting_keys"]),
        (
            "uid",
            mappings("username: {claim: sub, prefix: ''}, uid: {claim: a, expression: claims.a}"),
            &["conflicting_keys"],
        ),
        (
            "extra",
            mappings("username: {claim: sub, prefix: ''}, extra: [{key: a/b, valueExpression: claims.a}]"),
            &[],
        ),
        (
            "extra key",
            mappings("username: {claim: sub, prefix: ''}, extra: [{key: ab, valueExpression: claims.a}]"),
            &["invalid_value"],
        ),
        (
            "extra of Kubernetes",
            mappings(
                "username: {claim: sub, prefix: ''}, extra: [{key: x.k8s.io/b, valueExpression: claims.a}]",
            ),
            &["reserved_name"],
        ),
        (
            "extra twice",
            mappings(
                "username: {claim: sub, prefix: ''}, extra: [{key: a/b, valueExpression: claims.a}, {key: a/b, valueExpression: claims.a}]",
            ),
            &["duplicate_value"],
        ),
        ("rule", with("claimValidationRules: [{claim: a, requiredValue: b}]"), &[]),
        ("rule of nothing", with("claimValidationRules: [{message: a}]"), &["missing_key"]),
        ("rule with message", with("claimValidationRules: [{claim: a, message: b}]"), &["conflicting_keys"]),
        ("rule twice", with("claimValidationRules: [{claim: a}, {claim: a}]"), &["duplicate_value"]),
        ("user rule of nothing", with("userValidationRules: [{message: a}]"), &["missing_key"]),
    ] {
        assert_eq!(found.err().unwrap_or_default(), expected, "{name}");
    }
}

#[test]
fn versions_kinds_and_sizes() {
    for (text, code) in [
        ("", "syntax"),
        (
            "apiVersion: apiserver.config.k8s.io/v2\nkind: AuthenticationConfiguration\n",
            "unsupported_version",
        ),
        ("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n", "invalid_value"),
        (
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nkind: x\n",
            "duplicate_key",
        ),
    ] {
        let (_, problems) = load("a.yaml", text.as_bytes());
        assert!(
            problems.problems().iter().any(|problem| problem.code.as_str() == code),
            "{text}: {problems}"
        );
    }
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let text = format!(
            "apiVersion: apiserver.config.k8s.io/{version}\nkind: AuthenticationConfiguration\n---\nx: y\n"
        );
        assert!(!load("a.yaml", text.as_bytes()).1.has_errors(), "{version}");
    }
    let entries = |count: usize| -> String {
        let one = |i| {
            format!("- issuer: {{url: 'https://a/{i}', audiences: [a]}}\n  claimMappings: {{{USERNAME}}}\n")
        };
        format!("jwt:\n{}", (0..count).map(one).collect::<String>())
    };
    assert_eq!(verdict(&entries(64)), Ok(()));
    assert_eq!(verdict(&entries(65)), Err(vec!["too_large"]));
}

#[test]
fn what_has_no_effect_is_said() {
    let (_, problems) = load("a.yaml", format!("{HEAD}anonymous: {{enabled: true}}\n").as_bytes());
    assert!(!problems.has_errors());
    assert_eq!(problems.problems().len(), 1);
}
