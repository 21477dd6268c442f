//! `claimgate rule`: one expression, or many, against claims.

mod batch;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use claimgate_rules::{Outcome, Trace};
use clap::Args;

use super::explain::read_claims;
use crate::failure::Failure;

use trial::{Dialect, Kind, Subject, Trial};

/// `claimgate rule`
#[derive(Args, Debug)]
pub(crate) struct Rule {
    /// The language: CEL as a Claimgate configuration takes it, CEL as Kubernetes does, or expr-lang as Argo
    /// Workflows does
    #[arg(long, value_enum, default_value_t)]
    dialect: Dialect,
    /// What the expression is for, `claimValidation` without it; not for `expr`, whose rules are conditions
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// A file that holds claims in JSON; of `userValidation` the user: username, uid, groups, extra
    #[arg(long, value_name = "FILE", required_unless_present = "batch")]
    claims: Option<PathBuf>,
    /// Show the value of every sub-expression
    #[arg(long)]
    trace: bool,
    /// Read JSON lines `{id, dialect, kind, claims | user, expression}` from standard input, and answer each
    #[arg(long, conflicts_with_all = ["claims", "trace", "expression"])]
    batch: bool,
    /// The expression
    #[arg(required_unless_present = "batch", allow_hyphen_values = true)]
    expression: Option<String>,
}

impl Rule {
    /// Exit code 0 with a value, 1 without.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if self.batch {
            let ended =
                batch::run(std::io::stdin().lock(), std::io::BufWriter::new(std::io::stdout().lock()));
            return ended
                .map(|()| ExitCode::SUCCESS)
                .map_err(|error| Failure::new(format!("the batch ended: {error}")));
        }
        let (Some(path), Some(expression)) = (&self.claims, &self.expression) else {
            return Err(Failure::usage("`--claims` and an expression are needed"));
        };
        if self.dialect == Dialect::Expr && self.kind.is_some() {
            return Err(Failure::usage("`--kind` is not for `expr`").hint("a rule in `expr` is a condition"));
        }
        let kind = self.kind.unwrap_or_default();
        let document = read_claims(path)?;
        let subject = match kind {
            Kind::UserValidation => Subject::user(&document)
                .map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))?,
            _ => Subject::Claims(document),
        };
        let mut trace = self.trace.then(Trace::new);
        let trial = Trial { dialect: self.dialect, kind, expression, subject: &subject };
        let outcome = trial.run(trace.as_mut());
        if let Some(trace) = &trace {
            print(trace, expression);
        }
        match outcome {
            Ok(value) => {
                println!("{value}");
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                eprintln!("error: {}", error.rendered);
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

/// Each sub-expression with what it came to, in the order in which they ended.
fn print(trace: &Trace, source: &str) {
    for step in trace.steps() {
        let outcome = match &step.outcome {
            Outcome::Value(value) => value.clone(),
            Outcome::Error(error) => format!("error: {error}"),
        };
        println!("  {}  =>  {outcome}", step.span.text(source));
    }
    if trace.left_out() > 0 {
        println!("  … and {} more", trace.left_out());
    }
}
