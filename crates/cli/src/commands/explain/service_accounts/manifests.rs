//! ServiceAccounts and Namespaces out of Kubernetes manifests.

mod document;
mod files;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::rc::Rc;

use claimgate_core::mapping::{AccountName, ServiceAccount};

use crate::failure::Failure;

use document::{Node, Value};

/// What the manifests hold.
#[derive(Default)]
pub(super) struct Manifests {
    accounts: BTreeMap<AccountName, Account>,
    /// Namespaces with their labels.
    pub(super) namespaces: BTreeMap<String, BTreeMap<String, String>>,
    /// What was left out, and what replaced another.
    pub(super) notes: Vec<String>,
}

/// A ServiceAccount of a manifest.
struct Account {
    annotations: BTreeMap<String, String>,
    place: Place,
    /// Where the values of the annotations stand.
    places: BTreeMap<String, Place>,
}

/// A place in a file, `FILE:LINE:COLUMN`.
#[derive(Clone)]
struct Place {
    file: Rc<str>,
    line: u64,
    column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Reads a file, or the YAML and JSON files of a folder in the order of their names. Every file with a problem
/// is named.
pub(super) fn read(path: &Path) -> Result<Manifests, Failure> {
    let mut manifests = Manifests::default();
    let files = files::list(path, &mut manifests.notes)?;
    let mut failures = Vec::new();
    for file in &files {
        let reader = Reader { file: file.display().to_string().into(), in_folder: path.is_dir() };
        let taken = files::read(file).and_then(|documents| {
            if documents.iter().all(Node::is_null) {
                manifests.notes.push(format!("{} holds no object", reader.file));
            }
            documents.iter().try_for_each(|document| reader.take(document, None, &mut manifests))
        });
        failures.extend(taken.err());
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => Ok(manifests),
    }
}

impl Manifests {
    /// The accounts by name.
    pub(super) fn accounts(&self) -> impl Iterator<Item = ServiceAccount<'_>> {
        let accounts = self.accounts.iter();
        accounts
            .map(|(account, it)| ServiceAccount { account: account.clone(), annotations: &it.annotations })
    }

    /// `FILE:LINE:COLUMN: ` of the account's annotation, or else of the account.
    pub(super) fn at(&self, account: &AccountName, annotation: Option<&str>) -> String {
        let Some(account) = self.accounts.get(account) else { return String::new() };
        let place = annotation.and_then(|name| account.places.get(name)).unwrap_or(&account.place);
        format!("{place}: ")
    }
}

/// Reads the objects of one file.
struct Reader {
    file: Rc<str>,
    in_folder: bool,
}

impl Reader {
    fn take(&self, node: &Node, item_kind: Option<&str>, manifests: &mut Manifests) -> Result<(), Failure> {
        match &node.value {
            Value::Null => return Ok(()),
            Value::Map(_) => {}
            _ => {
                let failure =
                    self.failure(node, format!("a document is {}, not a Kubernetes object", node.kind()));
                return Err(failure
                    .hint("write the objects one after another, with `---` between, or a `kind: List`"));
            }
        }
        let Some((version, kind)) = self.kind(node, item_kind, manifests)? else { return Ok(()) };
        let items = node.get("items");
        if kind == "List" || items.is_some() && kind.ends_with("List") {
            let Some(items) = items.filter(|items| !items.is_null()) else { return Ok(()) };
            let Value::List(items) = &items.value else {
                let message = format!("`items` is {}, not a list", items.kind());
                return Err(self.failure(items, message).hint("write each object behind a `-`"));
            };
            let item_kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
            return items.iter().try_for_each(|item| self.take(item, item_kind, manifests));
        }
        match (version, kind) {
            ("v1", "ServiceAccount") => self.take_account(node, manifests),
            ("v1", "Namespace") => self.take_namespace(node, manifests),
            (version, kind) => {
                let place = self.place(node);
                manifests
                    .notes
                    .push(format!("{place}: {kind} ({version}) has no part in this and is ignored"));
                Ok(())
            }
        }
    }

