use ipnet::IpNet;
use url::Url;

use super::{Audit, Jwt, Limits, Listeners, Logging, Readiness, Route, Telemetry};
use crate::decode::{At, section};

section! {
    /// A Claimgate configuration file.
    pub struct Config {
        /// The version of the format: `1`.
        "version" version: At<u64> = required,
        /// The URL under which people and programs reach the public listener.
        "publicUrl" public_url: Option<At<Url>> = optional,
        /// Networks of the proxies that may ask at the check doors and whose forwarded headers count. Empty: nobody.
        "trustedProxies" trusted_proxies: Vec<At<IpNet>> = optional,
        /// The sockets.
        "listeners" listeners: Listeners = default("{}"),
        /// Files of Kubernetes' kind `AuthenticationConfiguration`, whose entries are trust entries here as well.
        "authenticationConfigurations" authentication_configurations: Vec<At<String>> = optional,
        /// Trust entries: whose tokens are accepted, and what identity they give.
        "jwt" jwt: Vec<Jwt> = optional,
        /// Routes: which requests are allowed to whom.
        "routes" routes: Vec<Route> = optional,
        /// The record of decisions.
        "audit" audit: Audit = default("{}"),
        /// Traces.
        "telemetry" telemetry: Telemetry = default("{}"),
        /// The log.
        "logging" logging: Logging = default("{}"),
        /// Every limit.
        "limits" limits: Limits = default("{}"),
        /// When the gate says that it is ready.
        "readiness" readiness: Readiness = default("{}"),
    }
    later ["clusters", "providers", "accounts", "store", "serviceAccounts", "session", "sessions", "signIn", "signOut",
        "issuing", "tokenExchange", "upstreams", "personalAccessTokens", "staticKeys", "clientCertificates", "revocation"]
}
