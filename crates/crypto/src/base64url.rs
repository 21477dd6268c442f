//! Base64url without padding (RFC 7515 §2), in its one canonical form.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, URL_SAFE_NO_PAD};

const ENGINE: GeneralPurpose = URL_SAFE_NO_PAD;

/// A text that is not canonical base64url: a foreign character, padding, an impossible length, or
/// bits after the last byte that are not zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not canonical base64url without padding")]
pub struct Base64UrlError;

/// The text of `bytes`.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    ENGINE.encode(bytes)
}

/// The bytes of `text`. No two texts have the same bytes.
///
/// # Errors
/// [`Base64UrlError`] if `text` is not what [`encode`] writes for those bytes.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, Base64UrlError> {
    ENGINE.decode(text).map_err(|_| Base64UrlError)
}

/// Appends the text of `bytes` to `out`.
pub(crate) fn encode_into(bytes: &[u8], out: &mut String) {
    ENGINE.encode_string(bytes, out);
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn only_the_canonical_text_decodes() {
        assert_eq!(decode("").unwrap(), b"");
        assert_eq!(decode("_-8").unwrap(), [0xff, 0xef]);
        for bad in ["_-9", "/+8", "_-8=", "_", "_-8\n", " _-8", "AAAA=", "A===", "AAA.", "AAé", "AB"] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_byte_reads_back() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|at: u8| at.wrapping_mul(37)).collect();
            assert_eq!(decode(encode(&bytes)).unwrap(), bytes);
        }
    }
}
