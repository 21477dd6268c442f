use std::collections::BTreeMap;

use claimgate_json::{Json, Object};
use claimgate_rules::cel::{self, Rule};
use claimgate_rules::expr::{self, Expression};
use claimgate_rules::{Budget, Inputs, LoadError, RunError, Trace, User};
use clap::ValueEnum;

/// The languages.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Dialect {
    /// CEL, as a Claimgate configuration takes it
    #[default]
    Cel,
    /// CEL, exactly as Kubernetes takes it
    Kubernetes,
    /// expr-lang, as Argo Workflows takes it
    Expr,
}

/// What an expression is for.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[value(rename_all = "camelCase")]
pub(super) enum Kind {
    /// A condition over `claims`
    #[default]
    ClaimValidation,
    /// The user name, over `claims`
    Username,
    /// The groups, over `claims`
    Groups,
    /// The uid, over `claims`
    Uid,
    /// A value of extra, over `claims`
    Extra,
    /// A condition over `user`
    UserValidation,
}

/// What an expression is evaluated over.
pub(super) enum Subject {
    /// The claims of a token.
    Claims(Json),
    /// A user.
    User {
        /// The user name.
        username: String,
        /// The uid.
        uid: String,
        /// The groups.
        groups: Vec<String>,
        /// Extra attributes.
        extra: BTreeMap<String, Vec<String>>,
    },
}

impl Subject {
    /// The user that a JSON object describes; what it leaves out is empty.
    ///
    /// # Errors
    /// The member that has a wrong type.
    pub(super) fn user(document: &Json) -> Result<Self, String> {
        let text = |name: &str| match document.get(name) {
            None | Some(Json::Null) => Ok(String::new()),
            Some(value) => value.as_str().map(str::to_owned).ok_or(format!("`{name}` is not a string")),
        };
        let texts = |name: &str, value: &Json| {
            let items = value
                .as_array()
                .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
            items.ok_or(format!("`{name}` is not a list of strings"))
        };
        let groups = match document.get("groups") {
            None | Some(Json::Null) => Vec::new(),
            Some(value) => texts("groups", value)?,
        };
        let extra = match document.get("extra") {
            None | Some(Json::Null) => BTreeMap::new(),
            Some(Json::Object(members)) => members
                .iter()
                .map(|(key, value)| Ok((key.to_owned(), texts("extra", value)?)))
                .collect::<Result<_, String>>()?,
            Some(_) => return Err("`extra` is not an object".to_owned()),
        };
        Ok(Self::User { username: text("username")?, uid: text("uid")?, groups, extra })
    }

    fn inputs(&self) -> Inputs<'_> {
        match self {
            Self::Claims(claims) => Inputs { claims: Some(claims), ..Inputs::default() },
            Self::User { username, uid, groups, extra } => {
                Inputs { user: Some(User { username, uid, groups, extra }), ..Inputs::default() }
            }
        }
    }
}

/// One expression to try.
pub(super) struct Trial<'a> {
    pub(super) dialect: Dialect,
    pub(super) kind: Kind,
    pub(super) expression: &'a str,
    pub(super) subject: &'a Subject,
}

/// Why an expression has no value.
#[derive(Debug)]
pub(super) struct TrialError {
    /// `load`, `run` or `type`.
    pub(super) class: &'static str,
    /// One line, with the place in the source and a hint.
    pub(super) message: String,
    /// The message with the place in the source.
    pub(super) rendered: String,
}

impl Trial<'_> {
    /// The expression's value.
    ///
    /// # Errors
    /// [`TrialError`] if it cannot be loaded, fails, or has a value of the wrong type for its kind.
    pub(super) fn run(&self, trace: Option<&mut Trace>) -> Result<Json, TrialError> {
        match self.dialect {
            Dialect::Expr => self.expr(trace),
            Dialect::Cel => self.cel(cel::Dialect::Claimgate, trace),
            Dialect::Kubernetes => self.cel(cel::Dialect::Kubernetes, trace),
        }
    }

    fn cel(&self, dialect: cel::Dialect, trace: Option<&mut Trace>) -> Result<Json, TrialError> {
        let kind = match self.kind {
            Kind::ClaimValidation => cel::Kind::ClaimValidation,
            Kind::Username => cel::Kind::Username,
            Kind::Groups => cel::Kind::Groups,
            Kind::Uid => cel::Kind::Uid,
            Kind::Extra => cel::Kind::Extra,
            Kind::UserValidation => cel::Kind::UserValidation,
        };
        let rule = Rule::compile(dialect, kind, self.expression).map_err(|error| self.load(&error))?;
        let (inputs, budget) = (self.subject.inputs(), &mut Budget::CEL.clone());
        let value = match self.kind {
            Kind::ClaimValidation | Kind::UserValidation => rule.test(&inputs, budget, trace).map(Json::from),
            Kind::Username | Kind::Uid => rule.text(&inputs, budget, trace).map(Json::from),
            Kind::Groups | Kind::Extra => rule.texts(&inputs, budget, trace).map(Json::from),
        };
        value.map_err(|error| self.run_error(&error))
    }

    fn expr(&self, trace: Option<&mut Trace>) -> Result<Json, TrialError> {
        let rule = Expression::parse(self.expression).map_err(|error| self.load(&error))?;
        let none = Object::new();
        let claims = match self.subject {
            Subject::Claims(Json::Object(claims)) => claims,
            _ => &none,
        };
        rule.test(claims, &mut Budget::EXPR.clone(), trace).map(Json::from).map_err(|error| TrialError {
            class: match error {
                expr::Error::Load(_) => "load",
                expr::Error::Run(_) | expr::Error::Budget(_) => "run",
                expr::Error::Type { .. } => "type",
            },
            message: error.in_one_line(self.expression),
            rendered: error.render(self.expression),
        })
    }

    fn load(&self, error: &LoadError) -> TrialError {
        TrialError {
            class: "load",
            message: error.in_one_line(self.expression),
            rendered: error.render(self.expression),
        }
    }

    fn run_error(&self, error: &RunError) -> TrialError {
        let class = if matches!(error, RunError::WrongType(_)) { "type" } else { "run" };
        TrialError {
            class,
            message: error.in_one_line(self.expression),
            rendered: error.render(self.expression),
        }
    }
}
