//! TLS for listeners.

use std::sync::Arc;

use claimgate_config::Files;
use claimgate_config::sections::Tls;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// Why a listener's certificate cannot be used. No variant holds anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{path}` cannot be read")]
    Read {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file holds no certificate in PEM.
    #[error("`{0}` holds no certificate in PEM")]
    NoCertificate(String),
    /// A file holds no private key in PEM.
    #[error("`{0}` holds no private key in PEM")]
    NoKey(String),
    /// Certificate and key do not fit, or are of a kind that is not supported.
    #[error("the certificate in `{path}` cannot be used")]
    Unusable {
        /// The certificate's file.
        path: String,
        /// The cause.
        #[source]
        source: rustls::Error,
    },
    /// The authority for client certificates cannot be used.
    #[error("the certificate authority in `{path}` cannot be used: {cause}")]
    Authority {
        /// The file.
        path: String,
        /// The cause.
        cause: String,
    },
}

/// The server side of TLS as a listener's section describes it: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
///
/// # Errors
/// [`TlsError`] for a file that is missing or unusable.
pub fn server_config(tls: &Tls, files: &dyn Files) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = certificates(&tls.certificate_file.value, files)?;
    let path = &tls.key_file.value;
    let key = read(path, files)?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| TlsError::NoKey(path.clone()))?;
    let unusable = |source| TlsError::Unusable { path: tls.certificate_file.value.clone(), source };
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match &tls.client_certificate_authority_file {
        None => builder.with_no_client_auth(),
        Some(file) => builder.with_client_cert_verifier(client_verifier(&file.value, files, provider)?),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Client certificates are asked for, not demanded: a caller without one is not trusted, that is all.
fn client_verifier(
    path: &str,
    files: &dyn Files,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, TlsError> {
    let unusable = |cause: String| TlsError::Authority { path: path.to_owned(), cause };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, files)? {
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .allow_unauthenticated()
        .build()
        .map_err(|error| unusable(error.to_string()))
}

fn certificates(path: &str, files: &dyn Files) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path, files)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(TlsError::NoCertificate(path.to_owned())),
    }
}

fn read(path: &str, files: &dyn Files) -> Result<Vec<u8>, TlsError> {
    files.read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
