use std::fmt;

use zeroize::Zeroize;

/// A value that is never shown and is overwritten when dropped.
///
/// There is no `Display`, no serialisation and no comparison; `Debug` writes no content, so that a type
/// that holds a secret can still derive it.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value over.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Every use of it is a place to audit.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Whether the secret is `other`, in a time that depends on the lengths only.
    pub fn equals(&self, other: impl AsRef<[u8]>) -> bool {
        crate::digest::constant_time_eq(self.0.as_ref(), other.as_ref())
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::Secret;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(…) Some(Secret(…))");
    }

    #[test]
    fn equality_is_of_all_bytes() {
        let secret = Secret::new(b"abc".to_vec());
        assert!(secret.equals(b"abc"));
        for other in [&b"abd"[..], b"ab", b"abcd", b""] {
            assert!(!secret.equals(other));
        }
    }

    #[test]
    fn the_value_is_overwritten_on_drop() {
        struct Seen<'a>(&'a Cell<bool>);
        impl zeroize::Zeroize for Seen<'_> {
            fn zeroize(&mut self) {
                self.0.set(true);
            }
        }
        let overwritten = Cell::new(false);
        drop(Secret::new(Seen(&overwritten)));
        assert!(overwritten.get());
    }
}
