//! The files that hold manifests.

use std::path::{Path, PathBuf};

use super::super::super::read as read_bytes;
use super::document::{self, Node};
use crate::failure::Failure;

/// The file itself, or the YAML and JSON files of a folder in the order of their names.
#[expect(clippy::disallowed_methods, reason = "a command reads the files that it is called with")]
pub(super) fn list(path: &Path, notes: &mut Vec<String>) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed =
        |error: std::io::Error| Failure::new(format!("`{}` cannot be read: {error}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if file.is_dir() {
            notes.push(format!("{} is a folder within the folder and is not read", file.display()));
        } else if matches!(extension, Some("yaml" | "yml" | "json")) {
            files.push(file);
        } else {
            notes.push(format!("{} is no YAML or JSON file and is not read", file.display()));
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

/// The documents of a file.
pub(super) fn read(file: &Path) -> Result<Vec<Node>, Failure> {
    let text = String::from_utf8(read_bytes(file)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        Failure::new(format!("{}:{line}: the file is not UTF-8", file.display())).hint("save it as UTF-8")
    })?;
    document::read(file, &text)
}
