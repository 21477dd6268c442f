//! The JSON schema and the reference pages, made from the declarations of the sections.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::decode::{FieldInfo, Need, Release, Renamed, Restart, SectionInfo, Shape};
use crate::diagnostic::Code;
use crate::kubernetes::AuthenticationConfiguration;
use crate::sections::{Config, Limits};

/// The JSON Schema (draft 2020-12) of a configuration file, for editors.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    let root = section_schema(&Config::INFO, &mut definitions);
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), "Claimgate configuration".into());
    if let Value::Object(root) = root {
        schema.extend(root);
    }
    schema.insert("$defs".into(), Value::Object(definitions));
    Value::Object(schema)
}

fn section_schema(info: &SectionInfo, definitions: &mut Map<String, Value>) -> Value {
    let fields = (info.fields)();
    let mut properties = Map::new();
    for field in &fields {
        let mut property = shape_schema(&field.shape, definitions);
        if let Value::Object(members) = &mut property {
            members.insert("description".into(), text(field.doc).into());
            if let Some(default) = default_value(field) {
                members.insert("default".into(), default);
            }
        }
        properties.insert(field.key.into(), property);
    }
    for renamed in info.renamed.iter().filter(|renamed| renamed.is_read_by(Release::THIS)) {
        if let Some(field) = fields.iter().find(|field| field.key == renamed.to) {
            let mut property = shape_schema(&field.shape, definitions);
            if let Value::Object(members) = &mut property {
                members.insert("deprecated".into(), true.into());
                members.insert("description".into(), format!("Called `{}` now.", renamed.to).into());
            }
            properties.insert(renamed.from.into(), property);
        }
    }
    let required: Vec<_> =
        fields.iter().filter(|field| field.need == Need::Required).map(|field| field.key).collect();
    let mut schema = json!({
        "type": "object", "description": text(info.doc), "properties": properties, "additionalProperties": false,
    });
    if let (Value::Object(members), false) = (&mut schema, required.is_empty()) {
        members.insert("required".into(), required.into());
    }
    schema
}

fn default_value(field: &FieldInfo) -> Option<Value> {
    let Need::Default(default) = field.need else { return None };
    match (&field.shape, default) {
        (_, "{}" | "[]") => None,
        (Shape::Bool | Shape::Integer { .. } | Shape::Number { .. }, literal) => {
            serde_json::from_str(literal).ok()
        }
        (_, text) => Some(text.into()),
    }
}

fn shape_schema(shape: &Shape, definitions: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::Text(_, None) => json!({ "type": "string" }),
        Shape::Text(_, Some(pattern)) => json!({ "type": "string", "pattern": pattern }),
        Shape::Integer { min, max } if *max == u64::MAX => json!({ "type": "integer", "minimum": min }),
        Shape::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Number { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::List(item) => json!({ "type": "array", "items": shape_schema(item, definitions) }),
        Shape::Map(value) => {
            json!({ "type": "object", "additionalProperties": shape_schema(value, definitions) })
        }
        Shape::Section(info) => {
            if !definitions.contains_key(info.name) {
                definitions.insert(info.name.into(), Value::Null);
                let schema = section_schema(info, definitions);
                definitions.insert(info.name.into(), schema);
            }
            json!({ "$ref": format!("#/$defs/{}", info.name) })
        }
        Shape::Tagged(alternatives) => {
            let one = |(key, shape): &(&str, Shape)| {
                let properties = BTreeMap::from([(*key, shape_schema(shape, definitions))]);
                json!({ "type": "object", "properties": properties, "required": [key], "additionalProperties": false })
            };
            json!({ "oneOf": alternatives.iter().map(one).collect::<Vec<_>>() })
        }
        Shape::Either(shapes) => {
            json!({ "anyOf": shapes.iter().map(|shape| shape_schema(shape, definitions)).collect::<Vec<_>>() })
        }
        Shape::Any => json!({}),
    }
}

const GENERATED: &str =
    "<!-- Generated from the code; `UPDATE=1 cargo test -p claimgate-config` writes it anew. -->\n";

/// `docs/reference/config.md`: every section and key.
pub fn config_page() -> String {
    let mut page = format!("# Configuration reference\n\n{GENERATED}\n");
    page.push_str(
        "Unknown keys are errors. Durations are written with their unit (`500ms`, `30s`, `15m`, `24h`, `1h30m`), sizes as\n\
         `64KiB` or `1MiB`. Files are named relative to the configuration file. Of alternatives such as `keys: { url: … }`\n\
         exactly one key is written.\n\n\
         A change is live within about a second, apart from keys marked *Restart*: a change of theirs counts at the next\n\
         start, and until then is warned about in the log and in `/status`.\n",
    );
    for (info, prefix) in sections() {
        section_page(info, prefix, &mut page);
    }
    page.push_str("\n## Problems\n\nWhat `claimgate check` calls the problems that it finds.\n\n| code | meaning |\n|---|---|\n");
    for code in Code::ALL {
        _ = writeln!(page, "| `{code}` | {} |", code.description());
    }
    page
}

