#![expect(clippy::expect_used, reason = "a test that cannot make its keys has to stop")]
#![expect(clippy::missing_panics_doc, reason = "only where aws-lc has no randomness")]

use claimgate_crypto::{Algorithm, KeyId, KeySet, SigningKey};
use claimgate_json::{Json, Object};

use crate::TokenBuilder;

/// The time of tests that have no clock: 2027-01-15T08:00:00Z in seconds since 1970.
pub const NOW: i64 = 1_800_000_000;

/// An issuer of tokens: a URL and its keys, the newest of which signs.
pub struct Issuer {
    url: String,
    key: SigningKey,
    old_keys: Vec<SigningKey>,
}

impl Issuer {
    /// An issuer with one new key for `algorithm`.
    pub fn new(url: impl Into<String>, algorithm: Algorithm) -> Self {
        Self { url: url.into(), key: generate(algorithm), old_keys: Vec::new() }
    }

    /// The same issuer, its newest key published under `id`.
    #[must_use]
    pub fn with_key_id(mut self, id: &str) -> Self {
        self.key = self.key.with_id(KeyId::new(id));
        self
    }

    /// The URL: the `iss` of its tokens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key that signs.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Starts to sign with a new key; the old ones stay published.
    pub fn rotate(&mut self, algorithm: Algorithm) {
        self.old_keys.push(std::mem::replace(&mut self.key, generate(algorithm)));
    }

    /// Stops to publish all keys but the newest.
    pub fn retire_old_keys(&mut self) {
        self.old_keys.clear();
    }

    /// The published JWK Set. Shared secrets are not in it.
    pub fn jwk_set(&self) -> String {
        let keys: Vec<_> = self.published().filter_map(SigningKey::public_jwk).map(Json::Object).collect();
        Object::from_iter([("keys", keys)]).to_string()
    }

    /// The keys with which its tokens verify, shared secrets included.
    pub fn key_set(&self) -> KeySet {
        KeySet::from_keys(
            self.published().map(|key| key.verification_key().expect("a generated key verifies")),
        )
    }

    /// A token made at [`NOW`].
    pub fn token(&self) -> TokenBuilder<'_> {
        self.token_at(NOW)
    }

    /// A token made at `now`, in seconds since 1970, for tests against something that has a clock.
    pub fn token_at(&self, now: i64) -> TokenBuilder<'_> {
        TokenBuilder::new(self, now)
    }

    fn published(&self) -> impl Iterator<Item = &SigningKey> {
        self.old_keys.iter().chain([&self.key])
    }
}

fn generate(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm).expect("there is randomness")
}
