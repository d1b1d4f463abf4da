//! How callers stand to organizations.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Refused, Result};
use crate::domain::permissions::OrganizationPermissions;
use crate::domain::teams::team::OWNERS;
use crate::store::View;

/// A resource that belongs to an organization and is found by its id.
pub trait Owned: Sized {
    /// `NotFound` where there is none, and for a text that cannot be such an id.
    fn load(view: &View, id: &str) -> Result<Self>;

    /// The row of its organization.
    fn organization(&self) -> i64;

    /// Where team access to it is given.
    fn place(&self) -> Place {
        Place::Organization
    }
}

/// Where team access may count: rows.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Nowhere but in the organization as a whole: there is no such access.
    Organization,
    Project(i64),
    /// Access to its project counts too.
    Workspace {
        workspace: i64,
        project: i64,
    },
}

impl View<'_> {
    /// The resource with this id. `NotFound` where there is none, or where the caller may not do `action` in its
    /// organization: one answer for both.
    pub fn owned<R: Owned>(&self, caller: &Caller, id: &str, action: Action) -> Result<R> {
        self.owned_and_access(caller, id, action).map(|(resource, _)| resource)
    }

    /// As [`View::owned`], with the access that the caller has to its organization.
    pub fn owned_and_access<R: Owned>(
        &self,
        caller: &Caller,
        id: &str,
        action: Action,
    ) -> Result<(R, OrganizationAccess)> {
        let resource = R::load(self, id)?;
        let access = self.access_for(caller, resource.organization(), resource.place(), action)?;
        Ok((resource, access))
    }

    /// The access that the caller has at a place of the organization in row `organization`.
    pub fn access_at(&self, caller: &Caller, organization: i64, place: Place) -> Result<OrganizationAccess> {
        let access = self.organization_access(caller, organization)?;
        if !access.is_member() {
            return Ok(access);
        }
        Ok(access.with_grants(self.grants_at(caller, organization, place)?))
    }

    /// As [`View::access_at`]; `NotFound` where the caller may not do `action` there. What is asked of the organization may
    /// be enough to have anywhere in it.
    pub fn access_for(
        &self,
        caller: &Caller,
        organization: i64,
        place: Place,
        action: Action,
    ) -> Result<OrganizationAccess> {
        let mut access = self.access_at(caller, organization, place)?;
        let is_of_organization = matches!(place, Place::Organization);
        if is_of_organization && access.is_member() && action.counts_anywhere() && !access.allows(action) {
            access = access.with_grants_anywhere(self.grants_anywhere(caller, organization)?);
        }
        access.may(action)?;
        Ok(access)
    }

    /// What the caller is to the organization in row `organization`. `Unauthenticated` for people where the
    /// organization does not take the tokens of users.
    pub fn organization_access(&self, caller: &Caller, organization: i64) -> Result<OrganizationAccess> {
        self.asked_of.set(Some(organization));
        match caller {
            Caller::User(user) => self.access_of_user(user.number, organization, true),
            Caller::Person(user) => self.access_of_user(user.number, organization, false),
            Caller::Team(team) if team.organization == organization => self.access_of_team(team.number),
            Caller::Organization { number, .. } if *number == organization => Ok(OrganizationAccess::OrganizationToken),
            Caller::Team(_) | Caller::Organization { .. } => Ok(OrganizationAccess::Outsider),
        }
    }

    /// A refusal with the organization that it is about, where access was asked for.
    pub fn with_organization(&self, mut error: Error) -> Error {
        if let (Some(refused), Some(number)) = (&mut error.refusal, self.asked_of.get()) {
            let id = self.value::<String>("SELECT external_id FROM organizations WHERE number = ?1", [number]);
            // It is told to the record alone, which can do without.
            refused.organization = id.ok();
        }
        error
    }

    /// A row for each team of the user in the organization; one without a team for a member who is in none.
    fn access_of_user(&self, user: i64, organization: i64, by_token: bool) -> Result<OrganizationAccess> {
        let mut statement = self.connection.prepare_cached(
            "SELECT organizations.user_tokens_enabled, teams.name = ?3, teams.organization_access
             FROM organization_memberships
             JOIN organizations ON organizations.number = organization_memberships.organization
                               AND organizations.is_deleted = 0
             LEFT JOIN team_members ON team_members.membership = organization_memberships.number
             LEFT JOIN teams ON teams.number = team_members.team
             WHERE organization_memberships.organization = ?1 AND organization_memberships.user = ?2",
        )?;
        let mut rows = statement.query((organization, user, OWNERS))?;
        let mut access = OrganizationAccess::Outsider;
        while let Some(row) = rows.next()? {
            if by_token && !row.get::<_, bool>(0)? {
                return Err(Error { refusal: Some(Refused::default()), ..Error::unauthenticated() });
            }
            access = and_team(access, row.get(1)?, row.get(2)?);
        }
        Ok(access)
    }

    /// What a user is to each organization that they are a member of, among those in these rows.
    pub(in crate::store) fn access_to_organizations(
        &self,
        user: i64,
        organizations: RangeInclusive<i64>,
    ) -> Result<HashMap<i64, OrganizationAccess>> {
        let mut statement = self.connection.prepare_cached(ACCESS_TO_ORGANIZATIONS)?;
        let mut rows = statement.query((user, organizations.start(), organizations.end(), OWNERS))?;
        let mut access_by_organization = HashMap::new();
        while let Some(row) = rows.next()? {
            let access = access_by_organization.entry(row.get(0)?).or_insert(OrganizationAccess::Outsider);
            *access = and_team(*access, row.get(1)?, row.get(2)?);
        }
        Ok(access_by_organization)
    }

    fn access_of_team(&self, team: i64) -> Result<OrganizationAccess> {
        let access = self.optional(
            "SELECT name = ?2, organization_access FROM teams WHERE number = ?1",
            (team, OWNERS),
            |row| {
                let permissions = OrganizationPermissions::from_bits(row.get(1)?);
                Ok(if row.get(0)? { OrganizationAccess::Owner } else { OrganizationAccess::member(permissions) })
            },
        )?;
        Ok(access.unwrap_or(OrganizationAccess::Outsider))
    }
}

/// As for one organization, for several at once.
pub(in crate::store) const ACCESS_TO_ORGANIZATIONS: &str =
    "SELECT organization_memberships.organization, teams.name = ?4,
            teams.organization_access
     FROM organization_memberships
     JOIN organizations ON organizations.number = organization_memberships.organization AND organizations.is_deleted = 0
     LEFT JOIN team_members ON team_members.membership = organization_memberships.number
     LEFT JOIN teams ON teams.number = team_members.team
     WHERE organization_memberships.user = ?1 AND organization_memberships.organization BETWEEN ?2 AND ?3";

/// What a team more makes of a member; both are null for a member without any.
fn and_team(access: OrganizationAccess, is_owners: Option<bool>, permissions: Option<i64>) -> OrganizationAccess {
    let permissions = OrganizationPermissions::from_bits(permissions.unwrap_or_default());
    if is_owners.unwrap_or_default() { OrganizationAccess::Owner } else { access.and_permissions(permissions) }
}
