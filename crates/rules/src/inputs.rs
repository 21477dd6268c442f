use std::collections::BTreeMap;

use claimgate_json::Json;

/// What one evaluation may read. A member that the rule does not read may be absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs<'a> {
    /// `claims`: the token's claims, an object.
    pub claims: Option<&'a Json>,
    /// `user`: the identity.
    pub user: Option<User<'a>>,
    /// `token`: what the verified token says of itself.
    pub token: Option<Token<'a>>,
    /// `request`: the canonical request.
    pub request: Option<Request<'a>>,
    /// `serviceAccounts`: the matching ServiceAccounts as `namespace/name`.
    pub service_accounts: Option<&'a [String]>,
}

/// An identity as Kubernetes' `UserInfo` has it.
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    /// `user.username`
    pub username: &'a str,
    /// `user.uid`
    pub uid: &'a str,
    /// `user.groups`
    pub groups: &'a [String],
    /// `user.extra`
    pub extra: &'a BTreeMap<String, Vec<String>>,
}

/// A verified token, apart from its claims.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// `token.entry`: the name of the trust entry that verified it.
    pub entry: &'a str,
    /// `token.issuer`
    pub issuer: &'a str,
    /// `token.audiences`
    pub audiences: &'a [String],
    /// `token.expiresAt`, in seconds since 1970-01-01T00:00:00Z; a timestamp to the rule.
    pub expires_at: i64,
}

/// A canonical request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `request.method`
    pub method: &'a str,
    /// `request.scheme`
    pub scheme: &'a str,
    /// `request.host`
    pub host: &'a str,
    /// `request.path`
    pub path: &'a str,
}
