use claimgate_json::{Json, Object};

/// The claims by which a token is verified, of those that RFC 7519 §4.1 registers: each absent or of its
/// right type. `jti` is none of them: it limits nothing, so whatever it is, the token means the same.
///
/// Whether one is required is not decided here.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RegisteredClaims<'c> {
    /// `iss`: a text, never a list.
    pub issuer: Option<&'c str>,
    /// `sub`: a text.
    pub subject: Option<&'c str>,
    /// `aud`: one text, or a list of texts. Empty if the claim is absent, or an empty list: for nobody, either way.
    pub audiences: Vec<&'c str>,
    /// `exp`
    pub expires_at: Option<NumericDate>,
    /// `nbf`
    pub not_before: Option<NumericDate>,
    /// `iat`
    pub issued_at: Option<NumericDate>,
}

impl<'c> RegisteredClaims<'c> {
    /// Reads the registered claims of a token.
    ///
    /// # Errors
    /// [`ClaimError`] for the first claim that is there with a wrong type, `null` included. Such a claim
    /// is never taken for absent: a limit that cannot be read is not a missing limit.
    pub fn parse(claims: &'c Object) -> Result<Self, ClaimError> {
        Ok(Self {
            issuer: text(claims, "iss")?,
            subject: text(claims, "sub")?,
            audiences: audiences(claims)?,
            expires_at: date(claims, "exp")?,
            not_before: date(claims, "nbf")?,
            issued_at: date(claims, "iat")?,
        })
    }
}

/// A claim that is there but unusable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the claim `{claim}` is {problem}")]
pub struct ClaimError {
    /// The claim's name.
    pub claim: &'static str,
    /// What is wrong with it.
    pub problem: ClaimProblem,
}

/// What is wrong with a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimProblem {
    /// Not a text.
    #[error("not a text")]
    NotText,
    /// Neither a text nor a list of texts.
    #[error("neither a text nor a list of texts")]
    NotTextOrTexts,
    /// Not a number.
    #[error("not a number")]
    NotNumber,
    /// A date further from 1970 than 2^53 seconds.
    #[error("not a date within range")]
    OutOfRange,
}

/// Seconds since 1970-01-01T00:00:00Z without leap seconds, perhaps with a fraction (RFC 7519 §2), not
/// further away than 2^53.
///
/// A clock of whole seconds has to round: a limit at the end of a token's life down, one at its
/// beginning up, so that rounding never lengthens it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NumericDate {
    floor: i64,
    has_fraction: bool,
}

impl NumericDate {
    /// The date of whole seconds.
    pub fn from_seconds(seconds: i64) -> Self {
        Self { floor: seconds, has_fraction: false }
    }

    /// The last whole second that is not after the date: for `exp` and `iat`.
    pub fn floor(self) -> i64 {
        self.floor
    }

    /// The first whole second that is not before the date: for `nbf`.
    pub fn ceil(self) -> i64 {
        self.floor.saturating_add(i64::from(self.has_fraction))
    }

    fn from_json(value: &Json) -> Result<Self, ClaimProblem> {
        let number = value.as_number().ok_or(ClaimProblem::NotNumber)?;
        let seconds = number.as_f64();
        if seconds.abs() > FURTHEST {
            return Err(ClaimProblem::OutOfRange);
        }
        #[expect(clippy::cast_possible_truncation, reason = "within 2^53, where doubles are exact integers")]
        let floor = seconds.floor() as i64;
        #[expect(clippy::float_cmp, reason = "whether there is a fraction at all")]
        let has_fraction = seconds.floor() != seconds;
        Ok(Self { floor, has_fraction })
    }
}

/// 2^53
const FURTHEST: f64 = 9_007_199_254_740_992.0;

fn text<'c>(claims: &'c Object, claim: &'static str) -> Result<Option<&'c str>, ClaimError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(ClaimError { claim, problem: ClaimProblem::NotText }),
    }
}

fn date(claims: &Object, claim: &'static str) -> Result<Option<NumericDate>, ClaimError> {
    let date = claims.get(claim).map(NumericDate::from_json).transpose();
    date.map_err(|problem| ClaimError { claim, problem })
}

fn audiences(claims: &Object) -> Result<Vec<&str>, ClaimError> {
    let error = |problem| ClaimError { claim: "aud", problem };
    match claims.get("aud") {
        None => Ok(Vec::new()),
        Some(Json::String(audience)) => Ok(vec![audience]),
        Some(Json::Array(audiences)) => {
            let texts: Option<Vec<_>> = audiences.iter().map(Json::as_str).collect();
            texts.ok_or(error(ClaimProblem::NotTextOrTexts))
        }
        Some(_) => Err(error(ClaimProblem::NotTextOrTexts)),
    }
}

#[cfg(test)]
mod tests;
