use std::fs;
use std::path::Path;

use claimgate_config::{config_page, limits_page, schema};

/// The committed pages are those that the code makes; `UPDATE=1` writes them.
#[test]
fn pages_and_schema_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let schema = format!("{:#}\n", schema());
    for (name, made) in
        [("config.md", config_page()), ("limits.md", limits_page()), ("config.schema.json", schema)]
    {
        let path = folder.join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &made).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == made, "{name} is stale: run with UPDATE=1");
    }
}

#[test]
fn the_schema_knows_every_section_and_what_is_required() {
    let schema = schema();
    assert_eq!(schema["required"], serde_json::json!(["version"]));
    assert_eq!(schema["additionalProperties"], false);
    let jwt = &schema["$defs"]["Jwt"];
    assert_eq!(jwt["required"], serde_json::json!(["name", "issuer"]));
    assert_eq!(schema["$defs"]["Limits"]["properties"]["clockSkew"]["default"], "30s");
}

/// CVE-2022-31105 (Argo CD), CVE-2022-39222 (Dex): the provider's certificate was not verified. No key of the
/// configuration turns that off, nor any other check.
#[test]
fn cve_2022_31105_no_key_turns_verification_off() {
    fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
        if let Some(properties) = value["properties"].as_object() {
            found.extend(properties.keys().cloned());
        }
        let inner: Vec<_> = match value {
            serde_json::Value::Object(members) => members.values().collect(),
            serde_json::Value::Array(items) => items.iter().collect(),
            _ => return,
        };
        for value in inner {
            keys(value, found);
        }
    }
    let mut found = Vec::new();
    keys(&schema(), &mut found);
    assert!(found.len() > 100 && found.iter().any(|key| key == "certificateAuthorityFile"), "{found:?}");
    for word in ["insecure", "skip", "verify", "disable", "unsafe", "ignore"] {
        let named: Vec<_> = found.iter().filter(|key| key.to_lowercase().contains(word)).collect();
        assert!(named.is_empty(), "{named:?}");
    }
}
