//! ServiceAccounts and Namespaces out of Kubernetes manifests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use claimgate_core::mapping::{AccountName, ServiceAccount};
use serde_json::{Map, Value};

use super::super::read as read_file;
use crate::failure::Failure;

/// Values of one document: 100,000 accounts in one list.
const MOST_VALUES: usize = 4_000_000;

/// What the manifests hold.
#[derive(Default)]
pub(super) struct Manifests {
    accounts: BTreeMap<AccountName, BTreeMap<String, String>>,
    /// Namespaces with their labels.
    pub(super) namespaces: BTreeMap<String, BTreeMap<String, String>>,
    /// What was left out, and what replaced another.
    pub(super) notes: Vec<String>,
}

impl Manifests {
    pub(super) fn accounts(&self) -> impl Iterator<Item = ServiceAccount<'_>> {
        let accounts = self.accounts.iter();
        accounts.map(|(account, annotations)| ServiceAccount { account: account.clone(), annotations })
    }

    fn take(&mut self, object: &Value, file: &str) -> Result<(), Failure> {
        let object = match object {
            Value::Null => return Ok(()),
            Value::Object(object) => object,
            _ => return Err(Failure::new(format!("`{file}`: a document is no Kubernetes object"))),
        };
        let kind = object.get("kind").and_then(Value::as_str);
        let kind = kind.ok_or_else(|| Failure::new(format!("`{file}`: an object has no `kind`")))?;
        if kind == "List" || object.get("items").is_some() && kind.ends_with("List") {
            let items = object.get("items").and_then(Value::as_array).into_iter().flatten();
            let item_kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
            for item in items {
                self.take(&with_kind(item, item_kind), file)?;
            }
            return Ok(());
        }
        let group = object.get("apiVersion").and_then(Value::as_str);
        match (group, kind) {
            (Some("v1"), "ServiceAccount") => self.take_account(object, file),
            (Some("v1"), "Namespace") => {
                let metadata = Metadata::read(object, kind, file)?;
                let labels = metadata.texts("labels")?;
                if self.namespaces.insert(metadata.name.to_owned(), labels).is_some() {
                    self.notes
                        .push(format!("namespace `{}` is there twice; the later counts", metadata.name));
                }
                Ok(())
            }
            (group, kind) => {
                let group = group.unwrap_or("no apiVersion");
                self.notes.push(format!("`{file}`: {kind} ({group}) has no part in this and is ignored"));
                Ok(())
            }
        }
    }

    fn take_account(&mut self, object: &Map<String, Value>, file: &str) -> Result<(), Failure> {
        let metadata = Metadata::read(object, "ServiceAccount", file)?;
        let annotations = metadata.texts("annotations")?;
        let namespace = metadata.members.get("namespace").and_then(Value::as_str).unwrap_or("default");
        let account = AccountName::new(namespace, metadata.name);
        if self.accounts.contains_key(&account) {
            self.notes.push(format!("`{account}` is there twice; the later counts"));
        }
        self.accounts.insert(account, annotations);
        Ok(())
    }
}

/// The items of a `ServiceAccountList` from the API need not say what they are.
fn with_kind(item: &Value, kind: Option<&str>) -> Value {
    let mut item = item.clone();
    if let (Some(object), Some(kind)) = (item.as_object_mut(), kind)
        && !object.contains_key("kind")
    {
        object.insert("kind".to_owned(), kind.into());
        object.entry("apiVersion").or_insert_with(|| "v1".into());
    }
    item
}

struct Metadata<'a> {
    members: &'a Map<String, Value>,
    name: &'a str,
    what: String,
}

impl<'a> Metadata<'a> {
    fn read(object: &'a Map<String, Value>, kind: &str, file: &str) -> Result<Self, Failure> {
        let missing = || Failure::new(format!("`{file}`: a {kind} has no `metadata.name`"));
        let members = object.get("metadata").and_then(Value::as_object).ok_or_else(missing)?;
        let name = members.get("name").and_then(Value::as_str).ok_or_else(missing)?;
        Ok(Self { members, name, what: format!("`{file}`: {kind} `{name}`") })
    }

    /// Annotations or labels. Kubernetes takes texts only.
    fn texts(&self, member: &str) -> Result<BTreeMap<String, String>, Failure> {
        let what = &self.what;
        let entries = match self.members.get(member) {
            None | Some(Value::Null) => return Ok(BTreeMap::new()),
            Some(Value::Object(entries)) => entries,
            Some(_) => return Err(Failure::new(format!("{what}: `{member}` is no mapping"))),
        };
        let mut texts = BTreeMap::new();
        for (name, value) in entries {
            let Value::String(text) = value else {
                let failure = Failure::new(format!("{what}: `{name}` of `{member}` is no text"));
                return Err(failure.hint(format!("put its value in quotes: '{value}'")));
            };
            texts.insert(name.clone(), text.clone());
        }
        Ok(texts)
    }
}

/// Reads a file, or the YAML and JSON files of a folder in the order of their names.
pub(super) fn read(path: &Path) -> Result<Manifests, Failure> {
    let mut manifests = Manifests::default();
    let files = files(path, &mut manifests.notes)?;
    for file in &files {
        let name = file.display().to_string();
        let text = String::from_utf8(read_file(file)?)
            .map_err(|_| Failure::new(format!("`{name}` is not UTF-8")))?;
        for document in documents(file, &text)? {
            manifests.take(&document, &name)?;
        }
    }
    Ok(manifests)
}

#[expect(clippy::disallowed_methods, reason = "a command reads the files that it is called with")]
fn files(path: &Path, notes: &mut Vec<String>) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed =
        |error: std::io::Error| Failure::new(format!("`{}` cannot be read: {error}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if file.is_file() && matches!(extension, Some("yaml" | "yml" | "json")) {
            files.push(file);
        } else {
            notes.push(format!("`{}` is no YAML or JSON file and is ignored", file.display()));
        }
    }
    files.sort();
    notes.sort();
    if files.is_empty() {
        return Err(Failure::new(format!("`{}` holds no manifest", path.display()))
            .hint("manifests end in .yaml, .yml or .json"));
    }
    Ok(files)
}

fn documents(file: &Path, text: &str) -> Result<Vec<Value>, Failure> {
    let name = file.display();
    if file.extension().is_some_and(|extension| extension == "json") {
        let read = serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>();
        return read.map_err(|error| Failure::new(format!("`{name}` cannot be read: {error}")));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MOST_VALUES,
            max_events: 2 * MOST_VALUES,
            max_documents: MOST_VALUES,
        },
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| Failure::new(format!("`{name}` cannot be read: {error}")))
}
