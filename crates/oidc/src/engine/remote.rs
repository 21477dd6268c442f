use std::sync::Arc;
use std::time::Duration;

use claimgate_crypto::{KeySet, digest};
use claimgate_fetch::{FetchError, FetchUrl, Fetched, Fetcher};

use crate::discovery::key_set_address;
use crate::lanes::Lanes;
use crate::shared::Loaded;
use crate::{IssuerSpec, KeySource, KeySourceError};

/// One fetch of one source's keys.
pub(crate) struct Request {
    pub(crate) source: KeySource,
    pub(crate) spec: Arc<IssuerSpec>,
    pub(crate) fetcher: Result<Arc<Fetcher>, KeySourceError>,
    /// Where the discovery document put the keys; without it, the document is fetched first.
    pub(crate) known_address: Option<FetchUrl>,
    /// The keys so far, which are not parsed again if they come again.
    pub(crate) known: Option<Loaded>,
    pub(crate) failures: u32,
    pub(crate) lanes: Lanes,
}

/// The keys that a source gave.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) set: Arc<KeySet>,
    pub(crate) digest: [u8; 32],
    pub(crate) fresh_for: Option<Duration>,
    pub(crate) address: Option<FetchUrl>,
}

impl Request {
    pub(crate) async fn run(self) -> Result<Answer, KeySourceError> {
        let fetcher = self.fetcher.clone()?;
        let _place = self.lanes.enter(self.failures).await;
        let limit = self.spec.limits.key_set.bytes;
        let (document, address) = match &self.source {
            KeySource::Discovery { document } => {
                let address = self.key_set_address(&fetcher, document).await?;
                // The credential is for the configured address, not for one that an answer names.
                let called = if address.same_origin(document) {
                    fetcher.get_with_bearer(&address, limit).await
                } else {
                    fetcher.get(&address, limit).await
                };
                (json(called, &address)?, Some(address))
            }
            KeySource::Url(url) => (json(fetcher.get_with_bearer(url, limit).await, url)?, None),
            KeySource::File(_) | KeySource::Inline(_) => return Err(KeySourceError::Cancelled),
        };
        self.answer(&document, address)
    }

    async fn key_set_address(
        &self,
        fetcher: &Fetcher,
        document: &FetchUrl,
    ) -> Result<FetchUrl, KeySourceError> {
        if let Some(address) = &self.known_address {
            return Ok(address.clone());
        }
        let metadata =
            json(fetcher.get_with_bearer(document, self.spec.limits.discovery_bytes).await, document)?;
        Ok(key_set_address(metadata.body(), document, &self.spec.issuer, &self.spec.aliases)?)
    }

    fn answer(&self, fetched: &Fetched, address: Option<FetchUrl>) -> Result<Answer, KeySourceError> {
        let digest = digest::sha256(fetched.body());
        let set = match &self.known {
            Some(known) if known.digest == digest => Arc::clone(&known.set),
            _ => {
                let set = KeySet::parse(fetched.body(), self.spec.limits.key_set)?;
                if set.is_empty() {
                    return Err(KeySourceError::NoUsableKey { skipped: set.skipped().len() });
                }
                Arc::new(set)
            }
        };
        Ok(Answer { set, digest, fresh_for: fetched.fresh_for(), address })
    }
}

fn json(fetched: Result<Fetched, FetchError>, url: &FetchUrl) -> Result<Fetched, KeySourceError> {
    let fetched = fetched?;
    if fetched.may_be_json() {
        return Ok(fetched);
    }
    let content_type = fetched.content_type().unwrap_or_default().chars().take(100).collect();
    Err(KeySourceError::NotJson { url: url.redacted(), content_type })
}
