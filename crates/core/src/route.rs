//! Routes: which requests they cover, and what they demand.

mod table;

use std::sync::Arc;

use hashbrown::HashMap;

use crate::credential::CredentialSource;
use crate::headers::IdentityHeader;
use crate::identity::Identity;
use crate::policy::Policy;
use crate::request::{CanonicalRequest, EncodedSlash};
use crate::trust::TrustEntry;

pub use table::{RouteTable, RouteTie};

/// A route, compiled.
#[derive(Debug)]
pub struct Route {
    /// The route's name.
    pub name: Arc<str>,
    /// Which requests it covers.
    pub scope: RouteScope,
    /// The trust entries whose tokens it accepts.
    pub accept: Arc<AcceptedEntries>,
    /// Where a credential may stand.
    pub sources: Arc<[CredentialSource]>,
    /// The audiences that count here, if fewer than the trust entry's.
    pub audiences: Option<Vec<String>>,
    /// Who is allowed.
    pub policy: Policy,
    /// Its identity headers.
    pub headers: Arc<[IdentityHeader]>,
    /// The paths that need no credential.
    pub exempt: Vec<PathPattern>,
    /// The identity of requests without a credential, where the route wants one.
    pub anonymous: Option<Arc<Identity>>,
    /// What becomes of `%2F` in a path.
    pub encoded_slash: EncodedSlash,
}

impl Route {
    /// Whether `request` stands on one of the exempt paths.
    pub fn is_exempt(&self, request: &CanonicalRequest) -> bool {
        self.exempt.iter().any(|pattern| pattern.matches(request.path().as_str()))
    }
}

/// Which requests a route covers. An empty list covers all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RouteScope {
    /// Hosts, in lower case.
    pub hosts: Vec<HostPattern>,
    /// Paths.
    pub paths: Vec<PathPattern>,
    /// Methods, in upper case.
    pub methods: Vec<Box<str>>,
}

impl RouteScope {
    /// Whether `request` lies in this scope, whatever other routes there are.
    pub fn covers(&self, request: &CanonicalRequest) -> bool {
        let host = request.host().as_str();
        let path = request.path().as_str();
        (self.hosts.is_empty() || self.hosts.iter().any(|pattern| pattern.matches(host)))
            && (self.paths.is_empty() || self.paths.iter().any(|pattern| pattern.matches(path)))
            && (self.methods.is_empty() || self.methods.iter().any(|method| **method == *request.method()))
    }
}

/// A pattern for hosts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HostPattern {
    /// One host, in lower case.
    Exact(Arc<str>),
    /// `*.suffix`: exactly one label in front of the suffix, which is kept without the dot.
    OneLabel(Arc<str>),
}

impl HostPattern {
    /// Whether `host`, in lower case, fits.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(exact) => **exact == *host,
            Self::OneLabel(suffix) => host.split_once('.').is_some_and(|(_, rest)| *rest == **suffix),
        }
    }
}

/// A pattern for canonical paths.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PathPattern {
    /// One path.
    Exact(Arc<str>),
    /// A path and everything below it; `/a` covers `/a` and `/a/b`, not `/ab`. Kept without a slash at
    /// its end; the whole tree is `""`.
    Prefix(Arc<str>),
}

impl PathPattern {
    /// The pattern of the prefix `path`, with or without a slash at its end.
    pub fn prefix(path: &str) -> Self {
        Self::Prefix(path.strip_suffix('/').unwrap_or(path).into())
    }

    /// Whether `path`, in canonical form, fits.
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => **exact == *path,
            Self::Prefix(prefix) => {
                path.strip_prefix(&**prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

/// The trust entries that a route accepts, by issuer. Routes that accept the same share one.
#[derive(Debug, Default)]
pub struct AcceptedEntries {
    by_issuer: HashMap<Box<str>, Vec<Arc<TrustEntry>>, foldhash::fast::RandomState>,
}

impl AcceptedEntries {
    /// The entries, found by their issuer's URL and its aliases.
    pub fn new(entries: impl IntoIterator<Item = Arc<TrustEntry>>) -> Self {
        let mut by_issuer: HashMap<Box<str>, Vec<_>, _> = HashMap::default();
        for entry in entries {
            for issuer in entry.issuer.names() {
                by_issuer.entry(issuer.into()).or_default().push(entry.clone());
            }
        }
        Self { by_issuer }
    }

    /// The entries of the issuer that calls itself `issuer`, compared byte for byte.
    pub fn of_issuer(&self, issuer: &str) -> &[Arc<TrustEntry>] {
        self.by_issuer.get(issuer).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every accepted entry; one with aliases stands once for each of its issuer's names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<TrustEntry>> {
        self.by_issuer.values().flatten()
    }

    /// Whether no entry is accepted.
    pub fn is_empty(&self) -> bool {
        self.by_issuer.is_empty()
    }
}
