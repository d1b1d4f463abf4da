//! How callers stand to organizations.

use rusqlite::OptionalExtension;

use super::{Change, View};
use crate::domain::access::{Caller, Standing};
use crate::domain::error::Result;
use crate::domain::id::TeamId;
use crate::domain::organization::Organization;
use crate::domain::team::OWNERS;

impl View<'_> {
    /// What the caller is to the organization in row `organization`.
    pub fn standing(&self, caller: &Caller, organization: i64) -> Result<Standing> {
        let is_owner = match caller {
            Caller::User(user) => self
                .connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM teams JOIN team_members ON team_members.team = teams.number
                     WHERE teams.organization = ?1 AND teams.name = ?2 AND team_members.user = ?3)",
                )?
                .query_row((organization, OWNERS, user.number), |row| row.get(0))?,
            Caller::Team(team) => team.organization == organization && team.is_owners(),
            Caller::Organization { number, .. } if *number == organization => return Ok(Standing::OrganizationToken),
            Caller::Organization { .. } => false,
        };
        Ok(if is_owner { Standing::Owner } else { Standing::Outsider })
    }

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
    pub(super) fn create_owners(&self, organization: &Organization, first_owner: i64) -> Result<()> {
        self.connection
            .prepare_cached("INSERT INTO teams (id, organization, name, created_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute((TeamId::generate().as_str(), organization.number, OWNERS, self.now.milliseconds()))?;
        self.connection
            .prepare_cached("INSERT INTO team_members (team, user) VALUES (?1, ?2)")?
            .execute((self.connection.last_insert_rowid(), first_owner))?;
        Ok(())
    }
}
