//! What a handler has at hand: the whole application.

use crate::domain::access::Caller;
use crate::domain::error::{Error, Result};
use crate::http::accept;
use crate::http::query::{self, Known};
use crate::http::request::Request;
use crate::store::{Actor, Change, Store, View};
use crate::vault::Vault;

pub struct App {
    pub store: Store,
    pub vault: Vault,
    pub public_url: PublicUrl,
}

/// The address that clients reach the server at, without a slash at its end: `https://bowline.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// `Invalid` for what is not an absolute http or https URL without query, fragment and user information.
    pub fn parse(text: &str) -> Result<PublicUrl> {
        crate::domain::url::provider_url(text)
            .map_err(|wrong| Error::invalid(format!("The public URL {wrong}.")))
            .map(|_| PublicUrl(text.trim_end_matches('/').to_owned()))
    }

    /// Absolute, for a path that begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One request's context.
pub struct Cx<'a> {
    pub app: &'a App,
    /// The query parameters that the endpoint knows.
    pub known_query: Known,
}

impl Cx<'_> {
    /// Finds out who is calling and asks for them, on one consistent state of the database.
    /// `Unauthenticated` before anything else; then `NotAcceptable` and `BadRequest` for headers and query parameters that
    /// ask for what there is not.
    pub fn read<T>(&self, request: &Request, ask: impl FnOnce(&View, &Caller) -> Result<T>) -> Result<T> {
        let digest = crate::auth::digest(request, &self.app.vault)?;
        self.app.store.read(|view| {
            let caller = crate::auth::caller(view, &digest)?;
            accept::check(request)?;
            query::check(request, self.known_query)?;
            ask(view, &caller)
        })
    }

    /// Runs `change` on behalf of `caller`. `Ok` means that it is on the disk.
    pub fn write<T: Send + 'static>(
        &self,
        caller: Caller,
        change: impl FnOnce(&Change, &Caller) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.app.store.write(Actor::from(&caller), move |view| change(view, &caller))
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
