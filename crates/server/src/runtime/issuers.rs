use claimgate_config::{CertificateAuthority, Config, IssuerSettings, KeyOrigin};
use claimgate_crypto::KeySetLimits;
use claimgate_fetch::{AddressError, FetchUrl, PlainHttp, Timeouts};
use claimgate_oidc::{InlineKeys, InlineKeysError, IssuerId, IssuerSpec, KeyLimits, KeySource, Transport};

use crate::files::ConfigFiles;

/// Why an issuer cannot be asked for its keys as the configuration says.
#[derive(Debug, thiserror::Error)]
#[error("issuer `{issuer}`: {cause}")]
pub struct IssuerError {
    /// The issuer.
    pub issuer: String,
    /// The cause.
    #[source]
    pub cause: IssuerErrorCause,
}

/// The cause of an [`IssuerError`].
#[derive(Debug, thiserror::Error)]
pub enum IssuerErrorCause {
    /// An address that must not be called.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Inline keys that cannot be read.
    #[error(transparent)]
    Keys(#[from] InlineKeysError),
}

/// What the key engine needs to know of a configuration's issuers.
///
/// # Errors
/// The first issuer that cannot be asked.
pub fn specs(
    config: &Config,
    issuers: &[IssuerSettings],
    files: &ConfigFiles,
) -> Result<Vec<IssuerSpec>, IssuerError> {
    let one = |settings: &IssuerSettings| {
        spec(config, settings, files)
            .map_err(|cause| IssuerError { issuer: settings.issuer.url.to_string(), cause })
    };
    issuers.iter().map(one).collect()
}

fn spec(
    config: &Config,
    settings: &IssuerSettings,
    files: &ConfigFiles,
) -> Result<IssuerSpec, IssuerErrorCause> {
    let plain = if settings.allow_http { PlainHttp::Allowed } else { PlainHttp::Loopback };
    let address = |url: &str| FetchUrl::parse(url, plain);
    let source = |origin: &KeyOrigin| {
        Ok::<_, IssuerErrorCause>(match origin {
            KeyOrigin::Discovery => match &settings.discovery_url {
                Some(document) => KeySource::Discovery { document: address(document.as_str())? },
                None => KeySource::discovery_of(&address(&settings.issuer.url)?),
            },
            KeyOrigin::Url(url) => KeySource::Url(address(url.as_str())?),
            KeyOrigin::File(path) => KeySource::File(files.locate(path)),
            KeyOrigin::Inline(document) => {
                KeySource::Inline(InlineKeys::parse(document.as_bytes().to_vec())?)
            }
        })
    };
    let authority = match &settings.certificate_authority {
        None => claimgate_oidc::CertificateAuthority::System,
        Some(CertificateAuthority { file: Some(path), .. }) => {
            claimgate_oidc::CertificateAuthority::File(files.locate(path))
        }
        Some(CertificateAuthority { pem, file: None }) => {
            claimgate_oidc::CertificateAuthority::Inline(pem.as_bytes().to_vec().into())
        }
    };
    let proxy = settings.proxy.as_ref().map(|url| url.as_str().parse()).transpose()?;
    let limits = &config.limits;
    Ok(IssuerSpec {
        id: IssuerId::new(&settings.issuer.url),
        issuer: settings.issuer.url.to_string(),
        aliases: settings.issuer.aliases.iter().map(ToString::to_string).collect(),
        sources: settings.keys.iter().map(source).collect::<Result<_, _>>()?,
        transport: Transport {
            authority,
            proxy,
            bearer_file: None,
            timeouts: Timeouts {
                connect: limits.fetch_connect_timeout.value,
                total: limits.fetch_timeout.value,
            },
        },
        limits: key_limits(config),
    })
}

fn key_limits(config: &Config) -> KeyLimits {
    let limits = &config.limits;
    let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    KeyLimits {
        refresh: limits.key_refresh.value,
        refresh_min: limits.key_refresh_min.value,
        refresh_max: limits.key_refresh_max.value,
        retry_min: limits.fetch_retry_min.value,
        retry_max: limits.fetch_retry_max.value,
        stale: limits.stale_keys.value,
        negative: limits.negative_cache.value,
        unknown_burst: u32::try_from(limits.unknown_key_burst.value).unwrap_or(u32::MAX),
        unknown_interval: limits.unknown_key_interval.value,
        discovery_bytes: size(limits.discovery_size.value.0),
        key_set: KeySetLimits {
            bytes: size(limits.key_set_size.value.0),
            keys: size(limits.key_set_keys.value),
        },
    }
}
