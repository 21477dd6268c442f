use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE};

/// The answer to a call: its body, whole and within the cap, and the headers that matter here.
#[derive(Clone, Debug)]
pub struct Fetched {
    body: Bytes,
    content_type: Option<Box<str>>,
    fresh_for: Option<Duration>,
}

impl Fetched {
    pub(crate) fn new(headers: &HeaderMap, body: Bytes) -> Self {
        Self { body, content_type: content_type(headers), fresh_for: fresh_for(headers) }
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The media type in lower case, without parameters.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Whether the media type may hold JSON. Providers serve key sets as `application/json`,
    /// `application/jwk-set+json`, `text/plain`, `application/octet-stream` or with no type, so only
    /// what is certainly something else is excluded: pages, images and the like.
    pub fn may_be_json(&self) -> bool {
        match self.content_type() {
            None | Some("text/plain" | "text/json" | "application/octet-stream" | "binary/octet-stream") => {
                true
            }
            Some(kind) => {
                kind.strip_prefix("application/").is_some_and(|sub| sub == "json" || sub.ends_with("+json"))
            }
        }
    }

    /// How long the answer stays fresh by `Cache-Control: max-age` less `Age` (RFC 9111 §4.2), if it
    /// says so.
    pub fn fresh_for(&self) -> Option<Duration> {
        self.fresh_for
    }
}

fn content_type(headers: &HeaderMap) -> Option<Box<str>> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!kind.is_empty()).then(|| kind.into())
}

fn fresh_for(headers: &HeaderMap) -> Option<Duration> {
    let max_age = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|directive| directive.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))
        .filter_map(|(_, seconds)| delta_seconds(seconds.trim().trim_matches('"')))
        .min()?;
    let age =
        headers.get(AGE).and_then(|value| value.to_str().ok()).and_then(|age| delta_seconds(age.trim()));
    Some(Duration::from_secs(u64::from(max_age.saturating_sub(age.unwrap_or(0)))))
}

/// RFC 9111 §1.2.2: digits only; what is too large counts as the largest.
fn delta_seconds(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&'static str, &str)]) -> Fetched {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Fetched::new(&headers.collect(), Bytes::new())
    }

    #[test]
    fn freshness() {
        let cases: &[(&[(&'static str, &str)], Option<u64>)] = &[
            (&[], None),
            (&[("cache-control", "no-cache")], None),
            (&[("cache-control", "public, max-age=600")], Some(600)),
            (&[("cache-control", "PUBLIC,MAX-AGE=\"600\"")], Some(600)),
            (&[("cache-control", "max-age=600"), ("age", "100")], Some(500)),
            (&[("cache-control", "max-age=600"), ("age", "1000")], Some(0)),
            (&[("cache-control", "max-age=600"), ("cache-control", "max-age=60")], Some(60)),
            (&[("cache-control", "s-maxage=5, max-age=60")], Some(60)),
            (&[("cache-control", "max-age=-1")], None),
            (&[("cache-control", "max-age=1e3")], None),
            (&[("cache-control", "max-age=99999999999999999999")], Some(u64::from(u32::MAX))),
        ];
        for (headers, expected) in cases {
            assert_eq!(answer(headers).fresh_for(), expected.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn media_types() {
        for (text, json) in [
            ("application/json; charset=utf-8", true),
            ("Application/JSON", true),
            ("application/jwk-set+json", true),
            ("text/plain", true),
            ("text/html; charset=utf-8", false),
            ("application/xhtml+xml", false),
            ("image/png", false),
        ] {
            assert_eq!(answer(&[("content-type", text)]).may_be_json(), json, "{text}");
        }
        assert!(answer(&[]).may_be_json());
    }
}
