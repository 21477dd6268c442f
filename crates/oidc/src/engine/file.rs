use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use tokio::io::AsyncReadExt as _;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// What tells whether a file was changed without reading it: where it lies, how long it is, when it was
/// written. A mounted secret is replaced by a link to another file, which shows here too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stamp([i128; 5]);

/// A look at a file.
pub(crate) enum Look {
    /// As it was.
    Unchanged,
    /// Another stamp, and this content.
    Read(Stamp, Vec<u8>),
}

/// Reads the file unless it has the stamp it had.
///
/// # Errors
/// What the system said, in its words.
pub(crate) async fn look(path: &Path, known: Option<Stamp>) -> Result<Look, String> {
    let told = |error: std::io::Error| error.kind().to_string();
    let mut file = tokio::fs::File::open(path).await.map_err(told)?;
    let metadata = file.metadata().await.map_err(told)?;
    if !metadata.is_file() {
        return Err("not a regular file".to_owned());
    }
    let written = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    let [mtime, mtime_nanos, ctime, ctime_nanos] = written.map(i128::from);
    let times = [mtime * 1_000_000_000 + mtime_nanos, ctime * 1_000_000_000 + ctime_nanos];
    let [modified, changed] = times;
    let stamp =
        Stamp([metadata.dev().into(), metadata.ino().into(), metadata.len().into(), modified, changed]);
    if known == Some(stamp) {
        return Ok(Look::Unchanged);
    }
    let mut bytes = Vec::new();
    (&mut file).take(MAX_FILE + 1).read_to_end(&mut bytes).await.map_err(told)?;
    if bytes.len() as u64 > MAX_FILE {
        Err("larger than 1 MiB".to_owned())
    } else {
        Ok(Look::Read(stamp, bytes))
    }
}
