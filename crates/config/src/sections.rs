//! The sections of a configuration, one file each.

mod jwt;
mod limits;
mod listeners;
mod mappings;
mod records;
mod root;
mod routes;
mod telemetry;

pub use jwt::{
    AliasTemplate, AudienceMatchPolicy, Example, Issuer, Jwt, KeySource, SignatureAlgorithm, TokenKind,
};
pub use limits::Limits;
pub use listeners::{AdminListener, CheckListener, CheckProtocol, Listeners, PublicListener, Tls};
pub use mappings::{
    ClaimMappings, ClaimOrExpression, ClaimValidationRule, ExtraMapping, GroupFilter,
    PrefixedClaimOrExpression, UserValidationRule,
};
pub use records::{Audit, AuditFile, AuditSink, LogFormat, LogLevel, Logging, Readiness};
pub use root::Config;
pub use routes::{
    Allow, Anonymous, CredentialSource, EncodedSlash, Header, HostPattern, ListForm, Method, PathPattern,
    Route, Rule,
};
pub use telemetry::{Otlp, OtlpProtocol, Telemetry, Traces};
