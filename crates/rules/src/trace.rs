use crate::{RunError, Span, Value};

/// Records of what each sub-expression came to, in the order in which they ended.
///
/// An evaluation without a `Trace` records nothing and pays one test for it.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    steps: Vec<TraceStep>,
    left_out: usize,
}

/// What one sub-expression came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceStep {
    /// Its place in the source.
    pub span: Span,
    /// Its value or error.
    pub outcome: Outcome,
}

/// A value or an error, as text for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The value, as the language would write it, cut off when long.
    Value(String),
    /// The error's message.
    Error(String),
}

/// A loop over a long list must not make the trace longer than a person reads.
const MOST_STEPS: usize = 500;
const LONGEST_VALUE: usize = 200;

impl Trace {
    /// A trace without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was recorded.
    pub fn steps(&self) -> &[TraceStep] {
        &self.steps
    }

    /// How many sub-expressions ended after the trace was full.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    pub(crate) fn record(&mut self, span: Span, outcome: Result<&Value<'_>, &RunError>) {
        self.record_text(span, outcome.map(|value| value.shown(LONGEST_VALUE)));
    }

    /// Records a value that is written out already.
    pub(crate) fn record_text(&mut self, span: Span, outcome: Result<String, &RunError>) {
        if self.steps.len() >= MOST_STEPS {
            self.left_out += 1;
            return;
        }
        let outcome = match outcome {
            Ok(value) => Outcome::Value(value),
            Err(error) => Outcome::Error(error.to_string()),
        };
        self.steps.push(TraceStep { span, outcome });
    }
}
