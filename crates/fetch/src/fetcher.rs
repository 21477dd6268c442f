use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::{Client, Proxy, Response, redirect, retry};

use crate::{BearerFile, FetchError, FetchUrl, Fetched, FetcherError, ProxyUrl, Trust};

/// How long a call may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// Until there is a connection, TLS included.
    pub connect: Duration,
    /// From the start to the last byte of the answer.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(10) }
    }
}

/// What a fetcher is made of.
#[derive(Debug)]
pub struct FetcherOptions {
    /// The certificate authorities.
    pub trust: Trust,
    /// The proxy, if calls go through one. The environment (`HTTPS_PROXY`) is never read.
    pub proxy: Option<ProxyUrl>,
    /// The credential that [`Fetcher::get_with_bearer`] sends.
    pub bearer: Option<BearerFile>,
    /// The time-outs.
    pub timeouts: Timeouts,
}

/// One issuer's, or one collector's, way to call out.
#[derive(Debug)]
pub struct Fetcher {
    client: ArcSwap<Client>,
    proxy: Option<ProxyUrl>,
    bearer: Option<BearerFile>,
    timeouts: Timeouts,
}

impl Fetcher {
    /// A fetcher of these options.
    ///
    /// # Errors
    /// [`FetcherError`] if the HTTP library refuses the options.
    pub fn new(options: FetcherOptions) -> Result<Self, FetcherError> {
        let FetcherOptions { trust, proxy, bearer, timeouts } = options;
        let client = client(&trust, proxy.as_ref(), timeouts)?;
        Ok(Self { client: ArcSwap::from_pointee(client), proxy, bearer, timeouts })
    }

    /// Trusts other certificate authorities from the next call on. Connections made under the former
    /// ones are not used again.
    ///
    /// # Errors
    /// [`FetcherError`] if the HTTP library refuses them; the former ones stay.
    pub fn replace_trust(&self, trust: &Trust) -> Result<(), FetcherError> {
        self.client.store(Arc::new(client(trust, self.proxy.as_ref(), self.timeouts)?));
        Ok(())
    }

    /// Gets `url` and reads at most `limit` bytes, without a credential.
    ///
    /// # Errors
    /// [`FetchError`] for anything but a whole answer with status 200.
    pub async fn get(&self, url: &FetchUrl, limit: usize) -> Result<Fetched, FetchError> {
        self.call(url, limit, None).await
    }

    /// Gets `url` with the bearer token of [`FetcherOptions::bearer`], if there is one. The caller
    /// answers for `url` being an address that may see the token.
    ///
    /// # Errors
    /// [`FetchError`] for anything but a whole answer with status 200, or if no token was ever read.
    pub async fn get_with_bearer(&self, url: &FetchUrl, limit: usize) -> Result<Fetched, FetchError> {
        let authorization = match &self.bearer {
            Some(file) => Some(file.authorization().await?),
            None => None,
        };
        self.call(url, limit, authorization).await
    }

    /// Posts `body` to `url` with `headers` and reads at most `limit` bytes of the answer. The caller
    /// answers for `url` being an address that may see the headers.
    ///
    /// # Errors
    /// [`FetchError`] for anything but a whole answer with a status of success.
    pub async fn post(
        &self,
        url: &FetchUrl,
        headers: HeaderMap,
        body: Bytes,
        limit: usize,
    ) -> Result<Fetched, FetchError> {
        let client = Client::clone(&self.client.load());
        let request = client.post(url.url().clone()).headers(headers).body(body);
        let response = request.send().await;
        let response = response.map_err(|error| FetchError::from_transport(&error, url.redacted()))?;
        check_head(&response, url, StatusCode::is_success)?;
        let headers = response.headers().clone();
        Ok(Fetched::new(&headers, read_body(response, url, limit).await?))
    }

    async fn call(
        &self,
        url: &FetchUrl,
        limit: usize,
        authorization: Option<HeaderValue>,
    ) -> Result<Fetched, FetchError> {
        let failed = |error: reqwest::Error| FetchError::from_transport(&error, url.redacted());
        let client = Client::clone(&self.client.load());
        let mut request = client.get(url.url().clone()).header(ACCEPT, "application/json");
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        let response = request.send().await.map_err(failed)?;
        check_head(&response, url, |status| *status == StatusCode::OK)?;
        let headers = response.headers().clone();
        let body = read_body(response, url, limit).await?;
        Ok(Fetched::new(&headers, body))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where a client is built")]
fn client(trust: &Trust, proxy: Option<&ProxyUrl>, timeouts: Timeouts) -> Result<Client, FetcherError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(trust.tls())
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .user_agent(concat!("claimgate/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.total)
        .pool_idle_timeout(Duration::from_secs(15))
        .pool_max_idle_per_host(1)
        .http2_max_header_list_size(64 * 1024);
    if let Some(proxy) = proxy {
        builder = builder.proxy(Proxy::all(proxy.url().clone()).map_err(FetcherError)?);
    }
    builder.build().map_err(FetcherError)
}

fn check_head(
    response: &Response,
    url: &FetchUrl,
    good: impl FnOnce(&StatusCode) -> bool,
) -> Result<(), FetchError> {
    let status = response.status();
    if status.is_redirection() {
        return Err(FetchError::Redirect { url: url.redacted(), status });
    }
    if !good(&status) {
        return Err(FetchError::Status { url: url.redacted(), status });
    }
    match response.headers().get(CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(FetchError::Encoded { url: url.redacted() }),
        _ => Ok(()),
    }
}

/// CVE-2024-34079 (octo-sts): a body is counted while it comes, whatever length was announced.
async fn read_body(mut response: Response, url: &FetchUrl, limit: usize) -> Result<Bytes, FetchError> {
    let too_large = || FetchError::TooLarge { url: url.redacted(), limit };
    let announced = response.content_length().unwrap_or(0);
    let announced =
        usize::try_from(announced).ok().filter(|length| *length <= limit).ok_or_else(too_large)?;
    let mut body = BytesMut::with_capacity(announced);
    loop {
        let chunk = response.chunk().await;
        let chunk = chunk.map_err(|error| FetchError::from_transport(&error, url.redacted()))?;
        let Some(chunk) = chunk else { return Ok(body.freeze()) };
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
}
