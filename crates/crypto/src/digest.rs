//! Hashes, message authentication codes and comparison in constant time.

use aws_lc_rs::{constant_time, digest as lc_digest, hmac};

/// SHA-256 (FIPS 180-4) of `bytes`.
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    first_32(lc_digest::digest(&lc_digest::SHA256, bytes.as_ref()).as_ref())
}

/// A key for HMAC-SHA-256 (RFC 2104), prepared once.
#[derive(Clone)]
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// The key of these bytes.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// HMAC-SHA-256 of `bytes`.
    pub fn sign(&self, bytes: impl AsRef<[u8]>) -> [u8; 32] {
        first_32(hmac::sign(&self.0, bytes.as_ref()).as_ref())
    }

    /// Whether `tag` is the whole HMAC of `bytes`; in constant time.
    pub fn verify(&self, bytes: impl AsRef<[u8]>, tag: &[u8]) -> bool {
        hmac::verify(&self.0, bytes.as_ref(), tag).is_ok()
    }
}

impl std::fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HmacKey(…)")
    }
}

/// HMAC-SHA-256 of `bytes` under `key`.
pub fn hmac_sha256(key: &[u8], bytes: impl AsRef<[u8]>) -> [u8; 32] {
    HmacKey::new(key).sign(bytes)
}

/// Whether `a` is `b`, in a time that depends on the lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

fn first_32(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
mod tests {
    use super::{HmacKey, constant_time_eq, hmac_sha256, sha256};

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::new(), |mut out, byte| {
            write!(out, "{byte:02x}").unwrap();
            out
        })
    }

    #[test]
    fn published_values() {
        // FIPS 180-4, example "abc".
        assert_eq!(hex(&sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        // RFC 4231 §4.3.
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_tag_verifies_whole_only() {
        let key = HmacKey::new(b"key");
        let tag = key.sign("text");
        assert!(key.verify("text", &tag));
        assert!(!key.verify("texts", &tag));
        assert!(!key.verify("text", &tag[..31]));
        assert!(!key.verify("text", &[]));
        assert_eq!(format!("{key:?}"), "HmacKey(…)");
    }

    #[test]
    fn equal_means_equal() {
        assert!(constant_time_eq(b"", b""));
        assert!(constant_time_eq(b"ab", b"ab"));
        assert!(!constant_time_eq(b"ab", b"aB"));
        assert!(!constant_time_eq(b"ab", b"abc"));
    }
}
