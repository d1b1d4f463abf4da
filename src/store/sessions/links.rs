//! One-time links.

use rusqlite::Row;

use super::{USER_COLUMNS, user};
use crate::domain::accounts::user::User;
use crate::domain::error::Result;
use crate::domain::sessions::sign_in_link::{LIFE, SignInLink};
use crate::domain::timestamp::Timestamp;
use crate::store::audit::{EventKind, Resource};
use crate::store::{Change, View};

fn link(row: &Row<'_>) -> rusqlite::Result<SignInLink> {
    Ok(SignInLink { user: user(row)?, expires_at: Timestamp::from_milliseconds(row.get(6)?) })
}

impl View<'_> {
    /// `None` for one that is unknown, used or void.
    pub fn sign_in_link(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<SignInLink>> {
        let sql = format!(
            "SELECT {USER_COLUMNS}, sign_in_links.expires_at
             FROM sign_in_links JOIN users ON users.number = sign_in_links.user
             WHERE sign_in_links.digest = ?1 AND sign_in_links.expires_at > ?2"
        );
        self.optional(&sql, (digest, now.milliseconds()), link)
    }
}

impl Change<'_> {
    /// In the place of the one that the user had before.
    pub fn create_sign_in_link(&self, user: &User, digest: &[u8; 32]) -> Result<Timestamp> {
        let expires_at = self.now.plus(LIFE)?;
        self.execute(
            "DELETE FROM main.sign_in_links WHERE user = ?1 OR expires_at <= ?2",
            (user.number, self.now.milliseconds()),
        )?;
        self.execute(
            "INSERT INTO main.sign_in_links (digest, user, expires_at) VALUES (?1, ?2, ?3)",
            (digest, user.number, expires_at.milliseconds()),
        )?;
        self.record(EventKind::Create, Resource::SignInLink, user.id.as_str(), None)?;
        Ok(expires_at)
    }

    /// Whose link it was; it is used up now. `None` for one that is unknown, used or void.
    pub fn take_sign_in_link(&self, digest: &[u8; 32]) -> Result<Option<User>> {
        let taken: Option<i64> = self.optional_value(
            "DELETE FROM main.sign_in_links WHERE digest = ?1 AND expires_at > ?2
               AND EXISTS (SELECT 1 FROM users WHERE number = user) RETURNING user",
            (digest, self.now.milliseconds()),
        )?;
        let Some(number) = taken else { return Ok(None) };
        let sql = format!("SELECT {USER_COLUMNS} FROM users WHERE number = ?1");
        let user = self.row(&sql, [number], user)?;
        self.record(EventKind::Destroy, Resource::SignInLink, user.id.as_str(), None)?;
        Ok(Some(user))
    }
}
