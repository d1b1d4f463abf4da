//! Where clients reach the server.

use uuid::Uuid;

use crate::domain::error::{Error, Result};

/// The address that clients reach the server at, without a slash at its end: `https://bowline.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// `Invalid` for what is not an absolute http or https URL without query, fragment and user information.
    pub fn parse(text: &str) -> Result<PublicUrl> {
        crate::domain::url::public_url(text)
            .map_err(|wrong| Error::invalid(format!("The public URL {wrong}.")))
            .map(|_| PublicUrl(text.trim_end_matches('/').to_owned()))
    }

    /// Absolute, for a path that begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Where a provider sends the browser back to. `client` is the UUID of the client's callback.
    pub fn callback(&self, client: &Uuid) -> String {
        self.join(&format!("/auth/{client}/callback"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name or address alone, without a port and without brackets.
    pub fn host(&self) -> String {
        let host = url::Url::parse(&self.0).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_urls() {
        assert_eq!(PublicUrl::parse("https://x.test/").unwrap().join("/auth"), "https://x.test/auth");
        assert_eq!(PublicUrl::parse("http://127.0.0.1:8080").unwrap().as_str(), "http://127.0.0.1:8080");
        for text in ["", "x.test", "ftp://x.test", "https://a@x.test", "https://x.test?y"] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
