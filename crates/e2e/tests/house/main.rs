//! The fences of the workspace: which crate may depend on which, and what the pure ones never see.
//!
//! A new edge is a decision: it is added here, with the code that needs it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Every crate of the workspace and the crates of the workspace it may depend on, lowest first.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("json", &[]),
    ("crypto", &["json"]),
    ("rules", &["json"]),
    ("fetch", &[]),
    ("core", &["json", "crypto", "rules"]),
    ("config", &["json", "crypto", "rules", "core"]),
    ("gate", &["json", "crypto", "rules", "core"]),
    ("oidc", &["json", "crypto", "core", "fetch"]),
    ("devprovider", &["json", "crypto"]),
    ("server", &["json", "crypto", "rules", "fetch", "core", "config", "gate", "oidc"]),
    ("cli", &["json", "crypto", "rules", "core", "config", "gate", "oidc", "devprovider", "server"]),
    ("testkit", &["json", "crypto", "rules", "core", "gate"]),
    ("bench", &["json", "crypto", "testkit"]),
    ("e2e", &[]),
];

/// Crates without sockets, clocks and files, and what would bring those in.
const PURE: &[&str] = &["json", "crypto", "rules", "core", "config", "gate"];
const IMPURE: &[&str] = &["tokio", "mio", "hyper", "hyper-util", "reqwest", "rustls", "notify", "axum"];

/// Outside crates that one part of the house alone may use directly.
const RESERVED: &[(&str, &[&str])] = &[
    ("aws-lc-rs", &["crypto", "bench"]),
    ("reqwest", &["fetch"]),
    ("regex", &["rules", "core", "config"]),
    // the command reads manifests with it, which are no configuration
    ("serde-saphyr", &["config", "cli"]),
    ("axum", &["server", "devprovider"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .other_options(vec!["--locked".into(), "--filter-platform".into(), "x86_64-unknown-linux-gnu".into()])
        .exec()
        .unwrap()
}

fn folder(package: &str) -> Option<&str> {
    package.strip_prefix("claimgate-")
}

/// The direct normal and build dependencies of every crate of the workspace, by the crate's folder.
fn direct(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let names = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .map(|dependency| dependency.name.clone())
                .collect();
            (folder(&package.name).unwrap_or(&package.name).to_owned(), names)
        })
        .collect()
}

/// The names of all packages that a crate of the workspace is built with.
fn closure(metadata: &Metadata, start: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let root = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| folder(&package.name) == Some(start))
        .unwrap();
    let mut seen = BTreeSet::new();
    let mut left = vec![&root.id];
    while let Some(id) = left.pop() {
        if !seen.insert(id) {
            continue;
        }
        let built = nodes[id]
            .deps
            .iter()
            .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        left.extend(built.map(|dependency| &dependency.pkg));
    }
    metadata
        .packages
        .iter()
        .filter(|package| seen.contains(&package.id))
        .map(|package| package.name.to_string())
        .collect()
}

#[test]
fn crates_depend_only_downwards() {
    let table: BTreeMap<&str, &[&str]> = MAY_DEPEND_ON.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, dependencies) in direct(&metadata()) {
        let Some(allowed) = table.get(name.as_str()) else {
            wrong.push(format!("`{name}` is not in the table of this test"));
            continue;
        };
        for dependency in dependencies.iter().filter_map(|name| folder(name)) {
            if !allowed.contains(&dependency) {
                wrong.push(format!("`{name}` may not depend on `{dependency}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_itself_points_only_downwards() {
    for (at, (name, dependencies)) in MAY_DEPEND_ON.iter().enumerate() {
        for dependency in *dependencies {
            assert!(
                MAY_DEPEND_ON[..at].iter().any(|(lower, _)| lower == dependency),
                "`{dependency}` stands below `{name}` in no line of the table"
            );
        }
    }
}

#[test]
fn pure_crates_are_built_without_sockets_or_a_runtime() {
    let metadata = metadata();
    for name in PURE {
        let built_with = closure(&metadata, name);
        let impure: Vec<_> = IMPURE.iter().filter(|impure| built_with.contains(**impure)).collect();
        assert!(impure.is_empty(), "`{name}` is built with {impure:?}");
    }
}

#[test]
fn reserved_crates_are_used_by_their_owners_alone() {
    let direct = direct(&metadata());
    let mut wrong = Vec::new();
    for (reserved, owners) in RESERVED {
        for (name, dependencies) in &direct {
            if dependencies.contains(*reserved) && !owners.contains(&name.as_str()) {
                wrong.push(format!("`{name}` may not use `{reserved}`: only {owners:?} do"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
