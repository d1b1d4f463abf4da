//! Signing in to the pages: passwords, sessions, one-time links. The database has digests and hashes only.

mod links;
mod passwords;

use rusqlite::{Row, params};

use super::accounts::users::{COLUMNS as USER_COLUMNS, user};
use crate::domain::accounts::user::User;
use crate::domain::error::{Error, Result};
use crate::domain::sessions::session::{IDLE, LIFE, MOST, Origin, Session};
use crate::domain::timestamp::Timestamp;
use crate::store::audit::{EventKind, Resource};
use crate::store::{Change, View};

/// After the columns of the user.
const COLUMNS: &str =
    "sessions.number, sessions.created_at, sessions.last_used_at, sessions.address, sessions.user_agent";

const FROM: &str = "FROM sessions JOIN users ON users.number = sessions.user";

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        user: user(row)?,
        number: row.get(6)?,
        created_at: Timestamp::from_milliseconds(row.get(7)?),
        last_used_at: Timestamp::from_milliseconds(row.get(8)?),
        origin: Origin { address: row.get(9)?, user_agent: row.get(10)? },
    })
}

/// The oldest instants at which a session that is not over may have begun and been used.
fn horizon(now: Timestamp) -> (i64, i64) {
    let before = |time: std::time::Duration| now.milliseconds().saturating_sub(time.as_millis() as i64);
    (before(LIFE), before(IDLE))
}

impl View<'_> {
    /// `None` for an unknown session, and for one that is over.
    pub fn session(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<Session>> {
        let (begun, used) = horizon(now);
        let sql = format!(
            "SELECT {USER_COLUMNS}, {COLUMNS} {FROM}
             WHERE sessions.digest = ?1 AND sessions.created_at > ?2 AND sessions.last_used_at > ?3"
        );
        self.optional(&sql, (digest, begun, used), session)
    }

    /// Those that are not over, the one used last first.
    pub fn sessions_of_user(&self, user: i64, now: Timestamp) -> Result<Vec<Session>> {
        let (begun, used) = horizon(now);
        let sql = format!(
            "SELECT {USER_COLUMNS}, {COLUMNS} {FROM}
             WHERE sessions.user = ?1 AND sessions.created_at > ?2 AND sessions.last_used_at > ?3
             ORDER BY sessions.last_used_at DESC, sessions.number DESC"
        );
        self.rows(&sql, (user, begun, used), session)
    }
}

impl Change<'_> {
    /// What is over goes at the same time, and what the user has beyond [`MOST`].
    pub fn create_session(&self, user: &User, digest: &[u8; 32], origin: &Origin) -> Result<()> {
        let (begun, used) = horizon(self.now);
        self.execute("DELETE FROM main.sessions WHERE created_at <= ?1 OR last_used_at <= ?2", (begun, used))?;
        self.execute(
            "DELETE FROM main.sessions WHERE number IN
               (SELECT number FROM sessions WHERE user = ?1 ORDER BY last_used_at DESC LIMIT -1 OFFSET ?2)",
            (user.number, MOST - 1),
        )?;
        self.execute(
            "INSERT INTO main.sessions (digest, user, created_at, last_used_at, address, user_agent)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
            params![digest, user.number, self.now.milliseconds(), origin.address, origin.user_agent],
        )?;
        self.record(EventKind::Create, Resource::Session, user.id.as_str(), None)
    }

    /// Notes that the session is used now. One that is gone by now is no error.
    pub fn touch_session(&self, digest: &[u8; 32]) -> Result<()> {
        self.execute(
            "UPDATE main.sessions SET last_used_at = ?2 WHERE digest = ?1",
            (digest, self.now.milliseconds()),
        )?;
        Ok(())
    }

    /// One that is gone already is no error.
    pub fn end_session(&self, user: &User, digest: &[u8; 32]) -> Result<()> {
        let ended = self.execute("DELETE FROM main.sessions WHERE digest = ?1 AND user = ?2", (digest, user.number))?;
        self.record_ended(user, ended)
    }

    /// The user's session in row `number`. `NotFound` for another user's.
    pub fn end_session_number(&self, user: &User, number: i64) -> Result<()> {
        let ended = self.execute("DELETE FROM main.sessions WHERE number = ?1 AND user = ?2", (number, user.number))?;
        if ended == 0 {
            return Err(Error::not_found());
        }
        self.record_ended(user, ended)
    }

    /// All sessions of the user, but the one with the digest `kept`.
    pub fn end_sessions(&self, user: &User, kept: Option<&[u8; 32]>) -> Result<()> {
        let ended =
            self.execute("DELETE FROM main.sessions WHERE user = ?1 AND digest IS NOT ?2", (user.number, kept))?;
        self.record_ended(user, ended)
    }

    fn record_ended(&self, user: &User, ended: usize) -> Result<()> {
        (0..ended).try_for_each(|_| self.record(EventKind::Destroy, Resource::Session, user.id.as_str(), None))
    }
}
