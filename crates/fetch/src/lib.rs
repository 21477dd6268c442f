//! The one bounded way to call out over HTTP.
//!
//! Nothing else in Claimgate opens an outgoing connection to a provider or a collector. A [`Fetcher`] has time-outs, a
//! cap on the bytes it reads, follows no redirect, keeps no cookie, decodes no compression, and calls
//! https only: plain http needs a loopback host or an explicit [`PlainHttp::Allowed`].
//!
//! - [`FetchUrl`], [`PlainHttp`], [`RedactedUrl`]: where to, and how an address is shown.
//! - [`Trust`]: the certificate authorities that a connection trusts.
//! - [`ProxyUrl`], [`BearerFile`]: the way through, and the credential.
//! - [`Fetcher`], [`FetcherOptions`], [`Fetched`]: the call and its answer.
//! - [`FetchError`]: what went wrong, in the words of the person who has to repair it.

mod address;
mod answer;
mod bearer;
mod error;
mod fetcher;
mod trust;

pub use address::{AddressError, FetchUrl, PlainHttp, ProxyUrl, RedactedUrl};
pub use answer::Fetched;
pub use bearer::BearerFile;
pub use error::{FetchError, FetcherError};
pub use fetcher::{Fetcher, FetcherOptions, Timeouts};
pub use trust::{Trust, TrustError};
