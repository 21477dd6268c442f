use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use claimgate_crypto::{KeySet, KeySetError, KeySetLimits};
use claimgate_fetch::{FetchUrl, ProxyUrl, Timeouts};

use crate::KeyLimits;

/// The identity of an issuer in the registry: what the configuration calls it, which is its URL unless
/// it has a name of its own. Two issuers never share keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IssuerId(Arc<str>);

impl IssuerId {
    /// The issuer that the configuration calls `name`.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssuerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An issuer whose keys are wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuerSpec {
    /// Its identity in the registry.
    pub id: IssuerId,
    /// The issuer as its tokens and its discovery document must spell it.
    pub issuer: String,
    /// Further spellings that its discovery document may use: a closed list.
    pub aliases: Vec<String>,
    /// Where its keys come from; several are united.
    pub sources: Vec<KeySource>,
    /// How it is called.
    pub transport: Transport,
    /// How often, how long and how much.
    pub limits: KeyLimits,
}

impl IssuerSpec {
    /// Whether keys that were fetched for `other` may stay: the same issuer, from the same sources.
    pub(crate) fn has_keys_of(&self, other: &Self) -> bool {
        self.id == other.id
            && self.issuer == other.issuer
            && self.aliases == other.aliases
            && self.sources == other.sources
    }
}

/// Where keys come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeySource {
    /// The JWK Set that a discovery document names (`OpenID` Connect Discovery 1.0 §4).
    Discovery {
        /// The address of the document: `<issuer>/.well-known/openid-configuration` unless the
        /// configuration says otherwise.
        document: FetchUrl,
    },
    /// The JWK Set at an address.
    Url(FetchUrl),
    /// A JWK Set or PEM file, read again when it changes.
    File(PathBuf),
    /// A JWK Set or PEM block of the configuration.
    Inline(InlineKeys),
}

impl KeySource {
    /// The discovery document where `OpenID` Connect Discovery 1.0 §4 puts it.
    pub fn discovery_of(issuer: &FetchUrl) -> Self {
        Self::Discovery { document: issuer.below(".well-known/openid-configuration") }
    }
}

/// Keys that the configuration holds itself.
#[derive(Clone, Debug)]
pub struct InlineKeys {
    document: Bytes,
    set: Arc<KeySet>,
}

impl InlineKeys {
    /// Reads a JWK Set, or PEM if it begins so.
    ///
    /// # Errors
    /// [`InlineKeysError`] if it is neither, or has no usable key.
    pub fn parse(document: impl Into<Bytes>) -> Result<Self, InlineKeysError> {
        let document = document.into();
        let set = parse_static(&document)?;
        if set.is_empty() { Err(InlineKeysError::Empty) } else { Ok(Self { document, set: Arc::new(set) }) }
    }

    pub(crate) fn set(&self) -> &Arc<KeySet> {
        &self.set
    }

    pub(crate) fn document(&self) -> &[u8] {
        &self.document
    }
}

impl PartialEq for InlineKeys {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Eq for InlineKeys {}

/// Why keys of the configuration cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InlineKeysError {
    /// Not a set of keys.
    #[error("the inline keys cannot be read")]
    Document(#[from] KeySetError),
    /// No usable key.
    #[error("no inline key can be used")]
    Empty,
}

/// Reads the keys of the configuration or of a file that it names.
pub(crate) fn parse_static(document: &[u8]) -> Result<KeySet, KeySetError> {
    if document.trim_ascii_start().starts_with(b"-----BEGIN") {
        KeySet::parse_pem(document, KeySetLimits::default())
    } else {
        KeySet::parse_static(document, KeySetLimits::default())
    }
}

/// How an issuer is called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transport {
    /// Whom its certificate must come from.
    pub authority: CertificateAuthority,
    /// The proxy.
    pub proxy: Option<ProxyUrl>,
    /// A file with a bearer token, sent to the origins of the configured addresses only.
    pub bearer_file: Option<PathBuf>,
    /// The time-outs.
    pub timeouts: Timeouts,
}

/// The certificate authorities that an issuer's certificate may come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum CertificateAuthority {
    /// The system's.
    #[default]
    System,
    /// A PEM bundle of the configuration.
    Inline(Bytes),
    /// A PEM file, read again when it changes.
    File(PathBuf),
}
