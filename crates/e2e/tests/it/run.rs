//! Sends the rows of the table through a door and compares what comes of them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::doors::Door;
use crate::table::{Outcome, Row, Verdict};
use crate::wire::{self, Answer, Received, UPSTREAM_BODY, Upstream};

/// A row that did not come as it must.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) row: String,
    pub(crate) what: String,
}

/// Finds the code of the audit record of a decision.
pub(crate) type Audit<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What a door's rows are judged with.
pub(crate) struct Course<'a> {
    pub(crate) door: Door,
    pub(crate) address: SocketAddr,
    pub(crate) upstream: &'a Upstream,
    /// Told before each row what to say, where the authorizer is not the gate.
    pub(crate) told: Option<Arc<Mutex<Verdict>>>,
    /// The code of the audit record of a decision, where there are records.
    pub(crate) audit: Option<&'a Audit<'a>>,
}

impl Course<'_> {
    pub(crate) fn run(&self, rows: &[Row]) -> Vec<Failure> {
        rows.iter()
            .filter_map(|row| {
                let what = self.row(row).err()?;
                Some(Failure { row: row.name.clone(), what })
            })
            .collect()
    }

    fn row(&self, row: &Row) -> Result<(), String> {
        let outcome = row.outcome(self.door);
        if let (Some(told), Outcome::Gate(verdict) | Outcome::Cleaned(verdict, _)) = (&self.told, &outcome) {
            *told.lock().unwrap() = verdict.clone();
        }
        self.upstream.take();
        let answer = wire::exchange(self.address, &self.request(row))
            .map_err(|error| format!("no answer: {error}"))?;
        let received = self.upstream.take();
        match &outcome {
            Outcome::Proxy(status) => proxy_refused(*status, &answer, &received),
            Outcome::Gate(verdict) => self.decided(verdict, row, &row.target, &answer, &received),
            Outcome::Cleaned(verdict, target) => self.decided(verdict, row, target, &answer, &received),
        }
    }

    /// The client's request; at the check endpoint, the request of a proxy that asks about it.
    fn request(&self, row: &Row) -> Vec<u8> {
        let own = row.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        if self.door != Door::Check {
            let headers: Vec<_> = [("Host", row.host)].into_iter().chain(own).collect();
            return wire::request(row.method, &row.target, &headers);
        }
        let mut headers = vec![
            ("Host", "gate.test"),
            ("X-Forwarded-Method", row.method),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Host", row.host),
            ("X-Forwarded-Uri", &row.target),
        ];
        // A proxy replaces what the client says about these.
        headers.extend(own.filter(|(name, _)| !name.to_ascii_lowercase().starts_with("x-forwarded-")));
        wire::request("GET", "/_claimgate/check", &headers)
    }

    fn decided(
        &self,
        verdict: &Verdict,
        row: &Row,
        target: &str,
        answer: &Answer,
        received: &[Received],
    ) -> Result<(), String> {
        match verdict {
            Verdict::Allow { user, groups } => {
                self.allowed(row.method, target, answer, received)?;
                let headers = received.first().map_or(&answer.headers, |request| &request.headers);
                identity(headers, "x-claimgate-user", user)?;
                identity(headers, "x-claimgate-groups", groups)
            }
            Verdict::Refuse { status, code } => {
                if let Some(request) = received.first() {
                    return Err(format!("the application got {request:?}"));
                }
                if answer.status != *status {
                    return Err(format!("{} instead of {status}, body `{}`", answer.status, answer.body));
                }
                let challenge = wire::header(&answer.headers, "www-authenticate").unwrap_or_default();
                if *status == 401 && !challenge.starts_with("Bearer") {
                    return Err(format!("401 with the challenge `{challenge}`"));
                }
                self.code(code, answer)
            }
        }
    }

    fn allowed(
        &self,
        method: &str,
        target: &str,
        answer: &Answer,
        received: &[Received],
    ) -> Result<(), String> {
        if answer.status != 200 {
            return Err(format!("{} instead of 200, body `{}`", answer.status, answer.body));
        }
        match (self.door, received) {
            (Door::Check, []) => Ok(()),
            (_, [request]) if answer.body == UPSTREAM_BODY => {
                if request.target != target || request.method != method {
                    return Err(format!("the application got `{} {}`", request.method, request.target));
                }
                let foreign =
                    request.headers.iter().find(|(_, value)| is_foreign_identity(&request.headers, value));
                foreign.map_or(Ok(()), |header| Err(format!("the application got {header:?}")))
            }
            _ => Err(format!("the application got {} requests", received.len())),
        }
    }

    fn code(&self, code: &str, answer: &Answer) -> Result<(), String> {
        let id = wire::header(&answer.headers, "x-claimgate-decision-id").filter(|id| !id.is_empty());
        let id = id.ok_or("no decision id")?;
        if let Some(audit) = self.audit {
            let recorded = audit(id);
            if recorded.as_deref() != Some(code) {
                return Err(format!("the audit record of `{id}` says {recorded:?} instead of `{code}`"));
            }
        }
        // nginx answers with a page of its own.
        if self.door == Door::Nginx {
            return Ok(());
        }
        let body: serde_json::Value =
            serde_json::from_str(&answer.body).map_err(|_| format!("body `{}`", answer.body))?;
        if body["code"] == code { Ok(()) } else { Err(format!("code {} instead of `{code}`", body["code"])) }
    }
}

fn proxy_refused(status: u16, answer: &Answer, received: &[Received]) -> Result<(), String> {
    if !received.is_empty() || answer.status != status {
        return Err(format!(
            "{} instead of the proxy's own {status}, the application got {received:?}",
            answer.status
        ));
    }
    Ok(())
}

/// A header that an application could take for the identity: case and `_` for `-` make no difference to many.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

fn is_foreign_identity(headers: &wire::Headers, value: &str) -> bool {
    value.contains("intruder")
        && headers.iter().any(|(name, v)| v == value && folded(name).starts_with("x-claimgate-"))
}

/// An identity header stands exactly once, under its own name, with exactly this value.
fn identity(headers: &wire::Headers, name: &str, value: &str) -> Result<(), String> {
    let found: Vec<_> = headers.iter().filter(|(n, _)| folded(n) == name).collect();
    match found.as_slice() {
        [] if value.is_empty() => Ok(()),
        [(n, v)] if v == value && !n.contains('_') => Ok(()),
        found => Err(format!("`{name}` is {found:?} instead of `{value}`")),
    }
}
