//! What a provider is asked with: a client's token, its secrets still sealed.

use std::time::Duration;

use super::registration::Registration;
use crate::domain::id::OAuthTokenId;
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;

/// A token is renewed so long before it expires: it has to arrive while it is valid.
const MARGIN: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Credential {
    pub oauth_token: OAuthTokenId,
    /// Of the token's client.
    pub registration: Registration,
    pub text: Sealed,
    pub refresh_token: Option<Sealed>,
    pub expires_at: Option<Timestamp>,
    /// As the provider granted it; empty: unknown.
    pub scope: String,
    pub service_provider_user: String,
    pub state: State,
    pub source: Source,
    /// Another one with each new text.
    pub revision: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Usable,
    /// The provider refuses the token. A person has to connect again.
    Broken {
        reason: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An API request brought the token's text.
    Api,
    /// A person connected in the browser.
    WebFlow,
}

impl Credential {
    /// Whether the token has to be renewed before it is used, and can be.
    pub fn is_to_be_renewed(&self, now: Timestamp) -> bool {
        self.refresh_token.is_some() && self.expires_at.is_some_and(|end| now.plus(MARGIN).is_ok_and(|now| end <= now))
    }
}
