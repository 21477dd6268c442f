mod service_accounts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use claimgate_json::{Json, Limits, ParseErrorKind};
use claimgate_server::admin::{Explanation, Hypothesis};
use clap::Args;

use super::Output;
use crate::clock;
use crate::failure::Failure;

use service_accounts::Dialect;

/// The exit code of a refusal.
const REFUSED: u8 = 3;

/// `claimgate explain`
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// The configuration
    #[arg(long, value_name = "FILE", required_unless_present = "service_accounts")]
    config: Option<PathBuf>,
    /// A file that holds a token, which is verified
    #[arg(long, value_name = "FILE", conflicts_with = "claims")]
    token_file: Option<PathBuf>,
    /// A file that holds claims in JSON, which are taken as if they were signed
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// The trust entry of the claims, where they have no `iss`
    #[arg(long, value_name = "NAME", requires = "claims")]
    entry: Option<String>,
    /// The request's URL
    #[arg(long, required_unless_present = "service_accounts")]
    url: Option<String>,
    /// The request's method
    #[arg(long, default_value = "GET")]
    method: String,
    /// A further header of the request, as `name: value`; repeatable
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// Manifests of ServiceAccounts and Namespaces, a file or a folder: which ServiceAccount the claims select
    #[arg(long, value_name = "PATH", requires = "claims", conflicts_with = "config")]
    service_accounts: Option<PathBuf>,
    /// How the manifests' annotations are read
    #[arg(long, value_enum, requires = "service_accounts")]
    dialect: Option<Dialect>,
    /// The namespace that the request concerns
    #[arg(long, requires = "service_accounts")]
    namespace: Option<String>,
    /// The mapping's settings, in JSON
    #[arg(long, value_name = "JSON", requires = "service_accounts")]
    settings: Option<String>,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Explain {
    /// Exit code 0 if the request is allowed or an account selected, 3 if not.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let claims = self.claims.as_deref().map(read_claims).transpose()?;
        if let (Some(manifests), Some(claims)) = (&self.service_accounts, &claims) {
            let dialect = self.dialect.ok_or_else(|| {
                Failure::usage("`--dialect` is missing").hint("it is `argo`, `kargo` or `claimgate`")
            })?;
            let question = service_accounts::Question {
                manifests,
                dialect,
                claims,
                namespace: self.namespace.as_deref(),
                settings: self.settings.as_deref(),
            };
            return service_accounts::run(&question, self.output);
        }
        let (Some(config), Some(url)) = (&self.config, &self.url) else {
            return Err(Failure::usage("`--config` and `--url` are needed"));
        };
        let hypothesis = Hypothesis {
            method: self.method,
            url: url.clone(),
            headers: self.header.iter().map(|header| split(header)).collect::<Result<_, _>>()?,
            token: self.token_file.as_deref().map(read_token).transpose()?,
            claims,
            entry: self.entry,
        };
        let explained = super::serve::runtime()?
            .block_on(claimgate_server::serve::explain(config, hypothesis, clock::now))
            .map_err(super::serve::failure)?;
        let explanation = explained.map_err(Failure::usage)?;
        match self.output {
            Output::Json => println!("{:#}", explanation.to_json()),
            Output::Text => print(&explanation),
        }
        Ok(if explanation.is_allowed() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
    }
}

fn print(explanation: &Explanation) {
    for step in &explanation.steps {
        let name = if step.name.is_empty() { String::new() } else { format!(" {}", step.name) };
        println!("{:>8}  {}{name}: {}", step.outcome.as_str(), step.stage.as_str(), step.detail);
    }
    match explanation.reason() {
        None => println!("allowed"),
        Some(reason) => println!("refused: {} `{}` ({})", reason.status(), reason.code(), reason.title()),
    }
}

fn split(header: &str) -> Result<(String, String), Failure> {
    let (name, value) = header
        .split_once(':')
        .ok_or_else(|| Failure::usage(format!("`{header}` is not a header")).hint("write `name: value`"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Claims from a file; with the depth of a token's.
pub(crate) fn read_claims(path: &Path) -> Result<Json, Failure> {
    const AS_WRITTEN: &str = "claims are a JSON object, such as `{\"sub\": \"ann\", \"groups\": [\"dev\"]}`";
    let bytes = read(path)?;
    let claims = claimgate_json::parse(&bytes, Limits::default()).map_err(|error| {
        let (line, column) = position(&bytes, error.offset);
        let failure = Failure::new(format!("{}:{line}:{column}: {}", path.display(), error.kind));
        if error.kind == ParseErrorKind::RepeatedMember {
            failure.hint("keep one of the two")
        } else if is_token(&bytes) {
            failure
                .hint("this is a token, not its claims; `explain --config … --token-file` verifies a token")
        } else {
            failure.hint(AS_WRITTEN)
        }
    })?;
    match claims {
        Json::Object(_) => Ok(claims),
        other => Err(Failure::new(format!("`{}` holds a {}, not an object", path.display(), other.kind()))
            .hint(AS_WRITTEN)),
    }
}

/// Line and column of a byte, from 1, the column in characters.
fn position(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line = before.split(|byte| *byte == b'\n').next_back().unwrap_or_default();
    let newlines = before.iter().filter(|byte| **byte == b'\n').count();
    (newlines + 1, String::from_utf8_lossy(line).chars().count() + 1)
}

/// Whether it has the form of a JWS in compact serialization (RFC 7515 §7.1).
fn is_token(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    let text = text.strip_prefix(b"Bearer ").unwrap_or(text);
    let is_base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let parts: Vec<&[u8]> = text.split(|byte| *byte == b'.').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.iter().all(is_base64url))
}

fn read_token(path: &Path) -> Result<String, Failure> {
    let text = String::from_utf8(read(path)?)
        .map_err(|_| Failure::new(format!("`{}` is not text", path.display())))?;
    let text = text.trim();
    Ok(text.strip_prefix("Bearer ").unwrap_or(text).to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a command reads the files that it is called with")]
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", path.display())))
}
