//! How callers stand to organizations.

use rusqlite::OptionalExtension;

use super::View;
use crate::domain::access::{Caller, Standing};
use crate::domain::error::{Error, Result};
use crate::domain::organization_access::OrganizationAccess;
use crate::domain::team::OWNERS;

impl View<'_> {
    /// What the caller is to the organization in row `organization`. `Unauthenticated` for people where the
    /// organization does not take the tokens of users.
    pub fn standing(&self, caller: &Caller, organization: i64) -> Result<Standing> {
        match caller {
            Caller::User(user) => self.standing_of_user(user.number, organization),
            Caller::Team(team) if team.organization == organization => self.standing_of_team(team.number),
            Caller::Organization { number, .. } if *number == organization => Ok(Standing::OrganizationToken),
            Caller::Team(_) | Caller::Organization { .. } => Ok(Standing::Outsider),
        }
    }

    /// A row for each team of the user in the organization; one without a team for a member who is in none.
    fn standing_of_user(&self, user: i64, organization: i64) -> Result<Standing> {
        let mut statement = self.connection.prepare_cached(
            "SELECT organizations.user_tokens_enabled, teams.name = ?3, teams.organization_access
             FROM organization_memberships
             JOIN organizations ON organizations.number = organization_memberships.organization
             LEFT JOIN team_members ON team_members.membership = organization_memberships.number
             LEFT JOIN teams ON teams.number = team_members.team
             WHERE organization_memberships.organization = ?1 AND organization_memberships.user = ?2",
        )?;
        let mut rows = statement.query((organization, user, OWNERS))?;
        let mut standing = Standing::Outsider;
        while let Some(row) = rows.next()? {
            if !row.get::<_, bool>(0)? {
                return Err(Error::unauthenticated());
            }
            let is_owner = row.get::<_, Option<bool>>(1)?.unwrap_or_default();
            let access = OrganizationAccess::from_bits(row.get::<_, Option<i64>>(2)?.unwrap_or_default());
            standing = match standing {
                _ if is_owner => Standing::Owner,
                Standing::Owner => Standing::Owner,
                Standing::Member(others) => Standing::Member(others.and(access)),
                Standing::Outsider | Standing::OrganizationToken => Standing::Member(access),
            };
        }
        Ok(standing)
    }

    fn standing_of_team(&self, team: i64) -> Result<Standing> {
        let standing = self
            .connection
            .prepare_cached("SELECT name = ?2, organization_access FROM teams WHERE number = ?1")?
            .query_row((team, OWNERS), |row| {
                let access = OrganizationAccess::from_bits(row.get(1)?);
                Ok(if row.get(0)? { Standing::Owner } else { Standing::Member(access) })
            })
            .optional()?;
        Ok(standing.unwrap_or(Standing::Outsider))
    }
}
