//! `--settings`: a mapping's block of the configuration, in JSON.

use std::collections::BTreeSet;

use claimgate_core::mapping::{argo, claimgate, kargo};
use claimgate_json::{Json, Limits, Object};
use claimgate_rules::closest;

use super::is_dns_label;
use crate::failure::Failure;

/// Names where the accounts live; the manifests stand for it here.
const CLUSTER: &str = "cluster";

pub(super) fn argo(text: Option<&str>) -> Result<argo::Settings, Failure> {
    const KEYS: &[&str] = &["namespace", "delegateToRequestNamespace", "namespaced", "onRuleError", CLUSTER];
    let settings = Settings::read("argo", text, KEYS)?;
    let on_rule_error = match settings.text("onRuleError")? {
        None | Some("refuse") => argo::OnRuleError::Refuse,
        Some("skip") => argo::OnRuleError::Skip,
        Some(other) => {
            return Err(wrong("onRuleError", &format!("`{other}`"), "`refuse` or `skip`"));
        }
    };
    // Where Argo's own manifests install it.
    let namespace = settings.text("namespace")?.map_or(Ok("argo".into()), namespace)?;
    Ok(argo::Settings {
        namespace,
        delegate_to_request_namespace: settings.flag("delegateToRequestNamespace")?,
        namespaced: settings.flag("namespaced")?,
        on_rule_error,
    })
}

pub(super) fn kargo(text: Option<&str>) -> Result<kargo::Settings, Failure> {
    let settings = Settings::read("kargo", text, &["globalNamespaces", CLUSTER])?;
    // Where Kargo's chart installs it.
    let global_namespaces = settings.namespaces("globalNamespaces")?.unwrap_or(["kargo".into()].into());
    Ok(kargo::Settings { global_namespaces })
}

pub(super) fn claimgate(text: Option<&str>) -> Result<claimgate::Settings, Failure> {
    let settings = Settings::read("claimgate", text, &["namespaces", CLUSTER])?;
    Ok(claimgate::Settings { namespaces: settings.namespaces("namespaces")?.unwrap_or_default() })
}

/// The members of the block; none unknown.
struct Settings {
    members: Object,
}

impl Settings {
    fn read(dialect: &str, text: Option<&str>, keys: &[&str]) -> Result<Self, Failure> {
        let document = claimgate_json::parse(text.unwrap_or("{}").as_bytes(), Limits::default())
            .map_err(|error| as_written(Failure::new(format!("`--settings` cannot be read: {error}"))))?;
        let Json::Object(members) = document else {
            let message = format!("`--settings` is a {}, not an object", document.kind());
            return Err(as_written(Failure::new(message)));
        };
        if let Some((name, _)) = members.iter().find(|(name, _)| !keys.contains(name)) {
            let failure = Failure::new(format!("`--settings`: unknown key `{name}`"));
            let known = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            return Err(if name == dialect {
                failure.hint(format!("write what stands below `{dialect}` in the configuration: {known}"))
            } else if let Some(close) = closest(name, keys) {
                failure.hint(format!("did you mean `{close}`?"))
            } else {
                failure.hint(format!("`{dialect}` knows {known}"))
            });
        }
        Ok(Self { members })
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self.members.get(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(name, &other.to_string(), "a text in double quotes")),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.members.get(name) {
            None => Ok(false),
            Some(Json::Bool(value)) => Ok(*value),
            Some(other) => Err(wrong(name, &other.to_string(), "true or false, without quotes")),
        }
    }

    fn namespaces(&self, name: &str) -> Result<Option<BTreeSet<Box<str>>>, Failure> {
        let wrong = |value: &Json| wrong(name, &value.to_string(), "a list of names, such as `[\"kargo\"]`");
        match self.members.get(name) {
            None => Ok(None),
            Some(Json::Array(items)) => {
                let names = items.iter().map(|item| namespace(item.as_str().ok_or_else(|| wrong(item))?));
                names.collect::<Result<_, _>>().map(Some)
            }
            Some(other) => Err(wrong(other)),
        }
    }
}

fn as_written(failure: Failure) -> Failure {
    failure.hint("write JSON, such as `{\"namespace\": \"argo\"}`, in single quotes for the shell")
}

fn wrong(name: &str, found: &str, expected: &str) -> Failure {
    Failure::new(format!("`--settings`: `{name}` is {found}")).hint(format!("write {expected}"))
}

fn namespace(name: &str) -> Result<Box<str>, Failure> {
    if is_dns_label(name) {
        return Ok(name.into());
    }
    Err(Failure::new(format!("`--settings`: `{name}` is no name of a namespace"))
        .hint("a name has lower-case letters, digits and `-`"))
}
