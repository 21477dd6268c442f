//! Compiling the expressions of trust entries and routes, and saying where one is wrong.

use std::sync::Arc;

use claimgate_core::trust::EmailVerification;
use claimgate_rules::LoadError;
use claimgate_rules::cel::{Dialect, Kind, Rule};

use crate::decode::Expression;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};

/// The expressions of one trust entry or one route.
pub(crate) struct Expressions {
    dialect: Dialect,
    /// Where a user name reads `claims.email`.
    email: Option<Place>,
    /// What is demanded of a token whose user name reads `claims["email"]`, or claims that it does not name:
    /// Kubernetes' rule does not see that.
    evasion: EmailVerification,
    /// Whether an expression reads `claims.email_verified`.
    verified: bool,
    /// Whether one of them did not compile, so that what it reads is unknown.
    broken: bool,
}

impl Expressions {
    /// Of a file that means what Kubernetes says it means.
    pub(crate) fn kubernetes() -> Self {
        Self {
            dialect: Dialect::Kubernetes,
            email: None,
            evasion: EmailVerification::NotNeeded,
            verified: false,
            broken: false,
        }
    }

    /// Of a Claimgate configuration.
    pub(crate) fn claimgate() -> Self {
        Self { dialect: Dialect::Claimgate, ..Self::kubernetes() }
    }

    pub(crate) fn claim_validation(
        &mut self,
        source: &Expression,
        problems: &mut Diagnostics,
    ) -> Option<Arc<Rule>> {
        let rule = self.compile(Kind::ClaimValidation, source, problems)?;
        self.verified |= rule.reads().selects("email_verified");
        Some(rule)
    }

    pub(crate) fn username(&mut self, source: &Expression, problems: &mut Diagnostics) -> Option<Arc<Rule>> {
        let rule = self.compile(Kind::Username, source, problems)?;
        self.verified |= rule.reads().selects("email_verified");
        if rule.reads().selects("email") {
            self.email = Some(source.place.clone());
        }
        if rule.reads().indexes("email") {
            self.evasion = EmailVerification::Required;
        } else if rule.reads().reads_unnamed() {
            self.evasion = EmailVerification::IfUsed;
        }
        Some(rule)
    }

    pub(crate) fn groups(&mut self, source: &Expression, problems: &mut Diagnostics) -> Option<Arc<Rule>> {
        self.compile(Kind::Groups, source, problems)
    }

    pub(crate) fn uid(&mut self, source: &Expression, problems: &mut Diagnostics) -> Option<Arc<Rule>> {
        self.compile(Kind::Uid, source, problems)
    }

    pub(crate) fn extra(&mut self, source: &Expression, problems: &mut Diagnostics) -> Option<Arc<Rule>> {
        let rule = self.compile(Kind::Extra, source, problems)?;
        self.verified |= rule.reads().selects("email_verified");
        Some(rule)
    }

    pub(crate) fn user_validation(
        &mut self,
        source: &Expression,
        problems: &mut Diagnostics,
    ) -> Option<Arc<Rule>> {
        self.compile(Kind::UserValidation, source, problems)
    }

    /// A rule, or a condition of one, of a route.
    pub(crate) fn policy(&mut self, source: &Expression, problems: &mut Diagnostics) -> Option<Arc<Rule>> {
        self.compile(Kind::Policy, source, problems)
    }

    /// The value of an identity header.
    pub(crate) fn header(&mut self, source: &Expression, problems: &mut Diagnostics) -> Option<Arc<Rule>> {
        self.compile(Kind::Header, source, problems)
    }

    /// Where the user name is made of an e-mail address although no expression looks at whether it was
    /// verified.
    pub(crate) fn unverified_email(&self) -> Option<Place> {
        self.email.clone().filter(|_| !self.verified && !self.broken)
    }

    /// What is demanded of a token because its user name may be made of an e-mail address past the rule that is
    /// checked at load.
    pub(crate) fn email_verification(&self) -> EmailVerification {
        if self.verified { EmailVerification::NotNeeded } else { self.evasion }
    }

    fn compile(&mut self, kind: Kind, source: &Expression, problems: &mut Diagnostics) -> Option<Arc<Rule>> {
        if source.text.trim().is_empty() && self.dialect == Dialect::Claimgate {
            problems.push(Diagnostic::error(Code::Expression, &source.place, "the expression is empty"));
            self.broken = true;
            return None;
        }
        match Rule::compile(self.dialect, kind, &source.text) {
            Ok(rule) => {
                if let Some(refusal) =
                    rule.kubernetes_refusal().filter(|_| self.dialect == Dialect::Claimgate)
                {
                    problems.push(kubernetes_refuses(source, refusal));
                }
                Some(Arc::new(rule))
            }
            Err(error) => {
                let place = source.place_at(start(&error));
                let mut problem = Diagnostic::error(Code::Expression, &place, error.message());
                problem.hint = error.hint().map(str::to_owned);
                problems.push(problem);
                self.broken = true;
                None
            }
        }
    }
}

/// A trust entry reads as Kubernetes' own; where it says more, whoever copies it should know.
fn kubernetes_refuses(source: &Expression, refusal: &LoadError) -> Diagnostic {
    let place = source.place_at(start(refusal));
    let message = format!("Kubernetes would refuse this expression: {}", refusal.message());
    let mut problem = Diagnostic::warning(Code::KubernetesRefuses, &place, message);
    problem.hint = refusal.hint().map(str::to_owned);
    problem
}

fn start(error: &LoadError) -> usize {
    usize::try_from(error.span().start).unwrap_or(0)
}
