//! The beginning of a session: its key, its row, its cookie.

use rand::random;

use crate::app::{App, Cx};
use crate::domain::accounts::user::User;
use crate::domain::error::{Error, Result};
use crate::domain::sessions::key::Key;
use crate::domain::sessions::session::{LIFE, Origin};
use crate::http::reply::Reply;
use crate::store::Change;

/// A session that is about to begin.
pub struct Beginning {
    key: Key,
    /// What the database knows of it.
    pub digest: [u8; 32],
    /// The session that the browser had until now: it ends, so that a key from before signing in is of no use.
    pub before: Option<[u8; 32]>,
    pub origin: Origin,
}

impl Beginning {
    /// `Forbidden` where others could read the password and the cookie on their way.
    pub fn new(cx: &Cx) -> Result<Beginning> {
        check_privacy(cx.app)?;
        let key = Key::from_random(random());
        let origin = Origin::new(cx.request.client(), cx.request.header("User-Agent"));
        Ok(Beginning { digest: cx.app.vault.session_digest(&key), key, before: cx.session_digest(), origin })
    }

    /// What the writer needs of it.
    pub fn row(&self) -> Row {
        Row { digest: self.digest, before: self.before, origin: self.origin.clone() }
    }

    pub fn with_cookie(&self, cx: &Cx, reply: Reply) -> Reply {
        reply.with_header("Set-Cookie", cookie(cx.app, self.key.reveal(), LIFE.as_secs()))
    }
}

pub struct Row {
    digest: [u8; 32],
    before: Option<[u8; 32]>,
    origin: Origin,
}

impl Row {
    pub fn insert(&self, change: &Change, user: &User) -> Result<()> {
        if let Some(before) = &self.before {
            change.end_session(user, before)?;
        }
        change.create_session(user, &self.digest, &self.origin)
    }
}

/// Takes the cookie away.
pub fn without_cookie(cx: &Cx, reply: Reply) -> Reply {
    reply.with_header("Set-Cookie", cookie(cx.app, "", 0))
}

/// Lax, not Strict: a provider sends the browser back to the callback from its own site.
fn cookie(app: &App, value: &str, max_age_s: u64) -> String {
    let secure = if app.public_url.is_https() { "; Secure" } else { "" };
    let name = app.public_url.cookie_name();
    format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
}

fn check_privacy(app: &App) -> Result<()> {
    if app.public_url.is_private() {
        return Ok(());
    }
    Err(Error::forbidden(
        "People cannot sign in over plain HTTP. Start the server with a certificate, or behind a proxy that has one and \
         with --public-url https://…",
    ))
}
