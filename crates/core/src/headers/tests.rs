use std::sync::Arc;

use claimgate_rules::Budget;
use claimgate_rules::Inputs;
use proptest::prelude::*;

use super::*;

fn plan(list: ListForm, groups: &[&str]) -> Result<Vec<String>, DenyReason> {
    let owned = Arc::new(OwnedHeaders::new([]));
    let headers = [IdentityHeader { name: GROUPS.clone(), value: HeaderSource::Groups, list }];
    let identity = Identity::anonymous("ann".into(), groups.iter().map(|&group| group.to_owned()).collect());
    let plan = HeaderPlan::new(owned, &headers, &identity, &Inputs::default(), &mut { Budget::CEL });
    plan.map(|plan| {
        plan.set().iter().map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    })
    .map_err(|denial| denial.reason)
}

#[test]
fn lists_are_never_ambiguous() {
    let joined = ListForm::default;
    let omit = || ListForm::Joined { separator: ",".into(), omit_ambiguous: true };
    for (list, groups, expected) in [
        (joined(), &["a", "b"] as &[&str], Ok(&["a,b"] as &[&str])),
        (joined(), &[], Ok(&[""])),
        (joined(), &["a,b"], Err(DenyReason::HeaderValueAmbiguous)),
        (joined(), &["a", "b\nx"], Err(DenyReason::HeaderValueAmbiguous)),
        (joined(), &[" admins"], Err(DenyReason::HeaderValueAmbiguous)),
        (omit(), &["a", "b,c", "d"], Ok(&["a,d"])),
        (omit(), &["b,c"], Ok(&[""])),
        (ListForm::Json, &["a,b", "c\"d"], Ok(&["[\"a,b\",\"c\\\"d\"]"])),
        (ListForm::Json, &[], Ok(&["[]"])),
        (ListForm::Repeated, &["a,b", "c"], Ok(&["a,b", "c"])),
        (ListForm::Repeated, &[], Ok(&[""])),
    ] {
        let expected = expected.map(|lines| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>());
        assert_eq!(plan(list, groups), expected, "{groups:?}");
    }
}

/// Row 4 of the advisories: WSGI-like applications read `X_Claimgate_User` as the dashed header.
#[test]
fn cve_2025_64484_every_spelling_of_an_owned_header_is_owned() {
    let kubeflow = HeaderName::from_static("kubeflow-userid");
    let owned = OwnedHeaders::new([&kubeflow]);
    for name in [
        "kubeflow-userid",
        "Kubeflow-UserID",
        "kubeflow_userid",
        "KUBEFLOW_USERID",
        "X_Claimgate-User",
        "x-claimgate_groups",
    ] {
        assert!(owned.contains(name), "{name}");
    }
    for name in ["kubeflow-userid2", "x-claimgate", "kubeflow userid", ""] {
        assert!(!owned.contains(name), "{name}");
    }
}

proptest! {
    #[test]
    fn what_is_joined_splits_into_what_it_was(groups in proptest::collection::vec("[a-c,]{1,4}", 0..5)) {
        let texts: Vec<_> = groups.iter().map(String::as_str).collect();
        match plan(ListForm::default(), &texts) {
            Ok(lines) => {
                let split: Vec<_> = lines[0].split(',').filter(|part| !part.is_empty()).collect();
                prop_assert_eq!(split, texts);
            }
            Err(_) => prop_assert!(groups.iter().any(|group| group.contains(','))),
        }
    }
}
