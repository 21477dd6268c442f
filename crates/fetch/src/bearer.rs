use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use http::HeaderValue;
use zeroize::Zeroizing;

use crate::FetchError;

const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A file that holds a bearer token, such as a projected `ServiceAccount` token. It is read again for
/// every call, since such tokens are replaced while they are in use; when that fails, the last token
/// that could be read is used on.
pub struct BearerFile {
    path: PathBuf,
    last: Mutex<Option<HeaderValue>>,
}

impl BearerFile {
    /// The token in the file at `path`; the file need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), last: Mutex::new(None) }
    }

    /// Where the token is read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) async fn authorization(&self) -> Result<HeaderValue, FetchError> {
        let read = tokio::fs::read(&self.path).await;
        let read = read.map_err(|error| FetchError::BearerFile { reason: error.kind().to_string() });
        let fresh = read.and_then(|bytes| header(&Zeroizing::new(bytes)));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match (fresh, &*last) {
            (Ok(value), _) => Ok(last.insert(value).clone()),
            (Err(_), Some(value)) => Ok(value.clone()),
            (Err(error), None) => Err(error),
        }
    }
}

impl fmt::Debug for BearerFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerFile").field("path", &self.path).finish_non_exhaustive()
    }
}

fn header(bytes: &[u8]) -> Result<HeaderValue, FetchError> {
    let refuse = |reason: &str| FetchError::BearerFile { reason: reason.to_owned() };
    let token = bytes.trim_ascii();
    if token.is_empty() {
        return Err(refuse("the file is empty"));
    }
    if token.len() > MAX_TOKEN_BYTES {
        return Err(refuse("the file is larger than 16 KiB"));
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(refuse("the file holds more than one token"));
    }
    let text = Zeroizing::new([b"Bearer ", token].concat());
    let mut value = HeaderValue::from_bytes(&text).map_err(|_| refuse("the file holds no token"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_token_becomes_a_header() {
        let value = header(b"abc.def-_~+/=\n").unwrap();
        assert_eq!(value.to_str().unwrap(), "Bearer abc.def-_~+/=");
        assert!(!format!("{value:?}").contains("abc"));
        for bytes in
            [&b""[..], b" \n", b"two tokens", b"two\ntokens", "ü".as_bytes(), &vec![b'a'; 16 * 1024 + 1]]
        {
            assert!(header(bytes).is_err());
        }
    }
}
