use claimgate_crypto::{SignError, base64url};
use claimgate_json::{Json, Object};

use crate::provider::State;
use crate::{Machine, Person, SigningAlgorithm};

/// What is right or wrong with a minted token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TokenKind {
    /// Nothing is wrong with it.
    #[default]
    Valid,
    /// It is for somebody else.
    WrongAudience,
    /// Its time is over, by an hour.
    Expired,
    /// It names an issuer that nobody configured.
    UnknownIssuer,
    /// One bit of its signature is changed.
    ChangedBit,
}

/// Why no token was minted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MintError {
    /// Nobody of that name is known here.
    #[error("the development provider knows nobody of that name")]
    UnknownSubject,
    /// The signature failed.
    #[error("the token could not be signed")]
    Sign(#[from] SignError),
}

/// How long a token lives, in seconds.
pub(crate) const LIFETIME: i64 = 3600;

impl State {
    /// A token of `name`, a person or the machine.
    pub(crate) fn mint(
        &self,
        name: &str,
        kind: TokenKind,
        algorithm: SigningAlgorithm,
        audience: Option<&str>,
    ) -> Result<String, MintError> {
        let mut claims = self.claims(name).ok_or(MintError::UnknownSubject)?;
        let expired = if kind == TokenKind::Expired { 2 * LIFETIME } else { 0 };
        let issued_at = (self.clock)() - expired;
        let issuer = match kind {
            TokenKind::UnknownIssuer => format!("{}/unknown", self.issuer),
            _ => self.issuer.clone(),
        };
        let audience = match kind {
            TokenKind::WrongAudience => "somebody-else",
            _ => audience.unwrap_or(&self.options.audience),
        };
        claims.insert("iss", issuer);
        claims.insert("aud", audience);
        claims.insert("iat", issued_at);
        claims.insert("exp", issued_at + LIFETIME);
        let token = self.keys().signing(algorithm).sign_jwt("JWT", &claims)?;
        Ok(if kind == TokenKind::ChangedBit { with_a_changed_bit(&token) } else { token })
    }

    /// What is known of `name`, as claims.
    pub(crate) fn claims(&self, name: &str) -> Option<Object> {
        let person = self.options.people.iter().find(|person| person.name == name);
        person.map(Person::claims).or_else(|| {
            let machine = &self.options.machine;
            (machine.client_id == name).then(|| machine.claims())
        })
    }
}

impl Person {
    fn claims(&self) -> Object {
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        let mut claims = Object::new();
        claims.insert("sub", self.name.as_str());
        claims.insert("preferred_username", self.name.as_str());
        claims.insert("name", self.display_name.as_str());
        claims.insert("email", self.email.as_str());
        claims.insert("email_verified", true);
        claims.insert("groups", Json::from(groups));
        claims
    }
}

impl Machine {
    fn claims(&self) -> Object {
        Object::from_iter([("sub", self.client_id.as_str()), ("client_id", self.client_id.as_str())])
    }
}

fn with_a_changed_bit(token: &str) -> String {
    let Some((signed, signature)) = token.rsplit_once('.') else { return token.to_owned() };
    let mut bytes = base64url::decode(signature).unwrap_or_default();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    format!("{signed}.{}", base64url::encode(bytes))
}
