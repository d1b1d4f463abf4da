//! Hashes of passwords.

use rusqlite::params;
use serde_json::json;

use crate::domain::accounts::user::User;
use crate::domain::error::Result;
use crate::store::audit::{EventKind, Resource};
use crate::store::{Change, View};

impl View<'_> {
    /// A PHC string; none where the user has not set a password.
    pub fn password_hash(&self, user: i64) -> Result<Option<String>> {
        self.optional_value("SELECT hash FROM passwords WHERE user = ?1", [user])
    }
}

impl Change<'_> {
    /// In the place of the one before. Ending sessions is up to the caller.
    pub fn set_password(&self, user: &User, hash: &str) -> Result<()> {
        self.execute(
            "INSERT INTO main.passwords (user, hash, set_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at",
            params![user.number, hash, self.now.milliseconds()],
        )?;
        let meta = json!({"changed": ["password"]});
        self.record_with(EventKind::Update, Resource::User, user.id.as_str(), None, Some(&meta))
    }
}
