//! Tokens of about 1.4 kB, as of a provider with groups.

use std::path::PathBuf;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use claimgate_crypto::Algorithm;
use claimgate_json::{Json, Object};
use claimgate_testkit::{Issuer, TokenBuilder};

use crate::error::BenchError;
use crate::process::Folder;

/// The audience of every token.
pub(crate) const AUDIENCE: &str = "claimgate";

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// An issuer that signs with RS256.
pub(crate) fn issuer(url: &str) -> Issuer {
    Issuer::new(url, Algorithm::Rs256)
}

/// A token for the subject of this number, valid for an hour.
pub(crate) fn token(issuer: &Issuer, number: usize) -> TokenBuilder<'_> {
    let mut claims = Object::from_iter([
        ("email", "jane.doe@example.com"),
        ("preferred_username", "jane"),
        ("name", "Jane Doe"),
        ("azp", AUDIENCE),
        ("scope", "openid email profile groups"),
        ("session_state", "9b0f2f63-6f2a-4bb0-9d0e-52ad7c1a5c0e"),
    ]);
    claims.insert("groups", (0..20).map(|group| format!("team-{group:02}")).collect::<Vec<_>>());
    claims
        .insert("realm_access", Object::from_iter([("roles", vec!["offline_access", "uma_authorization"])]));
    claims.insert("email_verified", Json::Bool(true));
    claims.insert("jti", format!("0e9d1c1c-3b9c-4c0e-8f5e-{number:012}"));
    let subject = format!("f3c1c5a1-55f4-4d5e-9c4e-{number:012}");
    issuer.token_at(now()).subject(&subject).audience(AUDIENCE).claims(&claims).expires_in(3600)
}

/// A file with `count` different tokens of `issuer`, one a line.
pub(crate) fn file(
    folder: &Folder,
    name: &str,
    issuer: &Issuer,
    count: usize,
) -> Result<PathBuf, BenchError> {
    let half = count / 2;
    let sign = |from: usize, to: usize| -> String {
        (from..to).map(|number| token(issuer, number).sign() + "\n").collect()
    };
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| sign(0, half));
        let second = sign(half, count);
        (first.join(), second)
    });
    let first = first.map_err(|_| BenchError::new("tokens could not be signed"))?;
    folder.write(name, &(first + &second))
}
