//! Users.

use std::sync::LazyLock;

use rusqlite::{Row, params};

use crate::domain::access::Caller;
use crate::domain::accounts::user::{NewUser, User};
use crate::domain::error::{Error, Result};
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::json_array;
use crate::store::{Change, View, is_taken};

/// In the order that [`user`] reads.
pub(in crate::store) const COLUMNS: &str =
    "users.number, users.id, users.username, users.email, users.is_site_admin, users.created_at";

pub(in crate::store) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        number: row.get(0)?,
        id: UserId::from(row.get::<_, String>(1)?),
        username: row.get(2)?,
        email: row.get(3)?,
        is_site_admin: row.get(4)?,
        created_at: Timestamp::from_milliseconds(row.get(5)?),
    })
}

/// Of the organization in row ?2.
pub(in crate::store) static MEMBER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM users
         JOIN organization_memberships ON organization_memberships.user = users.number
         WHERE users.id = ?1 AND organization_memberships.organization = ?2"
    )
});

/// Of an organization that the user in row ?2 is in too, and that takes users' tokens.
pub(in crate::store) static FELLOW_OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM users
         JOIN organization_memberships AS theirs ON theirs.user = users.number
         JOIN organization_memberships AS own ON own.organization = theirs.organization AND own.user = ?2
         JOIN organizations ON organizations.number = own.organization AND organizations.user_tokens_enabled = 1
                           AND organizations.is_deleted = 0
         WHERE users.id = ?1 LIMIT 1"
    )
});

impl View<'_> {
    /// By user name, ignoring case.
    pub fn user_named(&self, username: &str) -> Result<Option<User>> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE username = ?1");
        self.optional(&sql, [username], user)
    }

    /// A member of an organization that the caller belongs to as well. `NotFound` for everybody else.
    pub fn user_seen_by(&self, caller: &Caller, id: &UserId) -> Result<User> {
        let (sql, own) = match caller {
            Caller::User(user) | Caller::Person(user) => (&*FELLOW_OF_USER, user.number),
            Caller::Team(team) => (&*MEMBER, team.organization),
            Caller::Organization { number, .. } => (&*MEMBER, *number),
        };
        let found = self.optional(sql, (id.as_str(), own), user)?;
        found.ok_or_else(Error::not_found)
    }

    pub fn users_with_ids(&self, ids: &[UserId]) -> Result<Vec<User>> {
        let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        let sql =
            format!("SELECT {COLUMNS} FROM users WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY users.number");
        self.rows(&sql, [json_array(&ids)?], user)
    }

    /// The oldest account with this e-mail address, ignoring case, of those that are no members of the organization in
    /// row `organization`.
    pub(in crate::store) fn user_to_invite(&self, email: &str, organization: i64) -> Result<Option<User>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM users WHERE email = ?1 COLLATE NOCASE AND NOT EXISTS
               (SELECT 1 FROM organization_memberships WHERE organization = ?2 AND user = users.number)
             ORDER BY users.number LIMIT 1"
        );
        self.optional(&sql, (email, organization), user)
    }

    /// All of them, the oldest first.
    pub fn users(&self) -> Result<Vec<User>> {
        let sql = format!("SELECT {COLUMNS} FROM users ORDER BY number");
        self.rows(&sql, [], user)
    }
}

impl Change<'_> {
    /// Organizations that have invited the e-mail address have a member from now on. `Invalid` where the name is taken.
    pub fn create_user(&self, new: &NewUser) -> Result<User> {
        let id = UserId::generate(self.sources);
        let inserted = self
            .connection
            .prepare_cached(
                "INSERT INTO main.users (id, username, email, is_site_admin, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id.as_str(), new.username, new.email, new.is_site_admin, self.now.milliseconds()]);
        match inserted {
            Err(e) if is_taken(&e, "users.username") => {
                return Err(Error::invalid(format!("There is a user named {} already.", new.username)));
            }
            other => other?,
        };
        let number = self.connection.last_insert_rowid();
        self.record(EventKind::Create, Resource::User, id.as_str(), None)?;
        self.accept_invitations(number, &new.email)?;
        Ok(User {
            number,
            id,
            username: new.username.clone(),
            email: new.email.clone(),
            is_site_admin: new.is_site_admin,
            created_at: self.now,
        })
    }
}
