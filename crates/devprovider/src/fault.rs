/// How the provider misbehaves from now on. Requests that were waiting are answered by the new rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fault {
    /// Not at all.
    #[default]
    None,
    /// It closes every connection without an answer.
    Down,
    /// It accepts requests and answers when the fault is over.
    Slow,
    /// Every answer is a page with status 200.
    Html,
    /// Every answer is a redirect to the place where it would have been answered.
    Redirect,
    /// Every answer is JSON of 10 MiB.
    TenMebibytes,
    /// The discovery document names another issuer.
    WrongIssuer,
    /// The key set has no keys.
    EmptySet,
    /// The key set has a key of an unknown type and a broken one among the good ones.
    BadKeys,
    /// The answers are JSON with the status 500.
    InternalError,
}
