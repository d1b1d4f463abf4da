//! What goes with a user who is deleted, and the deleting.

use crate::domain::accounts::user::User;
use crate::domain::error::{Error, Result};
use crate::domain::id::{OrganizationId, UserId};
use crate::domain::teams::team::OWNERS;
use crate::domain::timestamp::Timestamp;
use crate::store::audit::{EventKind, Resource};
use crate::store::{Change, View};

/// A user's place in an organization.
pub struct Belonging {
    pub organization: String,
    pub is_owner: bool,
    /// No other user could act for the organization.
    is_only_owner: bool,
    membership: String,
    number: i64,
    organization_id: OrganizationId,
}

impl View<'_> {
    /// In the order of the organizations' names.
    pub fn memberships_of(&self, user: &User) -> Result<Vec<Belonging>> {
        self.rows(
            "SELECT organizations.name, organizations.external_id, organization_memberships.id,
                    EXISTS (SELECT 1 FROM team_members
                            WHERE team = owners.number AND membership = organization_memberships.number),
                    NOT EXISTS (SELECT 1 FROM team_members
                                JOIN organization_memberships AS other ON other.number = team_members.membership
                                WHERE team_members.team = owners.number AND other.user <> ?1),
                    organization_memberships.number
             FROM organization_memberships
             JOIN organizations ON organizations.number = organization_memberships.organization
             JOIN teams AS owners ON owners.organization = organizations.number AND owners.name = ?2
             WHERE organization_memberships.user = ?1
             ORDER BY organizations.name",
            (user.number, OWNERS),
            |row| {
                let is_owner = row.get(3)?;
                Ok(Belonging {
                    organization: row.get(0)?,
                    organization_id: OrganizationId::from(row.get::<_, String>(1)?),
                    membership: row.get(2)?,
                    number: row.get(5)?,
                    is_owner,
                    is_only_owner: is_owner && row.get(4)?,
                })
            },
        )
    }

    /// How many of a user's tokens are not expired.
    pub fn valid_tokens_of(&self, user: i64, now: Timestamp) -> Result<u64> {
        self.count(
            "SELECT count(*) FROM api_tokens WHERE user = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
            (user, now.milliseconds()),
        )
    }

    /// `Invalid` where an organization would be left without an owner.
    pub fn require_other_owners(&self, user: &User) -> Result<()> {
        let memberships = self.memberships_of(user)?;
        let alone: Vec<&str> =
            memberships.iter().filter(|of| of.is_only_owner).map(|of| of.organization.as_str()).collect();
        if alone.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{} is the only owner of {}. Add another owner first, or delete the organization with `bowline org delete`.",
            user.username,
            alone.join(", ")
        )))
    }
}

impl Change<'_> {
    /// With tokens and memberships. The trail gets an event for each membership, so that each organization's has one; tokens
    /// belong to none. `Invalid` for the only owner of an organization, `NotFound` for a user who is gone already.
    pub fn delete_user(&self, id: &UserId) -> Result<()> {
        let user = self.users_with_ids(std::slice::from_ref(id))?.pop().ok_or_else(Error::not_found)?;
        self.require_other_owners(&user)?;
        for of in self.memberships_of(&user)? {
            self.remove_row("organization_memberships", of.number, Some(&of.organization_id))?;
            self.record(
                EventKind::Destroy,
                Resource::OrganizationMembership,
                &of.membership,
                Some(&of.organization_id),
            )?;
        }
        self.remove_row("users", user.number, None)?;
        self.record(EventKind::Destroy, Resource::User, id.as_str(), None)
    }
}
