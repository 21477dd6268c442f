use std::fmt;
use std::sync::Arc;

use rustls::client::ClientConfig;
use rustls::{RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// The certificate authorities that a connection trusts. Cheap to clone and to share: ten thousand
/// issuers with the same authorities hold one set.
#[derive(Clone)]
pub struct Trust {
    tls: Arc<ClientConfig>,
    authorities: usize,
}

impl Trust {
    /// The system's authorities, as found in its usual places or where `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` point. A system that has none gives a trust that trusts nobody
    /// ([`authorities`](Self::authorities) is 0).
    ///
    /// # Errors
    /// [`TrustError::Tls`] if the TLS library refuses its own settings.
    pub fn system() -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::new(roots)
    }

    /// The authorities of a PEM bundle, and no others.
    ///
    /// # Errors
    /// [`TrustError`] if it holds no certificate, or one that cannot be read.
    pub fn from_pem(bundle: &[u8]) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(bundle) {
            let certificate = certificate.map_err(|_| TrustError::NotPem)?;
            roots.add(certificate).map_err(TrustError::Certificate)?;
        }
        if roots.is_empty() { Err(TrustError::Empty) } else { Self::new(roots) }
    }

    /// How many authorities are trusted.
    pub fn authorities(&self) -> usize {
        self.authorities
    }

    pub(crate) fn tls(&self) -> ClientConfig {
        ClientConfig::clone(&self.tls)
    }

    fn new(roots: RootCertStore) -> Result<Self, TrustError> {
        let authorities = roots.len();
        let mut tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TrustError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { tls: Arc::new(tls), authorities })
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("authorities", &self.authorities).finish_non_exhaustive()
    }
}

/// Why a bundle of certificate authorities cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TrustError {
    /// Not PEM.
    #[error("not a PEM bundle of certificates")]
    NotPem,
    /// PEM without a certificate.
    #[error("holds no certificate")]
    Empty,
    /// A certificate that cannot be an authority.
    #[error("holds a certificate that cannot be read")]
    Certificate(#[source] rustls::Error),
    /// The TLS library refuses its own settings.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(["ca".to_owned()]).unwrap().self_signed(&key).unwrap();
        let pem = certificate.pem();
        assert_eq!(Trust::from_pem(pem.as_bytes()).unwrap().authorities(), 1);
        assert!(matches!(Trust::from_pem(b""), Err(TrustError::Empty)));
        assert!(matches!(Trust::from_pem(key.serialize_pem().as_bytes()), Err(TrustError::Empty)));
        let broken = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
        assert!(matches!(Trust::from_pem(broken.as_bytes()), Err(TrustError::NotPem)));
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Trust::from_pem(nonsense.as_bytes()), Err(TrustError::Certificate(_))));
    }
}
