mod answer;
mod batch;
mod question;

use std::path::PathBuf;
use std::process::ExitCode;

use claimgate_json::Json;
use claimgate_rules::{Outcome, Trace};
use clap::Args;

use super::Output;
use crate::failure::Failure;

use question::{Dialect, Kind, Question, Subject};

/// `claimgate rule`
#[derive(Args, Debug)]
pub(crate) struct Rule {
    /// The language: exactly what Kubernetes accepts, what a Claimgate configuration accepts, or expr-lang
    #[arg(long, value_enum, default_value_t = Dialect::Cel)]
    dialect: Dialect,
    /// Where the rule stands: what it reads and what its value must be
    #[arg(long, value_enum, default_value_t = Kind::ClaimValidation)]
    kind: Kind,
    /// A file that holds claims in JSON; for `userValidation`, the user
    #[arg(long, value_name = "FILE", required_unless_present = "batch", conflicts_with = "batch")]
    claims: Option<PathBuf>,
    /// Show what each part of the expression came to
    #[arg(long, conflicts_with = "batch")]
    trace: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t, conflicts_with = "batch")]
    output: Output,
    /// Read questions from standard input, one JSON object a line, and answer each on a line
    #[arg(long, conflicts_with_all = ["expression", "dialect", "kind"])]
    batch: bool,
    /// The expression
    #[arg(required_unless_present = "batch", allow_hyphen_values = true)]
    expression: Option<String>,
}

impl Rule {
    /// Exit code 0 if the rule has a value that its place takes, 1 if not.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (Some(path), Some(expression)) = (&self.claims, &self.expression) else {
            return batch::run(std::io::stdin().lock(), std::io::stdout().lock())
                .map(|()| ExitCode::SUCCESS)
                .map_err(Failure::new);
        };
        let document = super::explain::read_claims(path)?;
        let Json::Object(members) = &document else {
            return Err(Failure::new(format!("`{}` does not hold an object", path.display())));
        };
        let subject = if self.kind == Kind::UserValidation && self.dialect != Dialect::Expr {
            Subject::User(question::Person::read(&document).map_err(Failure::new)?)
        } else {
            Subject::Claims(members.clone())
        };
        let question =
            Question { dialect: self.dialect, kind: self.kind, subject, expression: expression.clone() };
        let mut trace = Trace::new();
        let answered = answer::answer(&question, self.trace.then_some(&mut trace));
        show_trace(&trace, expression);
        match (&answered, self.output) {
            (Ok(answer), Output::Text) => println!("{}", answer.shown),
            (Ok(answer), Output::Json) => println!("{}", batch::success(None, &answer.value)),
            (Err(refusal), Output::Json) => println!("{}", batch::failure(None, refusal)),
            (Err(refusal), Output::Text) => return Err(Failure::new(&refusal.rendered)),
        }
        Ok(if answered.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// On standard error, so that the answer alone is on standard output.
fn show_trace(trace: &Trace, source: &str) {
    for step in trace.steps() {
        match &step.outcome {
            Outcome::Value(value) => eprintln!("{} = {value}", step.span.text(source)),
            Outcome::Error(error) => eprintln!("{} failed: {error}", step.span.text(source)),
        }
    }
    if trace.left_out() > 0 {
        eprintln!("… and {} more", trace.left_out());
    }
}
