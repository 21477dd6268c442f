//! The configuration's files: read relative to it, remembered, and watched.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use claimgate_config::Files;

/// Reads files relative to the configuration's folder and remembers which ones were asked for, whether
/// they were there or not.
pub struct ConfigFiles {
    folder: PathBuf,
    asked: Mutex<BTreeSet<PathBuf>>,
}

impl ConfigFiles {
    /// The files beside the configuration `config`.
    pub fn beside(config: &Path) -> Self {
        let folder = config.parent().map(Path::to_path_buf).unwrap_or_default();
        Self { folder, asked: Mutex::new([config.to_path_buf()].into()) }
    }

    /// Where the file is that the configuration calls `path`.
    pub fn locate(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Notes that `path` matters to the configuration.
    pub fn note(&self, path: &str) -> PathBuf {
        let path = self.locate(path);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
        path
    }

    /// Every file that was asked for, the configuration among them.
    pub fn asked(&self) -> BTreeSet<PathBuf> {
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

/// What changes when a file's content does: of a file that is replaced, renamed into place or reached
/// through another link, such as Kubernetes swaps for a mounted `ConfigMap`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature(Vec<Option<(u64, u64, i64, i64, u64)>>);

impl Signature {
    /// The signature of these files as they are now.
    #[expect(clippy::disallowed_methods, reason = "the one place where the configuration's files are read")]
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        let one = |path: &PathBuf| {
            let data = fs::metadata(path).ok()?;
            Some((data.dev(), data.ino(), data.mtime(), data.mtime_nsec(), data.size()))
        };
        Self(paths.into_iter().map(one).collect())
    }
}
