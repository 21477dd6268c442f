//! The configuration's files: read relative to it, remembered, and watched.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use claimgate_config::Files;

/// Reads files relative to the configuration's folder and remembers which ones were asked for, whether
/// they were there or not, and how they were just before they were read.
pub struct ConfigFiles {
    folder: PathBuf,
    asked: Mutex<Signature>,
}

impl ConfigFiles {
    /// The files beside the configuration `config`.
    pub fn beside(config: &Path) -> Self {
        let folder = config.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut asked = Signature::default();
        asked.note(config.to_path_buf());
        Self { folder, asked: Mutex::new(asked) }
    }

    /// Where the file is that the configuration calls `path`.
    pub fn locate(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Notes that `path` matters to the configuration.
    pub fn note(&self, path: &str) -> PathBuf {
        let path = self.locate(path);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).note(path.clone());
        path
    }

    /// Every file that was asked for, the configuration among them, as it was before it was read.
    pub fn asked(&self) -> Signature {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Files for ConfigFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let path = self.note(path);
        read(&path)
    }
}

/// The content of a file of the configuration.
///
/// # Errors
/// It is not there or cannot be read.
#[expect(clippy::disallowed_methods, reason = "the one place where the configuration's files are read")]
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// Files, and what changes when a file's content does: of a file that is replaced, renamed into place or
/// reached through another link, such as Kubernetes swaps for a mounted `ConfigMap`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signature(BTreeMap<PathBuf, Option<Stamp>>);

/// Device, inode, time of the last change with its nanoseconds, and size.
type Stamp = (u64, u64, i64, i64, u64);

impl Signature {
    /// The same files as they are now.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self(self.0.keys().map(|path| (path.clone(), stamp(path))).collect())
    }

    /// These files, and those of `other` that are not among them.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for (path, stamp) in other.0 {
            self.0.entry(path).or_insert(stamp);
        }
        self
    }

    /// The files.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    fn note(&mut self, path: PathBuf) {
        self.0.entry(path).or_insert_with_key(|path| stamp(path));
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the configuration's files are read")]
fn stamp(path: &Path) -> Option<Stamp> {
    let data = fs::metadata(path).ok()?;
    Some((data.dev(), data.ino(), data.mtime(), data.mtime_nsec(), data.size()))
}
