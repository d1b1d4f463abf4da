//! What a provider answered, and what its status and header fields mean with every provider.

use serde::de::DeserializeOwned;
use ureq::http::HeaderMap;
use url::Url;
use zeroize::Zeroizing;

use super::link;
use crate::providers::Timestamp;
use crate::providers::failure::{Failure, Refusal, Result};

const DAY_IN_MS: i64 = 24 * 60 * 60 * 1000;

pub(in crate::providers) struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
    received: Timestamp,
}

impl Answer {
    pub fn new(status: u16, headers: HeaderMap, body: Vec<u8>, received: Timestamp) -> Result<Answer> {
        let answer = Answer { status, headers, body: Zeroizing::new(body), received };
        // Requests ask for no compression.
        match answer.header("content-encoding") {
            None | Some("" | "identity") => Ok(answer),
            Some(_) => Err(Failure::Malformed("it is compressed")),
        }
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn received(&self) -> Timestamp {
        self.received
    }

    /// The one value of a header field. `None` also where it is not text, or is there twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value.trim())
    }

    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the body says of itself that it is JSON.
    pub fn is_json(&self) -> bool {
        let media_type = self.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
    }

    /// The document of an answer that went well.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        self.check()?;
        self.document()
    }

    /// The document, whatever the status is.
    pub fn document<T: DeserializeOwned>(&self) -> Result<T> {
        if !self.is_json() {
            return Err(Failure::NotJson);
        }
        serde_json::from_slice(&self.body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Failure::Malformed("the document lacks what was asked for"),
            _ => Failure::NotJson,
        })
    }

    /// What the status says.
    pub fn check(&self) -> Result<()> {
        match self.status {
            200..=299 => Ok(()),
            300..=399 => Err(Failure::Redirected),
            401 => Err(Failure::Unauthorized),
            429 => Err(self.rate_limited()),
            403 if self.is_rate_limited() => Err(self.rate_limited()),
            403 | 404 if self.header("x-github-sso").is_some() => Err(Failure::SingleSignOn),
            403 if self.says("insufficient_scope") => Err(Failure::Refused(Refusal::Scope)),
            403 => Err(Failure::Forbidden),
            404 | 410 => Err(Failure::NotFound),
            status => Err(Failure::Status(status)),
        }
    }

    pub fn is_redirect(&self) -> bool {
        (300..=399).contains(&self.status)
    }

    /// Where a redirect leads, if this is one that can be followed from `url`.
    pub fn redirect_from(&self, url: &Url) -> Result<Option<Url>> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let Some(location) = self.header("location") else { return Err(Failure::Redirected) };
        link::same_origin(url, location).map(Some)
    }

    /// Whether the `Link` field tells of a next page. Where it is does not matter: pages are counted, and a server may have
    /// another name inside.
    pub fn has_next_link(&self) -> bool {
        self.headers
            .get_all("link")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|field| link::next(field).is_some())
    }

    fn says(&self, code: &str) -> bool {
        #[derive(serde::Deserialize)]
        struct Document {
            error: String,
        }
        self.document::<Document>().is_ok_and(|document| document.error == code)
    }

    fn is_rate_limited(&self) -> bool {
        self.header("x-ratelimit-remaining") == Some("0") || self.header("retry-after").is_some()
    }

    fn rate_limited(&self) -> Failure {
        let seconds = |name| self.header(name).and_then(|value| value.parse::<i64>().ok());
        let now = self.received.milliseconds();
        let retry_after = seconds("retry-after").map(|wait| now.saturating_add(wait.saturating_mul(1000)));
        let reset = seconds("x-ratelimit-reset").or_else(|| seconds("ratelimit-reset"));
        let until = retry_after.or(reset.map(|at| at.saturating_mul(1000)));
        // Bounded, because the value is the provider's.
        let until = until.filter(|&at| at >= now).map(|at| Timestamp::from_milliseconds(at.min(now + DAY_IN_MS)));
        Failure::RateLimited { until }
    }
}
