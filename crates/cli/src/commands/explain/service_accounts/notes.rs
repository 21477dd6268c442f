//! What is probably not meant: annotations that are nearly right, accounts that nobody asks.

use claimgate_core::mapping::{ServiceAccount, argo, claimgate, kargo};
use claimgate_rules::closest;

use super::Dialect;
use super::manifests::Manifests;

/// The dialects with their words.
const DIALECTS: [(Dialect, &str); 3] =
    [(Dialect::Argo, "argo"), (Dialect::Kargo, "kargo"), (Dialect::Claimgate, "claimgate")];

impl Dialect {
    /// Whether an account with this annotation is a candidate.
    fn selects_by(self, annotation: &str) -> bool {
        match self {
            Self::Argo => annotation == argo::RULE,
            Self::Kargo => kargo::is_annotation(annotation),
            Self::Claimgate => annotation == claimgate::RULE,
        }
    }

    /// The annotation that is meant by one which is none, if it looks like one.
    fn meant_by(self, annotation: &str) -> Option<&'static str> {
        let name = annotation.to_ascii_lowercase();
        let near = |known: &[&'static str]| closest(annotation, known).or(known.first().copied());
        match self {
            Self::Argo => (name.starts_with("workflows.argoproj.io/") && name.contains("rbac"))
                .then(|| near(&[argo::RULE, argo::PRECEDENCE])),
            Self::Kargo => name
                .strip_prefix("rbac.kargo.akuity.io/")
                .filter(|rest| rest.starts_with("claim"))
                .map(|_| near(&["rbac.kargo.akuity.io/claim.NAME", kargo::CLAIMS])),
            Self::Claimgate => {
                name.starts_with("claimgate.dev/").then(|| near(&[claimgate::RULE, claimgate::PRECEDENCE]))
            }
        }
        .flatten()
    }

    /// The annotation that ranks a rule.
    fn precedence(self) -> Option<&'static str> {
        match self {
            Self::Argo => Some(argo::PRECEDENCE),
            Self::Kargo => None,
            Self::Claimgate => Some(claimgate::PRECEDENCE),
        }
    }

    fn is_candidate(self, account: &ServiceAccount<'_>) -> bool {
        account.annotations.keys().any(|name| self.selects_by(name))
    }
}

/// Annotations that look like the dialect's and are none.
pub(super) fn misspelt(dialect: Dialect, manifests: &Manifests) -> Vec<String> {
    let mut warnings = Vec::new();
    for account in manifests.accounts() {
        for annotation in account.annotations.keys().filter(|name| !dialect.selects_by(name)) {
            let said = if Some(annotation.as_str()) == dialect.precedence() {
                if dialect.is_candidate(&account) {
                    continue;
                }
                "has no effect: there is no rule beside it".to_owned()
            } else if let Some(meant) = dialect.meant_by(annotation) {
                format!("is none that is read; hint: did you mean `{meant}`?")
            } else {
                continue;
            };
            let name = &account.account;
            warnings.push(format!(
                "{}`{name}`: annotation `{annotation}` {said}",
                manifests.at(name, Some(annotation))
            ));
        }
    }
    warnings
}

/// Why there is no candidate at all.
pub(super) fn nobody(dialect: Dialect, manifests: &Manifests) -> Option<String> {
    let found = manifests.accounts().count();
    if manifests.accounts().any(|account| dialect.is_candidate(&account)) {
        return None;
    }
    let wanted = match dialect {
        Dialect::Argo => format!("`{}`", argo::RULE),
        Dialect::Kargo => format!("`{}` or `{}NAME`", kargo::CLAIMS, kargo::CLAIM_PREFIX),
        Dialect::Claimgate => format!("`{}`", claimgate::RULE),
    };
    let others = DIALECTS.iter().find(|(other, _)| {
        *other != dialect && manifests.accounts().any(|account| other.is_candidate(&account))
    });
    let mut note = match found {
        0 => "there is no ServiceAccount among the manifests".to_owned(),
        1 => format!("the one ServiceAccount does not carry {wanted}"),
        _ => format!("none of the {found} ServiceAccounts carries {wanted}"),
    };
    if let Some((_, word)) = others {
        note.push_str(&format!("; there are annotations for `--dialect {word}`"));
    }
    Some(note)
}

/// Namespaces with annotated accounts that no manifest describes, so that they are no projects.
pub(super) fn undescribed(settings: &kargo::Settings, manifests: &Manifests) -> Vec<String> {
    let annotated = manifests.accounts().filter(|account| Dialect::Kargo.is_candidate(account));
    let mut names: Vec<String> = annotated.map(|account| account.account.namespace().to_owned()).collect();
    names.dedup();
    names.retain(|name| {
        !settings.global_namespaces.contains(name.as_str()) && !manifests.namespaces.contains_key(name)
    });
    let note = |name| {
        format!(
            "Namespace `{name}` is not among the manifests, so it counts as no project; add it with the label \
             `{}: \"true\"`, or name it in `globalNamespaces`",
            kargo::PROJECT_LABEL
        )
    };
    names.iter().map(note).collect()
}
