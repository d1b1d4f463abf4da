//! Teams.

use rusqlite::OptionalExtension;

use super::{Change, View};
use crate::domain::error::Result;
use crate::domain::id::TeamId;
use crate::domain::organization::Organization;
use crate::domain::team::OWNERS;
use crate::domain::user::User;

impl View<'_> {
    /// The team `name` of the organization in row `organization`.
    pub fn team_number(&self, organization: i64, name: &str) -> Result<Option<i64>> {
        let number = self
            .connection
            .prepare_cached("SELECT number FROM teams WHERE organization = ?1 AND name = ?2")?
            .query_row((organization, name), |row| row.get(0))
            .optional()?;
        Ok(number)
    }
}

impl Change<'_> {
    /// The team that every organization begins with.
    pub(super) fn create_owners(&self, organization: &Organization, first_owner: &User) -> Result<()> {
        let membership = self.create_membership(organization, first_owner)?;
        self.connection
            .prepare_cached("INSERT INTO teams (id, organization, name, created_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute((TeamId::generate().as_str(), organization.number, OWNERS, self.now.milliseconds()))?;
        self.connection
            .prepare_cached("INSERT INTO team_members (team, membership) VALUES (?1, ?2)")?
            .execute((self.connection.last_insert_rowid(), membership))?;
        Ok(())
    }
}
