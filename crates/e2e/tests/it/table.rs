//! The decision table: what clients send, and what must come of it behind every door.

mod claims;
mod credentials;
mod foreign;
mod requests;

use crate::doors::Door;
use crate::mint::Issuer;

/// What the gate decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The application gets the request, with exactly this identity; empty texts on exempt paths.
    Allow { user: String, groups: String },
    /// The application gets nothing.
    Refuse { status: u16, code: &'static str },
}

impl Verdict {
    pub(crate) fn allow(user: &str, groups: &str) -> Self {
        Self::Allow { user: user.to_owned(), groups: groups.to_owned() }
    }

    pub(crate) fn refuse(status: u16, code: &'static str) -> Self {
        Self::Refuse { status, code }
    }
}

/// What comes of a row behind a door where the proxy itself has a say.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The gate decides.
    Gate(Verdict),
    /// The gate decides about another path, which is also what the application gets.
    Cleaned(Verdict, &'static str),
    /// The proxy answers by itself, and neither gate nor application see the request.
    Proxy(u16),
}

/// One request and what must come of it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) method: &'static str,
    pub(crate) host: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    verdict: Verdict,
    differences: Vec<(Door, Outcome, &'static str)>,
}

impl Row {
    /// `GET /page` of the first application, without credential.
    fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            method: "GET",
            host: "app.test",
            target: "/page".to_owned(),
            headers: Vec::new(),
            verdict: Verdict::refuse(401, "missing_credential"),
            differences: Vec::new(),
        }
    }

    fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    fn at(mut self, host: &'static str, target: impl Into<String>) -> Self {
        self.host = host;
        self.target = target.into();
        self
    }

    fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    fn allow(mut self, user: &str, groups: &str) -> Self {
        self.verdict = Verdict::allow(user, groups);
        self
    }

    fn refuse(mut self, status: u16, code: &'static str) -> Self {
        self.verdict = Verdict::refuse(status, code);
        self
    }

    /// Doors where it comes differently, and why.
    fn but(mut self, doors: &[Door], outcome: &Outcome, reason: &'static str) -> Self {
        self.differences.extend(doors.iter().map(|door| (*door, outcome.clone(), reason)));
        self
    }

    /// The row where nothing else may come of it, whatever stands in it.
    pub(crate) fn always(mut self, status: u16, code: &'static str) -> Self {
        self.differences.clear();
        self.refuse(status, code)
    }

    /// The credentials in the row, which no log may hold.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &str> {
        let values = self.headers.iter().map(|(_, value)| value.as_str()).chain([self.target.as_str()]);
        values
            .flat_map(|value| value.split([' ', ',', '=']))
            .filter(|word| word.len() > 100 && word.contains('.'))
    }

    /// What must come of the row behind a door.
    pub(crate) fn outcome(&self, door: Door) -> Outcome {
        let different = self.differences.iter().find(|(at, ..)| *at == door);
        let outcome =
            different.map_or_else(|| Outcome::Gate(self.verdict.clone()), |(_, outcome, _)| outcome.clone());
        match outcome {
            // auth_request knows 401 and 403 only.
            Outcome::Gate(Verdict::Refuse { status, code }) if door == Door::Nginx && status != 401 => {
                Outcome::Gate(Verdict::Refuse { status: 403, code })
            }
            outcome => outcome,
        }
    }
}

/// The providers that the tokens of the table come from.
pub(crate) struct Issuers {
    pub(crate) alpha: Issuer,
    pub(crate) beta: Issuer,
    /// In no configuration.
    pub(crate) stranger: Issuer,
}

impl Issuers {
    pub(crate) fn start() -> Self {
        Self { alpha: Issuer::start(), beta: Issuer::start(), stranger: Issuer::start() }
    }
}

/// The whole table.
pub(crate) fn rows(issuers: &Issuers) -> Vec<Row> {
    [credentials::rows(issuers), claims::rows(issuers), requests::rows(issuers), foreign::rows(issuers)]
        .concat()
}

/// The configuration of the gate that the table is about; the listeners stand before it.
pub(crate) fn config(issuers: &Issuers) -> String {
    CONFIG.replace("ALPHA", &issuers.alpha.url()).replace("BETA", &issuers.beta.url())
}

const CONFIG: &str = r#"
jwt:
  - name: alpha
    issuer: { url: "ALPHA", audiences: [gate, gate-too] }
    claimMappings:
      username: { claim: sub }
      groups: { claim: groups, prefix: "" }
  - name: beta
    issuer: { url: "BETA", audiences: [gate] }
    tokenKinds: [accessToken]
    claimValidationRules:
      - { expression: "claims.tenant == 't1'", message: not our tenant }
    claimMappings:
      username: { claim: sub, prefix: "b-" }
      groups: { expression: "has(claims.roles) ? dyn(claims.roles).map(r, 'role-' + string(r)) : []" }

routes:
  - name: app
    hosts: [app.test]
    accept: [jwt]
    allow: authenticated
    exempt: [{ prefix: /static/ }, { exact: /healthz }]
  - name: only-beta
    hosts: [beta.test]
    accept: [jwt/beta]
    allow: authenticated
  - name: dev
    hosts: [dev.test]
    accept: [jwt/alpha]
    allow: [{ expression: "'dev' in user.groups" }]
    deny: [{ expression: "has(claims.suspended) && claims.suspended == true" }]
  - name: allow-error
    hosts: [allow-error.test]
    accept: [jwt/alpha]
    allow: [{ expression: "claims.level == 1" }]
  - name: allow-any
    hosts: [allow-any.test]
    accept: [jwt/alpha]
    allow: [{ expression: "claims.level == 1" }, { expression: "user.username == 'alpha:alice'" }]
  - name: deny-error
    hosts: [deny-error.test]
    accept: [jwt/alpha]
    allow: authenticated
    deny: [{ expression: "claims.level == 13" }]
  - name: admin
    hosts: [paths.test]
    paths: [{ prefix: /admin }]
    accept: [jwt/alpha]
    allow: [{ expression: "'admins' in user.groups" }]
  - name: admin-open
    hosts: [paths.test]
    paths: [{ exact: /admin/open }]
    accept: [jwt/alpha]
    allow: authenticated
  - name: read
    hosts: [paths.test]
    paths: [{ prefix: /data }]
    methods: [GET]
    accept: [jwt/alpha]
    allow: authenticated
  - name: paths-rest
    hosts: [paths.test]
    paths: [{ prefix: /rest }]
    accept: [jwt/alpha]
    allow: [{ expression: "request.method != 'DELETE'" }]
  - name: wild
    hosts: ["*.wild.test"]
    accept: [jwt/alpha]
    allow: authenticated
  - name: one-of-wild
    hosts: [closed.wild.test]
    accept: [jwt/alpha]
    allow: [{ expression: "false" }]
  - name: keep
    hosts: [keep.test]
    accept: [jwt/alpha]
    allow: authenticated
    encodedSlash: keep
"#;
