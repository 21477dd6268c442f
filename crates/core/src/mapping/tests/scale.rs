use super::*;

/// Accounts that a question about one of them must not touch.
const MANY: usize = 100_000;

#[test]
fn a_rule_is_held_once_for_all_accounts_that_carry_it() {
    let mut index = argo_index(&[("sso/first", "'a' in groups", "1")]);
    for number in 0..MANY {
        let rule = if number % 2 == 0 { "true" } else { "false" };
        set(&format!("n{}/x{number}", number % 100), &[(argo::RULE, rule)], |it| index.set(it));
    }
    assert_eq!(index.distinct_rules(), 3);
    with_question(Scope::Cluster, |question| {
        let matches = index.resolve(&settings(true, false, Refuse), question, None).unwrap();
        assert_eq!((matches.accounts(), matches.examined()), (&[account("sso/first")][..], 1));
    });
    set("sso/first", &[(argo::RULE, "true")], |it| index.set(it));
    assert_eq!(index.distinct_rules(), 2, "a rule that nobody carries is forgotten");
    index.remove(&account("sso/first"));
    assert_eq!(index.distinct_rules(), 2, "others carry it still");
}

#[test]
fn a_look_up_in_kargo_touches_only_accounts_under_the_claims_values() {
    let mut index = kargo::Index::new();
    let labels = BTreeMap::from([(kargo::PROJECT_LABEL.to_owned(), "true".to_owned())]);
    for project in ["shop", "other"] {
        index.set_namespace(project, &labels);
    }
    for number in 0..MANY {
        let value = format!("group-{number}");
        let annotations = [("rbac.kargo.akuity.io/claim.groups", value.as_str())];
        set(&format!("shop/x{number}"), &annotations, |it| index.set(it));
    }
    let accepts_a = [("rbac.kargo.akuity.io/claim.groups", "a")];
    set("shop/a", &accepts_a, |it| index.set(it));
    set("other/a", &accepts_a, |it| index.set(it));
    let ask = |index: &kargo::Index| {
        let settings = kargo::Settings::default();
        with_question(Scope::Namespace("shop"), |question| index.resolve(&settings, question, None))
    };
    let matches = ask(&index);
    assert_eq!((matches.accounts(), matches.examined()), (&[account("shop/a")][..], 1));
    index.remove(&account("shop/a"));
    assert_eq!((ask(&index).selected(), ask(&index).examined()), (None, 0));
}

/// Bytes that an index holds for each of many accounts.
fn bytes_of_one(annotation: &str, text: impl Fn(usize) -> String, mut index: impl AnyIndex) -> usize {
    let taken = allocation_counter::measure(|| {
        for number in 0..MANY {
            let name = format!("namespace-{}/account-{number}", number % 1000);
            set(&name, &[(annotation, &text(number))], |it| index.take(it));
        }
    });
    usize::try_from(taken.bytes_current).unwrap() / MANY
}

trait AnyIndex {
    fn take(&mut self, account: &ServiceAccount<'_>);
}

impl AnyIndex for argo::Index {
    fn take(&mut self, account: &ServiceAccount<'_>) {
        self.set(account);
    }
}

impl AnyIndex for kargo::Index {
    fn take(&mut self, account: &ServiceAccount<'_>) {
        self.set(account);
    }
}

impl AnyIndex for claimgate::Index {
    fn take(&mut self, account: &ServiceAccount<'_>) {
        self.set(account);
    }
}

#[test]
fn an_account_takes_a_few_hundred_bytes() {
    let groups = "rbac.kargo.akuity.io/claim.groups";
    let of_argo = |team| format!("'team-{team}' in groups");
    let of_ours = |team| format!("'team-{team}' in user.groups");
    let of_kargo = |team| format!("team-{team}");
    for (what, bytes, bound) in [
        ("argo", bytes_of_one(argo::RULE, |n| of_argo(n % 100), argo::Index::new()), 256),
        ("claimgate", bytes_of_one(claimgate::RULE, |n| of_ours(n % 100), claimgate::Index::new()), 256),
        ("kargo, values of many", bytes_of_one(groups, |n| of_kargo(n % 100), kargo::Index::new()), 256),
        ("kargo, values of one", bytes_of_one(groups, of_kargo, kargo::Index::new()), 384),
    ] {
        println!("{what}: {bytes}");
        assert!((64..=bound).contains(&bytes), "{what}: {bytes} bytes");
    }
}
