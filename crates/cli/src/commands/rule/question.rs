use std::collections::BTreeMap;

use claimgate_json::{Json, Object};
use claimgate_rules::{User, cel};
use clap::ValueEnum;

/// One expression, and what it is asked about.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) dialect: Dialect,
    pub(super) kind: Kind,
    pub(super) subject: Subject,
    pub(super) expression: String,
}

/// The language of a rule.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[value(rename_all = "camelCase")]
pub(super) enum Dialect {
    /// What a Claimgate configuration accepts
    Cel,
    /// Exactly what Kubernetes accepts
    Kubernetes,
    /// expr-lang, as Argo Workflows has it
    Expr,
}

/// Where a rule stands.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
#[value(rename_all = "camelCase")]
pub(super) enum Kind {
    /// A bool over claims
    ClaimValidation,
    /// A text over claims
    Username,
    /// A text or a list of texts over claims
    Groups,
    /// A text over claims
    Uid,
    /// A text or a list of texts over claims
    Extra,
    /// A bool over user
    UserValidation,
}

impl Kind {
    pub(super) fn of_rule(self) -> cel::Kind {
        match self {
            Self::ClaimValidation => cel::Kind::ClaimValidation,
            Self::Username => cel::Kind::Username,
            Self::Groups => cel::Kind::Groups,
            Self::Uid => cel::Kind::Uid,
            Self::Extra => cel::Kind::Extra,
            Self::UserValidation => cel::Kind::UserValidation,
        }
    }
}

/// What a rule reads.
#[derive(Debug)]
pub(super) enum Subject {
    Claims(Object),
    User(Person),
}

/// An identity as it is written in JSON.
#[derive(Debug, Default)]
pub(super) struct Person {
    username: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
}

impl Person {
    /// Reads `{username, uid, groups, extra}`; what is absent is empty.
    pub(super) fn read(json: &Json) -> Result<Self, String> {
        if json.as_object().is_none() {
            return Err(format!("`user` must be an object, and is a {}", json.kind()));
        }
        let text = |name: &str| match json.get(name) {
            None => Ok(String::new()),
            Some(value) => match value.as_str() {
                Some(text) => Ok(text.to_owned()),
                None => Err(format!("`user.{name}` must be a text, and is a {}", value.kind())),
            },
        };
        let groups = json.get("groups").map_or(Ok(Vec::new()), |value| texts("`user.groups`", value))?;
        let mut extra = BTreeMap::new();
        if let Some(value) = json.get("extra") {
            let Some(members) = value.as_object() else {
                return Err(format!("`user.extra` must be an object, and is a {}", value.kind()));
            };
            for (name, value) in members.iter() {
                extra.insert(name.to_owned(), texts("a member of `user.extra`", value)?);
            }
        }
        Ok(Self { username: text("username")?, uid: text("uid")?, groups, extra })
    }

    pub(super) fn as_user(&self) -> User<'_> {
        User { username: &self.username, uid: &self.uid, groups: &self.groups, extra: &self.extra }
    }
}

fn texts(what: &str, json: &Json) -> Result<Vec<String>, String> {
    let wrong = || format!("{what} must be a list of texts");
    let items = json.as_array().ok_or_else(wrong)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}
