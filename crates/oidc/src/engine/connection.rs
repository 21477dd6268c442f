use std::path::Path;
use std::sync::Arc;

use claimgate_crypto::digest;
use claimgate_fetch::{BearerFile, Fetcher, FetcherOptions, Trust};

use super::file::{Look, Stamp, look};
use crate::{CertificateAuthority, KeySourceError, Transport};

/// The issuer's way to call out, which changes with its file of certificate authorities.
pub(crate) struct Connection {
    transport: Transport,
    fetcher: Result<Arc<Fetcher>, KeySourceError>,
    stamp: Option<Stamp>,
    digest: Option<[u8; 32]>,
    last_problem: Option<KeySourceError>,
}

impl Connection {
    pub(crate) fn new(transport: Transport, system_trust: &Trust) -> Self {
        let trust = match &transport.authority {
            CertificateAuthority::System => Ok(system_trust.clone()),
            CertificateAuthority::Inline(bundle) => trust(bundle),
            CertificateAuthority::File(_) => Err(refused("the file was not read yet")),
        };
        let fetcher = trust.and_then(|trust| fetcher(&transport, trust));
        Self { transport, fetcher, stamp: None, digest: None, last_problem: None }
    }

    pub(crate) fn has_file(&self) -> bool {
        self.file().is_some()
    }

    /// What fetches go through, or why nothing can be fetched.
    pub(crate) fn fetcher(&self) -> Result<Arc<Fetcher>, KeySourceError> {
        self.fetcher.clone()
    }

    pub(crate) fn forget_stamp(&mut self) {
        self.stamp = None;
    }

    /// Reads the file of certificate authorities if it changed; true if others are trusted now.
    ///
    /// # Errors
    /// A file that cannot be used, once for each problem; the former authorities stay.
    pub(crate) async fn refresh(&mut self) -> Result<bool, KeySourceError> {
        let Some(path) = self.file() else { return Ok(false) };
        let outcome = match look(path, self.stamp).await {
            Ok(Look::Unchanged) => return Ok(false),
            Ok(Look::Read(stamp, bundle)) => {
                self.stamp = Some(stamp);
                self.replace(&bundle)
            }
            Err(reason) => Err(refused(&reason)),
        };
        let Err(error) = &outcome else {
            self.last_problem = None;
            return outcome;
        };
        if self.fetcher.is_err() {
            self.fetcher = Err(error.clone());
        }
        let repeated = self.last_problem.as_ref() == Some(error);
        self.last_problem = Some(error.clone());
        if repeated { Ok(false) } else { outcome }
    }

    fn replace(&mut self, bundle: &[u8]) -> Result<bool, KeySourceError> {
        let digest = digest::sha256(bundle);
        if self.digest == Some(digest) {
            return Ok(false);
        }
        let trust = trust(bundle)?;
        match &self.fetcher {
            Ok(fetcher) => fetcher.replace_trust(&trust).map_err(|error| refused(&error.to_string()))?,
            Err(_) => self.fetcher = Ok(fetcher(&self.transport, trust)?),
        }
        self.digest = Some(digest);
        Ok(true)
    }

    fn file(&self) -> Option<&Path> {
        match &self.transport.authority {
            CertificateAuthority::File(path) => Some(path),
            _ => None,
        }
    }
}

fn fetcher(transport: &Transport, trust: Trust) -> Result<Arc<Fetcher>, KeySourceError> {
    let options = FetcherOptions {
        trust,
        proxy: transport.proxy.clone(),
        bearer: transport.bearer_file.clone().map(BearerFile::new),
        timeouts: transport.timeouts,
    };
    Fetcher::new(options).map(Arc::new).map_err(|error| refused(&crate::error::chain(&error)))
}

fn trust(bundle: &[u8]) -> Result<Trust, KeySourceError> {
    Trust::from_pem(bundle).map_err(|error| refused(&crate::error::chain(&error)))
}

fn refused(reason: &str) -> KeySourceError {
    KeySourceError::CertificateAuthority { reason: reason.to_owned() }
}
