//! Identity headers: which ones the gate owns, what is removed from a request and what is set on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use claimgate_rules::Budget;
use claimgate_rules::Inputs;
use claimgate_rules::cel::Rule;
use http::{HeaderName, HeaderValue};

use crate::decision::{Denial, DenyReason};
use crate::identity::Identity;

/// The header that carries the user name unless the route says otherwise.
pub static USER: HeaderName = HeaderName::from_static("x-claimgate-user");
/// The header that carries the groups unless the route says otherwise.
pub static GROUPS: HeaderName = HeaderName::from_static("x-claimgate-groups");

/// One identity header of a route.
#[derive(Debug)]
pub struct IdentityHeader {
    /// The header's name.
    pub name: HeaderName,
    /// Where its value comes from.
    pub value: HeaderSource,
    /// How several values are written.
    pub list: ListForm,
}

/// Where an identity header's value comes from.
#[derive(Debug)]
pub enum HeaderSource {
    /// The identity's user name.
    Username,
    /// The identity's groups.
    Groups,
    /// An expression over `user`, `claims`, `token`, `request`.
    Expression(Arc<Rule>),
}

/// How a list is written into a header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ListForm {
    /// One header line a value.
    Repeated,
    /// One line with a JSON list of texts.
    Json,
    /// One line, the values joined.
    Joined {
        /// What stands between two values.
        separator: Box<str>,
        /// Whether a value that holds the separator is left out; refused otherwise.
        omit_ambiguous: bool,
    },
}

impl Default for ListForm {
    fn default() -> Self {
        Self::Joined { separator: ",".into(), omit_ambiguous: false }
    }
}

impl IdentityHeader {
    /// `x-claimgate-user` and `x-claimgate-groups`.
    pub fn defaults() -> [Self; 2] {
        [
            Self { name: USER.clone(), value: HeaderSource::Username, list: ListForm::default() },
            Self { name: GROUPS.clone(), value: HeaderSource::Groups, list: ListForm::default() },
        ]
    }

    /// The header's lines for an identity; one empty line if there is no value.
    fn lines(
        &self,
        identity: &Identity,
        inputs: &Inputs<'_>,
        budget: &mut Budget,
    ) -> Result<Vec<HeaderValue>, Denial> {
        let ambiguous = |detail: String| Denial::new(DenyReason::HeaderValueAmbiguous, detail);
        let single = |text: &str| header_value(&self.name, text).map(|value| vec![value]).map_err(ambiguous);
        let values = match &self.value {
            HeaderSource::Username => return single(identity.username()),
            HeaderSource::Groups => identity.groups().to_vec(),
            HeaderSource::Expression(rule) => rule.texts(inputs, budget, None).map_err(|error| {
                Denial::new(
                    DenyReason::NotAllowed,
                    format!("the expression of header `{}` failed: {error}", self.name),
                )
                .by_rule(rule.source())
            })?,
        };
        match &self.list {
            ListForm::Repeated if values.is_empty() => single(""),
            ListForm::Repeated => {
                values.iter().map(|value| header_value(&self.name, value).map_err(ambiguous)).collect()
            }
            ListForm::Json => {
                let list = claimgate_json::Json::from(values).to_string();
                single(&list)
            }
            ListForm::Joined { separator, omit_ambiguous } => {
                let mut kept = Vec::with_capacity(values.len());
                for value in &values {
                    // With one value alone nothing is joined, but its reader splits all the same.
                    if !value.contains(&**separator) {
                        kept.push(value.as_str());
                    } else if !omit_ambiguous {
                        return Err(ambiguous(format!(
                            "a value of header `{}` holds the separator `{separator}`",
                            self.name
                        )));
                    }
                }
                single(&kept.join(separator))
            }
        }
    }
}

/// A header value that every reader reads as `text`.
fn header_value(name: &HeaderName, text: &str) -> Result<HeaderValue, String> {
    let odd =
        text.chars().any(char::is_control) || text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
    let value = if odd { None } else { HeaderValue::from_bytes(text.as_bytes()).ok() };
    value.ok_or_else(|| {
        format!("a value of header `{name}` has a control character, or white space at its start or end")
    })
}

/// The names that the gate owns on a listener: every header that any of its routes may set. A client's
/// own copy never reaches the application, in whichever spelling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedHeaders {
    names: BTreeSet<Box<str>>,
}

impl OwnedHeaders {
    /// The names of `headers` and the default ones.
    pub fn new<'a>(headers: impl IntoIterator<Item = &'a HeaderName>) -> Self {
        let names = headers.into_iter().chain([&USER, &GROUPS]);
        let names = names.map(|name| fold(name.as_str())).collect();
        Self { names }
    }

    /// Whether `name` is an owned header to some reader: letters in any case, `_` and `-` alike, as CGI
    /// and WSGI fold them.
    pub fn contains(&self, name: &str) -> bool {
        let plain = name.bytes().all(|b| !b.is_ascii_uppercase() && b != b'_');
        if plain { self.names.contains(name) } else { self.names.contains(&*fold(name)) }
    }

    /// The owned names, in lower case with dashes.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }
}

fn fold(name: &str) -> Box<str> {
    name.to_ascii_lowercase().replace('_', "-").into()
}

/// What happens to the headers of an allowed request: every owned header is removed, then these are set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeaderPlan {
    owned: Arc<OwnedHeaders>,
    set: Vec<(HeaderName, HeaderValue)>,
}

impl HeaderPlan {
    /// The plan for an identity on a route with `headers`.
    ///
    /// # Errors
    /// [`DenyReason::HeaderValueAmbiguous`] if a value cannot be written so that every reader reads it
    /// alike, [`DenyReason::NotAllowed`] if a header's expression fails.
    pub fn new(
        owned: Arc<OwnedHeaders>,
        headers: &[IdentityHeader],
        identity: &Identity,
        inputs: &Inputs<'_>,
        budget: &mut Budget,
    ) -> Result<Self, Denial> {
        let mut set = Vec::with_capacity(headers.len());
        for header in headers {
            for value in header.lines(identity, inputs, budget)? {
                set.push((header.name.clone(), value));
            }
        }
        Ok(Self { owned, set })
    }

    /// The plan of an exempt path: every header of the route, empty.
    pub fn empty(owned: Arc<OwnedHeaders>, headers: &[IdentityHeader]) -> Self {
        let set = headers.iter().map(|header| (header.name.clone(), HeaderValue::from_static(""))).collect();
        Self { owned, set }
    }

    /// The names whose every spelling is removed from the client's request.
    pub fn remove(&self) -> &OwnedHeaders {
        &self.owned
    }

    /// The headers to set, in order; a name stands several times if its list is repeated.
    pub fn set(&self) -> &[(HeaderName, HeaderValue)] {
        &self.set
    }
}

#[cfg(test)]
mod tests;
