//! Where clients reach the server.

use uuid::Uuid;

use crate::domain::error::{Error, Result};

/// The address that clients reach the server at, without a slash at its end: `https://bowline.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// `Invalid` for what is not an absolute http or https URL without path, query, fragment and user information.
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

    /// Scheme, host and port, as browsers say them.
    pub fn origin(&self) -> String {
        url::Url::parse(&self.0).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    pub fn is_https(&self) -> bool {
        self.0.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }

    /// The name of the session cookie. Browsers hold `__Host-` to its host and to https, so that plain http, which is for
    /// loopback, needs another name.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_https() { "__Host-bowline" } else { "bowline-loopback" }
    }

    /// Whether people may sign in here: a password over plain http would be for everyone on the way to read.
    pub fn is_private(&self) -> bool {
        let host = self.host();
        let is_loopback =
            host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        self.is_https() || is_loopback
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
    fn passwords_need_https_or_loopback() {
        let private = |text: &str| PublicUrl::parse(text).unwrap().is_private();
        for good in ["https://x.test", "HTTPS://x.test/", "http://127.0.0.1:8080", "http://[::1]", "http://localhost:1"]
        {
            assert!(private(good), "{good}");
        }
        for bad in ["http://x.test", "http://10.0.0.1", "http://localhost.x.test"] {
            assert!(!private(bad), "{bad}");
        }
        let url = PublicUrl::parse("https://X.test:443/").unwrap();
        assert_eq!((url.origin().as_str(), url.cookie_name()), ("https://x.test", "__Host-bowline"));
    }

    #[test]
    fn public_urls() {
        assert_eq!(PublicUrl::parse("https://x.test/").unwrap().join("/auth"), "https://x.test/auth");
        assert_eq!(PublicUrl::parse("http://127.0.0.1:8080").unwrap().as_str(), "http://127.0.0.1:8080");
        for text in [
            "",
            "x.test",
            "ftp://x.test",
            "https://a@x.test",
            "https://x.test?y",
            "https://x.test/a",
            "https://x.test/..",
            "https://x.test//",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
