//! Verified tokens.

use claimgate_crypto::{ClaimError, RegisteredClaims, VerifiedJwt};
use claimgate_json::{Json, Object};

use crate::time::Timestamp;

/// A token whose signature was verified with a key of its issuer. It can only be made from
/// [`VerifiedJwt`], the proof that the crypto crate gives, or as a [`VerifiedToken::hypothetical`] one.
#[derive(Clone, Debug)]
pub struct VerifiedToken {
    claims: Json,
    audiences: Vec<String>,
    expires_at: Timestamp,
    proof: Proof,
}

/// Why the claims of a token are believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    /// A signature by a key of the issuer.
    Signature,
    /// Nothing: somebody asks what would happen if. `explain` only; such a token never allows a request.
    Hypothesis,
}

impl VerifiedToken {
    /// The token of a verified JWT.
    ///
    /// # Errors
    /// [`ClaimError`] if a registered claim has a wrong type.
    pub fn new(jwt: VerifiedJwt) -> Result<Self, ClaimError> {
        Self::build(jwt.into_claims(), Proof::Signature)
    }

    /// A token as it would be if somebody had signed `claims`.
    ///
    /// # Errors
    /// [`ClaimError`] if a registered claim has a wrong type.
    pub fn hypothetical(claims: Object) -> Result<Self, ClaimError> {
        Self::build(claims, Proof::Hypothesis)
    }

    fn build(claims: Object, proof: Proof) -> Result<Self, ClaimError> {
        let registered = RegisteredClaims::parse(&claims)?;
        let audiences = registered.audiences.iter().map(|&audience| audience.to_owned()).collect();
        let expires_at =
            Timestamp::from_seconds(registered.expires_at.map_or(0, claimgate_crypto::NumericDate::floor));
        Ok(Self { claims: Json::Object(claims), audiences, expires_at, proof })
    }

    /// All claims; always an object.
    pub fn claims(&self) -> &Json {
        &self.claims
    }

    /// The `iss` claim.
    pub fn issuer(&self) -> &str {
        self.text("iss").unwrap_or_default()
    }

    /// The `sub` claim.
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// The `aud` claim as a list.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// The `exp` claim, in whole seconds.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Why its claims are believed.
    pub fn proof(&self) -> Proof {
        self.proof
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }
}
