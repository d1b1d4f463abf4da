//! What a request shows to say who is calling: an API token, or the cookie of a session.

use super::{App, caller};
use crate::domain::access::Caller;
use crate::domain::error::{Error, Result};
use crate::domain::sessions::key::Key;
use crate::domain::timestamp::Timestamp;
use crate::http::cookie;
use crate::http::request::Request;
use crate::store::View;

/// How a route's callers say who they are. The API takes no cookies and pages take no tokens: a browser must not be made
/// to call the API, and a token that leaks must not open a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    Token,
    Session,
    /// Pages for people who have not signed in.
    Unknown,
}

pub type Digest = [u8; 32];

#[derive(Clone, Copy)]
pub enum Credential {
    Token(Digest),
    Session(Digest),
}

/// The caller that a credential belongs to.
pub struct Identified {
    pub caller: Caller,
    /// A session whose use has to be noted.
    pub is_due: bool,
}

impl Credential {
    /// `Unauthenticated` where there is none that could be one.
    pub fn of(identity: Identity, request: &Request, app: &App) -> Result<Credential> {
        match identity {
            Identity::Token => caller::digest(request, &app.vault).map(Credential::Token),
            Identity::Session | Identity::Unknown => {
                let key = session_key(request, app).ok_or_else(Error::signed_out)?;
                Ok(Credential::Session(app.vault.session_digest(&key)))
            }
        }
    }

    pub fn digest(&self) -> &Digest {
        match self {
            Credential::Token(digest) | Credential::Session(digest) => digest,
        }
    }

    /// `Unauthenticated` where it is unknown, or no longer valid.
    pub fn identify(&self, view: &View, now: Timestamp) -> Result<Identified> {
        match self {
            Credential::Token(digest) => Ok(Identified { caller: caller::caller(view, digest, now)?, is_due: false }),
            Credential::Session(digest) => {
                let session = view.session(digest, now)?.ok_or_else(Error::signed_out)?;
                Ok(Identified { is_due: session.is_due(now), caller: Caller::Person(session.user) })
            }
        }
    }
}

/// The value of the session cookie, if it can be one.
pub fn session_key(request: &Request, app: &App) -> Option<Key> {
    cookie::get(request, app.public_url.cookie_name()).and_then(Key::parse)
}
