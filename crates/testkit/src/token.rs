#![expect(clippy::expect_used, reason = "a test that cannot sign has to stop")]

use claimgate_crypto::{Algorithm, SigningKey, base64url};
use claimgate_json::{Json, Object};

use crate::{Broken, Issuer};

/// A token in the making. It begins as one that everybody accepts: subject `jane`, audience
/// `claimgate`, made now, valid for five minutes, signed by its issuer, `typ` `JWT`.
#[derive(Clone)]
pub struct TokenBuilder<'i> {
    issuer: &'i Issuer,
    key: &'i SigningKey,
    now: i64,
    header: Object,
    claims: Object,
}

impl<'i> TokenBuilder<'i> {
    pub(crate) fn new(issuer: &'i Issuer, now: i64) -> Self {
        let key = issuer.key();
        let header =
            Object::from_iter([("alg", key.algorithm().name()), ("kid", key.id().as_str()), ("typ", "JWT")]);
        let mut claims = Object::from_iter([("iss", issuer.url()), ("sub", "jane"), ("aud", "claimgate")]);
        claims.insert("iat", now);
        claims.insert("exp", now.saturating_add(300));
        Self { issuer, key, now, header, claims }
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.claims.insert(name, value);
        self
    }

    /// Sets all members of `claims`.
    #[must_use]
    pub fn claims(mut self, claims: &Object) -> Self {
        for (name, value) in claims.iter() {
            self.claims.insert(name, value.clone());
        }
        self
    }

    /// Leaves a claim out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets `sub`.
    #[must_use]
    pub fn subject(self, subject: &str) -> Self {
        self.claim("sub", subject)
    }

    /// Sets `aud` to one text.
    #[must_use]
    pub fn audience(self, audience: &str) -> Self {
        self.claim("aud", audience)
    }

    /// Sets `aud` to a list.
    #[must_use]
    pub fn audiences(self, audiences: &[&str]) -> Self {
        self.claim("aud", audiences.to_vec())
    }

    /// Sets `exp`, in seconds from now; a negative number makes an expired token.
    #[must_use]
    pub fn expires_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("exp", at)
    }

    /// Sets `nbf`, in seconds from now.
    #[must_use]
    pub fn not_before_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("nbf", at)
    }

    /// Sets `iat`, in seconds from now.
    #[must_use]
    pub fn issued_in(self, seconds: i64) -> Self {
        let at = self.now.saturating_add(seconds);
        self.claim("iat", at)
    }

    /// Sets the header's `typ`.
    #[must_use]
    pub fn token_type(self, typ: &str) -> Self {
        self.header("typ", typ)
    }

    /// Sets a header parameter; the signature is over it, whatever it says.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.header.insert(name, value);
        self
    }

    /// Leaves a header parameter out.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Signs with this key, though the header goes on naming the issuer's.
    #[must_use]
    pub fn signed_by(mut self, key: &'i SigningKey) -> Self {
        self.key = key;
        self
    }

    /// The token.
    pub fn sign(&self) -> String {
        self.sign_payload(self.claims.to_string().as_bytes())
    }

    /// The token with one fault of this kind, and otherwise right: rightly signed wherever the fault is
    /// not in the signature itself.
    pub fn broken(&self, fault: Broken) -> String {
        fault.apply(self)
    }

    /// The token of any payload.
    pub(crate) fn sign_payload(&self, payload: &[u8]) -> String {
        self.key.sign_compact(&self.header, payload).expect("a key signs")
    }

    /// The token of any header text.
    pub(crate) fn sign_header(&self, header: &[u8]) -> String {
        self.sign_parts(&base64url::encode(header), &base64url::encode(self.payload()))
    }

    /// The token of two encoded parts, be they encoded well or not.
    pub(crate) fn sign_parts(&self, header: &str, payload: &str) -> String {
        let input = format!("{header}.{payload}");
        let signature = self.key.sign(input.as_bytes()).expect("a key signs");
        format!("{input}.{}", base64url::encode(signature))
    }

    pub(crate) fn payload(&self) -> String {
        self.claims.to_string()
    }

    pub(crate) fn header_text(&self) -> String {
        self.header.to_string()
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        self.issuer
    }
}
