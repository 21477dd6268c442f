use claimgate_config::build;

use crate::{files, folder};

#[test]
fn good_configurations_load() {
    let folder = folder("good");
    assert!(folder.len() >= 6);
    for (name, bytes) in folder {
        let (built, problems) = build(&name, &bytes, &files());
        assert!(built.is_some() && problems.is_empty(), "{name}\n{problems}");
    }
}

#[test]
fn the_whole_shape_comes_through() {
    let bytes = include_bytes!("../../testdata/good/everything.yaml");
    let (built, _) = build("everything.yaml", bytes, &files());
    let (config, compiled) = built.unwrap();
    assert_eq!(config.limits.token_size.value.0, 16 * 1024);
    let names: Vec<&str> = compiled.entries.iter().map(|entry| &*entry.name).collect();
    assert_eq!(names, ["github", "entra", "dex", "ci", "authentication.0"]);
    let entra = &compiled.issuers[1];
    assert_eq!(entra.issuer.aliases.len(), 3);
    assert_eq!(compiled.routes.iter().count(), 4);
    let app = compiled.routes.by_name("app").unwrap();
    assert_eq!(app.accept.of_issuer("https://token.actions.githubusercontent.com").len(), 1);
    assert!(compiled.owned_headers.contains("Kubeflow_Userid"));
}

/// Of a file of Kubernetes' kind one route is made, for every host and all entries.
#[test]
fn a_file_of_kubernetes_is_served_as_it_stands() {
    let (built, problems) = build("authentication.yaml", crate::AUTHENTICATION, &files());
    let (config, compiled) = built.unwrap();
    assert!(problems.problems().iter().all(|problem| problem.code.as_str() == "no_effect"), "{problems}");
    assert!(config.listeners.public.address.value.ip().is_loopback());
    let [route] = compiled.routes.iter().collect::<Vec<_>>()[..] else { panic!("not one route") };
    assert!(route.scope.hosts.is_empty());
    assert_eq!(route.accept.iter().count(), compiled.entries.len());
}