    /// `apiVersion` and `kind`; the items of a `ServiceAccountList` from the API need not say what they are.
    fn kind<'a>(
        &self,
        node: &'a Node,
        item_kind: Option<&'a str>,
        manifests: &mut Manifests,
    ) -> Result<Option<(&'a str, &'a str)>, Failure> {
        let text = |name| node.get(name).and_then(Node::as_text);
        match (text("apiVersion"), text("kind").or(item_kind)) {
            (Some(version), Some(kind)) => Ok(Some((version, kind))),
            (None, Some(kind)) if item_kind.is_some() => Ok(Some(("v1", kind))),
            (None, None) if self.in_folder => {
                let place = self.place(node);
                manifests.notes.push(format!("{place}: this is no Kubernetes object and is ignored"));
                Ok(None)
            }
            (version, _) => {
                let missing = if version.is_none() { "apiVersion" } else { "kind" };
                Err(self
                    .failure(node, format!("an object has no `{missing}`"))
                    .hint("a ServiceAccount begins with `apiVersion: v1` and `kind: ServiceAccount`"))
            }
        }
    }

    fn take_namespace(&self, node: &Node, manifests: &mut Manifests) -> Result<(), Failure> {
        let metadata = self.metadata(node, "Namespace")?;
        let labels = self.texts(metadata.node, "labels", &metadata.what)?;
        let labels = labels.into_iter().map(|(name, (text, _))| (name, text)).collect();
        if manifests.namespaces.insert(metadata.name.to_owned(), labels).is_some() {
            let place = self.place(node);
            manifests
                .notes
                .push(format!("{place}: Namespace `{}` is there twice; this one counts", metadata.name));
        }
        Ok(())
    }

    fn take_account(&self, node: &Node, manifests: &mut Manifests) -> Result<(), Failure> {
        let metadata = self.metadata(node, "ServiceAccount")?;
        let place = self.place(node);
        let namespace = match metadata.node.get("namespace") {
            Some(namespace) if !namespace.is_null() => namespace.as_text().ok_or_else(|| {
                let message = format!("`metadata.namespace` is {}, not a text", namespace.kind());
                self.failure(namespace, message).hint(format!("put it in quotes: '{namespace}'"))
            })?,
            _ => {
                let name = metadata.name;
                manifests.notes.push(format!(
                    "{place}: ServiceAccount `{name}` names no namespace and counts as `default/{name}`"
                ));
                "default"
            }
        };
        let mut account = Account { annotations: BTreeMap::new(), place, places: BTreeMap::new() };
        for (name, (text, place)) in self.texts(metadata.node, "annotations", &metadata.what)? {
            account.annotations.insert(name.clone(), text);
            account.places.insert(name, place);
        }
        let name = AccountName::new(namespace, metadata.name);
        if manifests.accounts.contains_key(&name) {
            manifests.notes.push(format!("{}: `{name}` is there twice; this one counts", account.place));
        }
        manifests.accounts.insert(name, account);
        Ok(())
    }

    fn metadata<'a>(&self, node: &'a Node, kind: &str) -> Result<Metadata<'a>, Failure> {
        let metadata = node.get("metadata").filter(|it| matches!(it.value, Value::Map(_)));
        let name = metadata.and_then(|it| it.get("name"));
        match (metadata, name) {
            (Some(metadata), Some(Node { value: Value::Text(name), .. })) if !name.is_empty() => {
                Ok(Metadata { node: metadata, name, what: format!("{kind} `{name}`") })
            }
            (_, Some(name)) => {
                let message = format!("`metadata.name` of a {kind} is {}, not a name", name.kind());
                Err(self.failure(name, message).hint(format!("write it as a text: '{name}'")))
            }
            _ => {
                let message = format!("a {kind} has no `metadata.name`");
                Err(self.failure(node, message).hint("write `metadata: { name: …, namespace: … }`"))
            }
        }
    }

    /// Annotations or labels with their places. Kubernetes takes texts only.
    fn texts(
        &self,
        metadata: &Node,
        member: &str,
        what: &str,
    ) -> Result<BTreeMap<String, (String, Place)>, Failure> {
        let entries = match metadata.get(member) {
            None => return Ok(BTreeMap::new()),
            Some(Node { value: Value::Null, .. }) => return Ok(BTreeMap::new()),
            Some(Node { value: Value::Map(entries), .. }) => entries,
            Some(other) => {
                let message = format!("{what}: `{member}` is {}, not a mapping", other.kind());
                return Err(self
                    .failure(other, message)
                    .hint("write `NAME: \"VALUE\"` on a line each, without `-`"));
            }
        };
        let mut texts = BTreeMap::new();
        for (name, value) in entries {
            match &value.value {
                Value::Text(text) => {
                    texts.insert(name.clone(), (text.clone(), self.place(value)));
                }
                Value::Null => {
                    let message = format!("{what}: `{name}` of `{member}` has no value");
                    return Err(self.failure(value, message).hint("write a text, or \"\" for an empty one"));
                }
                _ => {
                    let message = format!(
                        "{what}: `{name}` of `{member}` is {}, and Kubernetes takes texts only",
                        value.kind()
                    );
                    return Err(self.failure(value, message).hint(format!("put it in quotes: '{value}'")));
                }
            }
        }
        Ok(texts)
    }

    fn place(&self, node: &Node) -> Place {
        Place { file: Rc::clone(&self.file), line: node.place.0, column: node.place.1 }
    }

    fn failure(&self, node: &Node, message: impl fmt::Display) -> Failure {
        Failure::new(format!("{}: {message}", self.place(node)))
    }
}

struct Metadata<'a> {
    node: &'a Node,
    name: &'a str,
    /// The object, for messages.
    what: String,
}
