use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The kind of a problem, stable for scripts.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What the code says, in a sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    /// The file is not YAML, or has a construct that a configuration may not have.
    Syntax = "syntax",
    /// The file exceeds a limit of the loader: size, depth, number of values.
    TooLarge = "too_large",
    /// A key stands twice in one mapping.
    DuplicateKey = "duplicate_key",
    /// A key that does not exist.
    UnknownKey = "unknown_key",
    /// A key or a value that exists in a later release.
    NotYetSupported = "not_yet_supported",
    /// A required key is missing.
    MissingKey = "missing_key",
    /// A value of the wrong type.
    WrongType = "wrong_type",
    /// A value of the right type that is not allowed here.
    InvalidValue = "invalid_value",
    /// Two keys, of which only one may be given.
    ConflictingKeys = "conflicting_keys",
    /// A name or a value that must be unique stands twice.
    DuplicateValue = "duplicate_value",
    /// `apiVersion` or `version` is not one that this release reads.
    UnsupportedVersion = "unsupported_version",
    /// Two trust entries that one token could fit on one route.
    AmbiguousTrustEntries = "ambiguous_trust_entries",
    /// Two trust entries of one issuer that disagree about how its keys are had.
    ConflictingIssuer = "conflicting_issuer",
    /// Two routes that one request fits equally well.
    RouteTie = "route_tie",
    /// A route that says nothing about who is allowed.
    NoPolicy = "no_policy",
    /// A reference to something that is not configured.
    UnknownTarget = "unknown_target",
    /// A user name or group that is reserved for Kubernetes.
    ReservedName = "reserved_name",
    /// An expression that does not compile, or yields the wrong type.
    Expression = "expression",
    /// An expression that Kubernetes itself would refuse.
    KubernetesRefuses = "kubernetes_refuses",
    /// An e-mail address is used without looking at whether it was verified.
    UnverifiedEmail = "unverified_email",
    /// An issuer or key set that is fetched without TLS.
    InsecureUrl = "insecure_url",
    /// A file that the configuration names cannot be used.
    File = "file",
    /// An example of a trust entry does not come out as written.
    ExampleFailed = "example_failed",
    /// A setting that is read and has no effect.
    NoEffect = "no_effect",
    /// A key by its former name.
    RenamedKey = "renamed_key",
    /// A key that was changed while the gate runs, and counts at its next start only.
    RestartNeeded = "restart_needed",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
