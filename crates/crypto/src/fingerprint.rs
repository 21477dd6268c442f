use std::fmt;

use zeroize::Zeroize;

use crate::{RandomError, random_bytes};

/// The 128-bit name of a text under a [`FingerprintKey`].
///
/// Equality is not constant in time: nobody outside sees or chooses a fingerprint. It means nothing
/// outside the process that made the key, so it has no encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// The bits, for a table that is indexed by them. They are already uniformly distributed.
    pub fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// The secret of one process under which texts get fingerprints: SipHash-2-4 with its output of
/// 128 bits.
///
/// `SipHash` is a pseudo-random function of the whole text, its length included, under a key of 128
/// bits. Whoever does not know the key cannot find two texts of one fingerprint, nor a text of a known
/// text's fingerprint, better than by guessing: `docs/dev/token-cache.md`.
#[derive(Clone)]
pub struct FingerprintKey {
    k0: u64,
    k1: u64,
}

impl FingerprintKey {
    /// A new key from the random source of aws-lc.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn generate() -> Result<Self, RandomError> {
        random_bytes().map(Self::from_bytes)
    }

    /// The key of these bytes, which must be secret and uniformly random.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let bits = u128::from_le_bytes(bytes);
        Self { k0: low_half(bits), k1: low_half(bits >> 64) }
    }

    /// The fingerprint of `text`.
    pub fn fingerprint(&self, text: &[u8]) -> Fingerprint {
        let mut state = State::new(self.k0, self.k1);
        let (words, rest) = text.as_chunks::<8>();
        for word in words {
            state.absorb(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        // The top byte is the length modulo 256; `rest` is at most seven bytes.
        let length = low_half((text.len() as u128) << 56);
        state.absorb(u64::from_le_bytes(last) | length);
        Fingerprint(state.finish())
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(…)")
    }
}

impl Drop for FingerprintKey {
    fn drop(&mut self) {
        self.k0.zeroize();
        self.k1.zeroize();
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
fn low_half(bits: u128) -> u64 {
    bits as u64
}

/// The four words that `SipHash` mixes.
struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl State {
    /// The constants spell "somepseudorandomlygeneratedbytes"; 0xee marks the output of 128 bits.
    fn new(k0: u64, k1: u64) -> Self {
        Self {
            v0: k0 ^ 0x736f_6d65_7073_6575,
            v1: k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            v2: k0 ^ 0x6c79_6765_6e65_7261,
            v3: k1 ^ 0x7465_6462_7974_6573,
        }
    }

    #[inline]
    fn absorb(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.round();
        self.v0 ^= word;
    }

    fn finish(mut self) -> u128 {
        self.v2 ^= 0xee;
        (0..4).for_each(|_| self.round());
        let low = self.output();
        self.v1 ^= 0xdd;
        (0..4).for_each(|_| self.round());
        u128::from(low) | u128::from(self.output()) << 64
    }

    fn output(&self) -> u64 {
        self.v0 ^ self.v1 ^ self.v2 ^ self.v3
    }

    #[inline]
    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v2 = self.v2.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::FingerprintKey;

    #[test]
    fn neighbours_have_different_fingerprints() {
        let key = FingerprintKey::from_bytes([7; 16]);
        let mut seen = HashSet::new();
        for length in 0..600 {
            assert!(seen.insert(key.fingerprint(&vec![0; length])), "{length} zeros");
        }
        let text = [b'a'; 64];
        for bit in 0..text.len() * 8 {
            let mut changed = text;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(seen.insert(key.fingerprint(&changed)), "bit {bit}");
        }
    }

    #[test]
    fn another_key_gives_another_fingerprint() {
        for bit in 0..128 {
            let other = FingerprintKey::from_bytes((1_u128 << bit).to_le_bytes());
            let zero = FingerprintKey::from_bytes([0; 16]);
            assert_ne!(zero.fingerprint(b"token"), other.fingerprint(b"token"), "key bit {bit}");
        }
    }

    #[test]
    fn nothing_is_shown() {
        let key = FingerprintKey::generate().unwrap();
        assert_eq!(format!("{key:?} {:?}", key.fingerprint(b"x")), "FingerprintKey(…) Fingerprint(…)");
    }
}
