use super::Files;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::sections::Audit;

/// The shortest key of the audit log's digests, in bytes: a key shorter than the hash's output weakens an
/// HMAC (RFC 2104 §3).
const SHORTEST_KEY: usize = 32;

/// Reports a key for the audit log's digests that is not there or could be guessed.
pub(super) fn check_digest_key(audit: &Audit, files: &dyn Files, problems: &mut Diagnostics) {
    let Some(path) = &audit.digest_key_file else { return };
    let message = match files.read(&path.value) {
        Ok(key) if key.len() >= SHORTEST_KEY => return,
        Ok(key) => format!("the key in `{}` has {} bytes", path.value, key.len()),
        Err(error) => format!("`{}` cannot be read: {error}", path.value),
    };
    let problem = Diagnostic::error(Code::File, &path.place, message);
    problems.push(
        problem
            .expected(format!("a readable file of at least {SHORTEST_KEY} random bytes"))
            .hint("`openssl rand -out FILE 32` writes one"),
    );
}
