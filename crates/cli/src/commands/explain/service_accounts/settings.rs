use std::collections::BTreeSet;

use claimgate_core::mapping::{argo, claimgate, kargo};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Argo {
    /// Names where the accounts live; the manifests stand for it here.
    #[serde(default, rename = "cluster")]
    _cluster: Option<String>,
    #[serde(default = "argo_namespace")]
    namespace: Box<str>,
    #[serde(default)]
    delegate_to_request_namespace: bool,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    on_rule_error: OnRuleError,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
enum OnRuleError {
    #[default]
    Refuse,
    Skip,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kargo {
    #[serde(default, rename = "cluster")]
    _cluster: Option<String>,
    #[serde(default = "kargo_namespaces")]
    global_namespaces: BTreeSet<Box<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Claimgate {
    #[serde(default, rename = "cluster")]
    _cluster: Option<String>,
    #[serde(default)]
    namespaces: BTreeSet<Box<str>>,
}

/// Where Argo's own manifests install it.
fn argo_namespace() -> Box<str> {
    "argo".into()
}

/// Where Kargo's chart installs it.
fn kargo_namespaces() -> BTreeSet<Box<str>> {
    BTreeSet::from(["kargo".into()])
}

pub(super) fn argo(text: Option<&str>) -> Result<argo::Settings, Failure> {
    let settings: Argo = read(text)?;
    Ok(argo::Settings {
        namespace: settings.namespace,
        delegate_to_request_namespace: settings.delegate_to_request_namespace,
        namespaced: settings.namespaced,
        on_rule_error: match settings.on_rule_error {
            OnRuleError::Refuse => argo::OnRuleError::Refuse,
            OnRuleError::Skip => argo::OnRuleError::Skip,
        },
    })
}

pub(super) fn kargo(text: Option<&str>) -> Result<kargo::Settings, Failure> {
    let settings: Kargo = read(text)?;
    Ok(kargo::Settings { global_namespaces: settings.global_namespaces })
}

pub(super) fn claimgate(text: Option<&str>) -> Result<claimgate::Settings, Failure> {
    let settings: Claimgate = read(text)?;
    Ok(claimgate::Settings { namespaces: settings.namespaces })
}

fn read<T: DeserializeOwned>(text: Option<&str>) -> Result<T, Failure> {
    serde_json::from_str(text.unwrap_or("{}"))
        .map_err(|error| Failure::new(format!("`--settings` cannot be read: {error}")))
}
