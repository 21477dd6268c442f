use claimgate_json::Json;
use claimgate_rules::expr::{self, Expression};
use claimgate_rules::{Budget, Inputs, LoadError, RunError, Trace, cel};

use super::question::{Dialect, Kind, Question, Subject};

/// Parts and bytes of a value that is still written out.
const LONGEST_VALUE: usize = 4 << 20;

/// The value of an expression.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) value: Json,
    /// As its language writes it.
    pub(super) shown: String,
}

/// Why an expression has no value that its place takes.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) stage: Stage,
    /// On one line.
    pub(super) message: String,
    /// With the line of the source and a caret.
    pub(super) rendered: String,
}

/// When an expression was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Before it was evaluated.
    Load,
    /// While it was evaluated.
    Run,
    /// For its value's type.
    Type,
}

impl Stage {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Run => "run",
            Self::Type => "type",
        }
    }
}

impl Refusal {
    pub(super) fn new(stage: Stage, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { stage, rendered: message.clone(), message }
    }

    fn load(error: &LoadError, source: &str) -> Self {
        let mut message = format!("{}: {error}", error.span().position(source));
        if let Some(hint) = error.hint() {
            message.push_str("; ");
            message.push_str(hint);
        }
        Self { stage: Stage::Load, message, rendered: error.render(source) }
    }

    fn run(error: &RunError, source: &str) -> Self {
        let stage = if matches!(error, RunError::WrongType(_)) { Stage::Type } else { Stage::Run };
        let message = match error.span() {
            Some(span) => format!("{}: {error}", span.position(source)),
            None => error.to_string(),
        };
        Self { stage, message, rendered: error.render(source) }
    }

    fn too_long() -> Self {
        Self::new(Stage::Run, "the value is too long to be written out")
    }
}

/// Evaluates the expression as its place would.
pub(super) fn answer(question: &Question, trace: Option<&mut Trace>) -> Result<Answer, Refusal> {
    match question.dialect {
        Dialect::Expr => answer_expr(question, trace),
        Dialect::Kubernetes => answer_cel(question, cel::Dialect::Kubernetes, trace),
        Dialect::Cel => answer_cel(question, cel::Dialect::Claimgate, trace),
    }
}

fn answer_cel(
    question: &Question,
    dialect: cel::Dialect,
    trace: Option<&mut Trace>,
) -> Result<Answer, Refusal> {
    let source = &question.expression;
    let rule = cel::Rule::compile(dialect, question.kind.of_rule(), source)
        .map_err(|error| Refusal::load(&error, source))?;
    let failed = |error: RunError| Refusal::run(&error, source);
    let claims;
    let inputs = match &question.subject {
        Subject::Claims(members) => {
            claims = Json::Object(members.clone());
            Inputs { claims: Some(&claims), ..Inputs::default() }
        }
        Subject::User(person) => Inputs { user: Some(person.as_user()), ..Inputs::default() },
    };
    let value = rule.evaluate(&inputs, &mut Budget::CEL.clone(), trace).map_err(failed)?;
    let budget = &mut Budget::CEL.clone();
    match question.kind {
        Kind::ClaimValidation | Kind::UserValidation => rule.test(&inputs, budget, None).map(drop),
        Kind::Username | Kind::Uid => rule.text(&inputs, budget, None).map(drop),
        Kind::Groups | Kind::Extra => rule.texts(&inputs, budget, None).map(drop),
    }
    .map_err(failed)?;
    let json = value.to_json(LONGEST_VALUE).ok_or_else(Refusal::too_long)?;
    Ok(Answer { value: json, shown: value.to_string() })
}

fn answer_expr(question: &Question, trace: Option<&mut Trace>) -> Result<Answer, Refusal> {
    let source = &question.expression;
    let Subject::Claims(claims) = &question.subject else {
        return Err(Refusal::new(Stage::Load, "a rule in expr-lang reads claims, not a user"));
    };
    let expression = Expression::parse(source).map_err(|error| Refusal::load(&error, source))?;
    match expression.test(claims, &mut Budget::EXPR.clone(), trace) {
        Ok(holds) => Ok(Answer { value: Json::from(holds), shown: holds.to_string() }),
        Err(expr::Error::Load(error)) => Err(Refusal::load(&error, source)),
        Err(expr::Error::Run(error)) => Err(Refusal::run(&error, source)),
        Err(expr::Error::Budget(limit)) => Err(Refusal::run(&RunError::Exhausted(limit), source)),
        Err(error @ expr::Error::Type(_)) => Err(Refusal::new(Stage::Type, error.to_string())),
    }
}
