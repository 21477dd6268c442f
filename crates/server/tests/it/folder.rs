#![expect(clippy::disallowed_methods, reason = "the configuration's files are written here")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

/// A folder of its own, removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("claimgate-server-{}-{count}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, beside it first, so that nobody reads half of it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let beside = self.join(&format!("{name}.new"));
        fs::write(&beside, text).unwrap();
        fs::rename(beside, self.join(name)).unwrap();
    }

    pub(crate) fn folder(&self, name: &str) {
        fs::create_dir_all(self.join(name)).unwrap();
    }

    /// Points the link `name` elsewhere in one step, as Kubernetes does for a mounted `ConfigMap`.
    pub(crate) fn link(&self, name: &str, target: &str) {
        let beside = self.join(&format!("{name}.new"));
        std::os::unix::fs::symlink(target, &beside).unwrap();
        fs::rename(beside, self.join(name)).unwrap();
    }

    /// The content of a file; nothing if there is none.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind in the folder for temporary files hurts nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
