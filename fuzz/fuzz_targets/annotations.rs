//! Whatever stands in the annotations of a ServiceAccount: rules or faults, which go with the account.
#![no_main]

use std::collections::BTreeMap;

use claimgate_core::mapping::{AccountName, ServiceAccount, argo, kargo};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = [
    argo::RULE,
    argo::PRECEDENCE,
    "rbac.kargo.akuity.io/claims",
    "rbac.kargo.akuity.io/claim.groups",
    "rbac.kargo.akuity.io/email",
    "app.kubernetes.io/name",
];

fuzz_target!(|lines: Vec<(u8, String)>| {
    let annotations: BTreeMap<String, String> = lines
        .into_iter()
        .map(|(name, text)| (NAMES[usize::from(name) % NAMES.len()].to_owned(), text))
        .collect();
    let name = AccountName::new("project", "account");
    let account = ServiceAccount { account: name.clone(), annotations: &annotations };
    let (mut argo, mut kargo) = (argo::Index::new(), kargo::Index::new());
    argo.set(&account);
    kargo.set(&account);
    for faults in [argo.faults(), kargo.faults()] {
        assert!(faults.iter().all(|(of, _)| *of == name));
    }
    argo.remove(&name);
    kargo.remove(&name);
    assert!(argo.faults().is_empty() && kargo.faults().is_empty());
});