/// Every section, in the order of the page, with what stands before its name there.
fn sections() -> Vec<(&'static SectionInfo, &'static str)> {
    let mut found: Vec<(&SectionInfo, &str)> = Vec::new();
    for (root, prefix) in [(&Config::INFO, ""), (&AuthenticationConfiguration::INFO, "Kubernetes: ")] {
        let mut pending = vec![root];
        while !pending.is_empty() {
            let info = pending.remove(0);
            if found.iter().any(|(known, _)| (known.name, known.doc) == (info.name, info.doc)) {
                continue;
            }
            found.push((info, prefix));
            for field in (info.fields)() {
                sections_of(&field.shape, &mut pending);
            }
        }
    }
    found
}

fn section_page(info: &SectionInfo, prefix: &str, page: &mut String) {
    _ = write!(page, "\n## {prefix}{}\n\n{}\n", info.name, text(info.doc));
    page.push_str("\n| key | type | default | meaning |\n|---|---|---|---|\n");
    for field in (info.fields)() {
        row(&field, page);
    }
    for Renamed { from, to, until } in info.renamed.iter().filter(|renamed| renamed.is_read_by(Release::THIS))
    {
        _ = write!(
            page,
            "\n`{from}` is the former name of `{to}`; it is read, with a warning, until release {until}.\n"
        );
    }
    if !info.later.is_empty() {
        let keys = info.later.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        _ = write!(page, "\nNot yet supported: {keys}.\n");
    }
}

fn row(field: &FieldInfo, page: &mut String) {
    let default = match field.need {
        Need::Required => "**required**".to_owned(),
        Need::Optional | Need::Default("{}" | "[]") => String::new(),
        Need::Default(default) => format!("`{default}`"),
    };
    let shape = field.shape.to_string().replace('|', "\\|");
    let doc = text(field.doc).replace('|', "\\|");
    let restart = match field.restart {
        Restart::No => "",
        Restart::Value => " *Restart.*",
        Restart::Presence => " *Restart, if it comes or goes.*",
    };
    _ = writeln!(page, "| `{}` | {shape} | {default} | {doc}{restart} |", field.key);
}

fn sections_of(shape: &Shape, found: &mut Vec<&'static SectionInfo>) {
    match shape {
        Shape::Section(info) => found.push(info),
        Shape::List(inner) | Shape::Map(inner) => sections_of(inner, found),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| sections_of(shape, found)),
        Shape::Tagged(alternatives) => alternatives.iter().for_each(|(_, shape)| sections_of(shape, found)),
        _ => {}
    }
}

/// `docs/reference/limits.md`: every limit and its default.
pub fn limits_page() -> String {
    let mut page = format!(
        "# Limits\n\n{GENERATED}\nKeys of the section `limits`. A change of those marked *Restart* counts at the next start.\n"
    );
    page.push_str("\n| key | type | default | meaning |\n|---|---|---|---|\n");
    for field in (Limits::INFO.fields)() {
        row(&field, &mut page);
    }
    page
}

/// A doc comment on one line.
fn text(doc: &[&str]) -> String {
    doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![expect(unreachable_pub, reason = "a section is public wherever it is declared")]

    use super::*;
    use crate::decode::section;

    section! {
        /// A section with every mark.
        pub struct Marked {
            /// A key.
            "colour" colour: Option<String> = optional restart(presence),
            /// Another.
            "size" size: u64 = default("1") restart(value),
        }
        renamed ["color" => "colour" until 1000 0, "tint" => "colour" until 0 0]
    }

    #[test]
    fn former_names_are_documented_for_as_long_as_they_are_read() {
        let mut page = String::new();
        section_page(&Marked::INFO, "", &mut page);
        assert!(page.contains("`color` is the former name of `colour`"), "{page}");
        assert!(page.contains("| A key. *Restart, if it comes or goes.* |"), "{page}");
        assert!(page.contains("| Another. *Restart.* |") && !page.contains("tint"), "{page}");
        let schema = section_schema(&Marked::INFO, &mut Map::new());
        assert_eq!(schema["properties"]["color"]["deprecated"], true);
        assert_eq!(schema["properties"]["color"]["type"], schema["properties"]["colour"]["type"]);
        assert!(schema["properties"].get("tint").is_none());
    }

    #[test]
    fn former_names_are_of_keys_and_are_no_keys_themselves() {
        for (info, _) in sections().into_iter().chain([(&Marked::INFO, "")]) {
            let keys = (info.keys)();
            for Renamed { from, to, .. } in info.renamed {
                assert!(keys.contains(to), "{}: `{to}` is no key", info.name);
                assert!(!keys.contains(from) && !info.later.contains(from), "{}: `{from}`", info.name);
            }
        }
    }
}
