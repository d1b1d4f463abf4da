//! How callers stand to organizations.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use rusqlite::OptionalExtension;

use crate::domain::access::{Caller, Standing};
use crate::domain::error::{Error, Refused, Result};
use crate::domain::id::OrganizationId;
use crate::domain::permissions::OrganizationAccess;
use crate::domain::teams::team::OWNERS;
use crate::store::View;

impl View<'_> {
    /// What the caller is to the organization in row `organization`. `Unauthenticated` for people where the
    /// organization does not take the tokens of users.
    pub fn standing(&self, caller: &Caller, organization: i64) -> Result<Standing> {
        self.asked_of.set(Some(organization));
        match caller {
            Caller::User(user) => self.standing_of_user(user.number, organization),
            Caller::Team(team) if team.organization == organization => self.standing_of_team(team.number),
            Caller::Organization { number, .. } if *number == organization => Ok(Standing::OrganizationToken),
            Caller::Team(_) | Caller::Organization { .. } => Ok(Standing::Outsider),
        }
    }

    /// A refusal with the organization that it is about, where a standing was asked for.
    pub fn with_organization(&self, mut error: Error) -> Error {
        if let (Some(refused), Some(number)) = (&mut error.refusal, self.asked_of.get()) {
            let id = self
                .connection
                .prepare_cached("SELECT external_id FROM organizations WHERE number = ?1")
                .and_then(|mut statement| statement.query_row([number], |row| row.get::<_, String>(0)));
            // It is told to the record alone, which can do without.
            refused.organization = id.ok().map(OrganizationId::from);
        }
        error
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
                return Err(Error { refusal: Some(Refused::default()), ..Error::unauthenticated() });
            }
            standing = and_team(standing, row.get(1)?, row.get(2)?);
        }
        Ok(standing)
    }

    /// What a user is to each organization that they are a member of, among those in these rows.
    pub(in crate::store) fn standings_of_user(
        &self,
        user: i64,
        organizations: RangeInclusive<i64>,
    ) -> Result<HashMap<i64, Standing>> {
        let mut statement = self.connection.prepare_cached(STANDINGS_OF_USER)?;
        let mut rows = statement.query((user, organizations.start(), organizations.end(), OWNERS))?;
        let mut standings = HashMap::new();
        while let Some(row) = rows.next()? {
            let standing = standings.entry(row.get(0)?).or_insert(Standing::Outsider);
            *standing = and_team(*standing, row.get(1)?, row.get(2)?);
        }
        Ok(standings)
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

/// As for one organization, for several at once.
pub(in crate::store) const STANDINGS_OF_USER: &str = "SELECT organization_memberships.organization, teams.name = ?4,
            teams.organization_access
     FROM organization_memberships
     LEFT JOIN team_members ON team_members.membership = organization_memberships.number
     LEFT JOIN teams ON teams.number = team_members.team
     WHERE organization_memberships.user = ?1 AND organization_memberships.organization BETWEEN ?2 AND ?3";

/// What a team more makes of a member; both are null for a member without any.
fn and_team(standing: Standing, is_owners: Option<bool>, access: Option<i64>) -> Standing {
    let access = OrganizationAccess::from_bits(access.unwrap_or_default());
    match standing {
        _ if is_owners.unwrap_or_default() => Standing::Owner,
        Standing::Owner => Standing::Owner,
        Standing::Member(others) => Standing::Member(others.and(access)),
        Standing::Outsider | Standing::OrganizationToken => Standing::Member(access),
    }
}
