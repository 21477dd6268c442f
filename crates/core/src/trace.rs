//! The steps of one decision, recorded by the pipeline itself when somebody wants to read them.

/// Collects steps, or nothing at all: what is not wanted is not computed.
#[derive(Debug, Default)]
pub struct Trace {
    steps: Option<Vec<Step>>,
}

impl Trace {
    /// A trace that records nothing.
    pub const fn off() -> Self {
        Self { steps: None }
    }

    /// A trace that records every step.
    pub const fn on() -> Self {
        Self { steps: Some(Vec::new()) }
    }

    /// Whether steps are recorded.
    pub const fn is_on(&self) -> bool {
        self.steps.is_some()
    }

    /// Records the step that `step` describes, if steps are recorded.
    pub fn record(&mut self, step: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.steps {
            steps.push(step());
        }
    }

    /// The steps so far.
    pub fn steps(&self) -> &[Step] {
        self.steps.as_deref().unwrap_or_default()
    }
}

/// One step of a decision. Its texts may hold claims' values, never a credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The stage of the pipeline.
    pub stage: Stage,
    /// What was looked at: the route's, entry's or rule's name.
    pub name: String,
    /// How it went.
    pub outcome: StepOutcome,
    /// The value or the cause.
    pub detail: String,
}

/// The stages of the pipeline, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Building the canonical request.
    Request,
    /// Finding the route.
    Route,
    /// The route's exempt paths.
    Exempt,
    /// Reading the credential.
    Credential,
    /// Choosing the trust entry.
    Entry,
    /// Choosing the key and verifying the signature.
    Signature,
    /// Issuer, audience, time and kind of the token.
    RegisteredClaims,
    /// Claim mappings.
    Mapping,
    /// Claim validation rules.
    ClaimValidation,
    /// User validation rules.
    UserValidation,
    /// `deny` rules.
    Deny,
    /// `allow` rules.
    Allow,
    /// Headers removed and set.
    Headers,
}

impl Stage {
    /// The stage's name in machine outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Route => "route",
            Self::Exempt => "exempt",
            Self::Credential => "credential",
            Self::Entry => "entry",
            Self::Signature => "signature",
            Self::RegisteredClaims => "registeredClaims",
            Self::Mapping => "mapping",
            Self::ClaimValidation => "claimValidation",
            Self::UserValidation => "userValidation",
            Self::Deny => "deny",
            Self::Allow => "allow",
            Self::Headers => "headers",
        }
    }
}

/// How one step went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepOutcome {
    /// It passed, matched or was found.
    Ok,
    /// It does not apply or does not match; the decision goes on.
    No,
    /// It ends the decision with a refusal.
    Refused,
    /// A rule could not be evaluated.
    Error,
}

impl StepOutcome {
    /// The outcome's name in machine outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::No => "no",
            Self::Refused => "refused",
            Self::Error => "error",
        }
    }
}
