//! Who belongs to an organization.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{Row, params};

use crate::domain::access::Action;
use crate::domain::access::visibility::TeamSight;
use crate::domain::accounts::user::User;
use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{MembershipId, OrganizationId, TeamId};
use crate::domain::organizations::membership::{Invitation, Membership, MembershipFilter, MembershipOrder, Status};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::teams::team::{OWNERS, TeamDetails};
use crate::domain::timestamp::Timestamp;
use crate::store::accounts::users::{COLUMNS as USER_COLUMNS, user};
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::{SizedList, json_array};
use crate::store::{Change, View};

/// In the order that [`membership`] reads.
pub(in crate::store) static SELECT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {USER_COLUMNS}, organization_memberships.number, organization_memberships.id, organizations.number,
                organizations.external_id, organizations.name, organization_memberships.email,
                organization_memberships.created_at,
                coalesce(organizations.settings ->> 'collaborator-auth-policy' = 'two_factor_mandatory', 0)
         FROM organization_memberships
         JOIN organizations ON organizations.number = organization_memberships.organization
         LEFT JOIN users ON users.number = organization_memberships.user"
    )
});

/// Without its teams.
fn membership(row: &Row<'_>) -> rusqlite::Result<Membership> {
    let has_user = row.get::<_, Option<i64>>(0)?.is_some();
    Ok(Membership {
        number: row.get(6)?,
        id: MembershipId::from(row.get::<_, String>(7)?),
        organization: row.get(8)?,
        organization_id: OrganizationId::from(row.get::<_, String>(9)?),
        organization_name: row.get(10)?,
        email: row.get(11)?,
        user: if has_user { Some(user(row)?) } else { None },
        created_at: Timestamp::from_milliseconds(row.get(12)?),
        needs_second_factor: row.get(13)?,
        teams: Vec::new(),
    })
}

/// ?1 the organization, ?2 whether it has a user, ?3 addresses, ?4 a part of the name or address, ?5 a team.
pub(in crate::store) const FILTER: &str = "WHERE organization_memberships.organization = ?1
     AND (?2 IS NULL OR (organization_memberships.user IS NOT NULL) = ?2)
     AND (?3 IS NULL OR organization_memberships.email IN (SELECT value FROM json_each(?3)))
     AND (instr(lower(organization_memberships.email), lower(?4))
          OR instr(lower((SELECT username FROM users WHERE number = organization_memberships.user)), lower(?4)))
     AND (?5 IS NULL OR organization_memberships.number IN (SELECT membership FROM team_members WHERE team = ?5))";

impl View<'_> {
    /// Without its teams, which [`View::add_teams`] knows.
    pub fn membership(&self, id: &MembershipId) -> Result<Membership> {
        self.found(&format!("{} WHERE organization_memberships.id = ?1", *SELECT), [id.as_str()], membership)
    }

    /// A page of those that the filter lets through, the oldest first.
    pub fn memberships(
        &self,
        organization: i64,
        sight: &TeamSight,
        filter: &MembershipFilter,
        page: Page,
    ) -> Result<Listed<Membership>> {
        if filter.status == Some(Status::Inactive) {
            return Ok(Listed { items: Vec::new(), total: 0 });
        }
        let is_active = filter.status.map(|status| status == Status::Active);
        let order = match filter.order {
            MembershipOrder::Created => "organization_memberships.number",
            MembershipOrder::Status => "organization_memberships.user IS NULL, organization_memberships.number",
            MembershipOrder::StatusBackwards => {
                "organization_memberships.user IS NOT NULL, organization_memberships.number"
            }
        };
        let emails = filter.emails.as_deref().map(json_array).transpose()?;
        let parameters = params![organization, is_active, emails, filter.search, filter.team];
        let total = if filter.keeps_all() {
            self.size_of(SizedList::Memberships, organization)?
        } else {
            self.count(&format!("SELECT count(*) FROM organization_memberships {FILTER}"), parameters)?
        };
        let sql = format!("{} {FILTER} ORDER BY {order} LIMIT ?6 OFFSET ?7", *SELECT);
        let mut list = self.page_of(total, &sql, parameters, page, membership)?;
        self.add_teams(&mut list.items, sight)?;
        Ok(list)
    }

    /// A page of a user's own, in organizations that take users' tokens, the oldest first.
    pub fn memberships_of_user(&self, user: i64, page: Page) -> Result<Listed<Membership>> {
        const OF_USER: &str = "WHERE organization_memberships.user = ?1 AND organization_memberships.organization IN
             (SELECT number FROM organizations WHERE user_tokens_enabled = 1 AND is_deleted = 0)";
        let total = self.count(&format!("SELECT count(*) FROM organization_memberships {OF_USER}"), [user])?;
        let sql = format!("{} {OF_USER} ORDER BY organization_memberships.number LIMIT ?2 OFFSET ?3", *SELECT);
        let mut list = self.page_of(total, &sql, params![user], page, membership)?;
        // One sees all teams that one is in.
        self.add_teams_seen(&mut list.items, true, &[])?;
        Ok(list)
    }

    /// All that have one of `ids`.
    pub fn memberships_with_ids(&self, sight: &TeamSight, ids: &[MembershipId]) -> Result<Vec<Membership>> {
        let ids: Vec<&str> = ids.iter().map(MembershipId::as_str).collect();
        let sql = format!(
            "{} WHERE organization_memberships.id IN (SELECT value FROM json_each(?1))
             ORDER BY organization_memberships.number",
            *SELECT
        );
        let mut items = self.rows(&sql, [json_array(&ids)?], membership)?;
        self.add_teams(&mut items, sight)?;
        Ok(items)
    }

    /// The teams of all these memberships that are seen, with one query.
    pub fn add_teams(&self, memberships: &mut [Membership], sight: &TeamSight) -> Result<()> {
        self.add_teams_seen(memberships, sight.has_all(), &sight.own)
    }

    fn add_teams_seen(&self, memberships: &mut [Membership], sees_all: bool, own: &[i64]) -> Result<()> {
        let numbers: Vec<i64> = memberships.iter().map(|membership| membership.number).collect();
        let places: HashMap<i64, usize> = numbers.iter().enumerate().map(|(place, number)| (*number, place)).collect();
        let teams = self.rows(
            "SELECT team_members.membership, teams.id FROM team_members
             JOIN teams ON teams.number = team_members.team
             WHERE team_members.membership IN (SELECT value FROM json_each(?1))
               AND (?2 OR teams.visibility = 'organization' OR teams.number IN (SELECT value FROM json_each(?3)))
             ORDER BY team_members.membership, teams.number",
            params![json_array(&numbers)?, sees_all, json_array(own)?],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )?;
        for (membership, team) in teams {
            if let Some(place) = places.get(&membership) {
                memberships[*place].teams.push(TeamId::from(team));
            }
        }
        Ok(())
    }

    /// The row of a user's membership, by user name or the user's id.
    pub fn membership_of_user(&self, organization: i64, name_or_id: &str) -> Result<Option<i64>> {
        self.optional_value(
            "SELECT organization_memberships.number FROM users
             JOIN organization_memberships ON organization_memberships.user = users.number
                                          AND organization_memberships.organization = ?1
             WHERE users.username = ?2 OR users.id = ?2
             ORDER BY users.username = ?2 DESC",
            (organization, name_or_id),
        )
    }

    /// The row of a membership of the organization in row `organization`.
    pub fn membership_number(&self, organization: i64, id: &str) -> Result<Option<i64>> {
        self.optional_value(
            "SELECT number FROM organization_memberships WHERE id = ?2 AND organization = ?1",
            (organization, id),
        )
    }

    /// Whether the team in row `owners` has a member who can act.
    fn has_owner(&self, owners: i64) -> Result<bool> {
        self.exists(
            "SELECT 1 FROM team_members
             JOIN organization_memberships ON organization_memberships.number = team_members.membership
             WHERE team_members.team = ?1 AND organization_memberships.user IS NOT NULL",
            [owners],
        )
    }
}

impl Change<'_> {
    /// Makes a user a member; gives the membership's row.
    pub(in crate::store) fn create_membership(&self, organization: &Organization, user: &User) -> Result<i64> {
        self.insert_membership(organization.number, Some(user.number), &user.email).map(|(number, _)| number)
    }

    fn insert_membership(&self, organization: i64, user: Option<i64>, email: &str) -> Result<(i64, MembershipId)> {
        let id = MembershipId::generate(self.sources);
        self.execute(
            "INSERT INTO main.organization_memberships (id, organization, user, email, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (id.as_str(), organization, user, email, self.now.milliseconds()),
        )?;
        Ok((self.connection.last_insert_rowid(), id))
    }

    /// A membership, active at once where there is an account with that e-mail address. `Invalid` where the address is
    /// a member's or invited already, or a team is none; `Forbidden` where the caller may not add members to a team.
    pub fn invite(
        &self,
        organization: &Organization,
        sight: &TeamSight,
        invitation: &Invitation,
    ) -> Result<MembershipId> {
        let mut problems = Problems::default();
        let teams = self.teams_to_join(organization.number, sight, &invitation.teams, &mut problems)?;
        let user = self.user_to_invite(&invitation.email, organization.number)?;
        if user.is_none() && self.is_known(organization.number, &invitation.email)? {
            problems.attribute("email", "`email` belongs to a member, or to an invited user already.");
        }
        problems.finish()?;
        if !teams.iter().all(|team| sight.rights(team).manage_membership) {
            return Err(Error::forbidden("Only owners add members to the owners team."));
        }
        let user = user.map(|user| user.number);
        let (number, id) = self.insert_membership(organization.number, user, &invitation.email)?;
        self.record(EventKind::Create, Resource::OrganizationMembership, id.as_str(), Some(&organization.external_id))?;
        for team in teams {
            self.add_members_to(&team, &[number])?;
        }
        Ok(id)
    }

    fn teams_to_join(
        &self,
        organization: i64,
        sight: &TeamSight,
        ids: &[String],
        problems: &mut Problems,
    ) -> Result<Vec<TeamDetails>> {
        let parsed: Vec<TeamId> = ids.iter().filter_map(|id| TeamId::parse(id).ok()).collect();
        let teams = self.teams_with_ids(organization, sight, &parsed)?;
        for (n, id) in ids.iter().enumerate() {
            if !teams.iter().any(|team| team.team.id.as_str() == id) {
                problems.at(format!("/data/relationships/teams/data/{n}"), "The organization has no such team.");
            }
        }
        Ok(teams)
    }

    /// Whether a user has joined with this address, or is invited by it.
    fn is_known(&self, organization: i64, email: &str) -> Result<bool> {
        self.value(
            "SELECT EXISTS (SELECT 1 FROM organization_memberships
                            WHERE organization = ?1 AND email = ?2 AND user IS NULL)
                 OR EXISTS (SELECT 1 FROM users
                            JOIN organization_memberships ON organization_memberships.user = users.number
                            WHERE users.email = ?2 COLLATE NOCASE
                              AND organization_memberships.organization = ?1)",
            (organization, email),
        )
    }

    /// Every invitation of the address is the new user's membership from now on.
    pub(in crate::store) fn accept_invitations(&self, user: i64, email: &str) -> Result<()> {
        let accepted: Vec<(i64, String, OrganizationId)> = self.rows(
            "SELECT organization_memberships.number, organization_memberships.id, organizations.external_id
             FROM organization_memberships
             JOIN organizations ON organizations.number = organization_memberships.organization
             WHERE organization_memberships.email = ?1 AND organization_memberships.user IS NULL
             ORDER BY organization_memberships.number",
            [email],
            |row| Ok((row.get(0)?, row.get(1)?, OrganizationId::from(row.get::<_, String>(2)?))),
        )?;
        for (number, id, organization) in accepted {
            self.execute("UPDATE main.organization_memberships SET user = ?2 WHERE number = ?1", (number, user))?;
            self.record(EventKind::Update, Resource::OrganizationMembership, &id, Some(&organization))?;
        }
        Ok(())
    }

    /// With its places in teams. `Forbidden` for the membership of an owner, but for owners; `Invalid` for the last
    /// owner's.
    pub fn delete_membership(&self, membership: &Membership, sight: &TeamSight) -> Result<()> {
        let owners = self.team_number(membership.organization, OWNERS)?.unwrap_or_default();
        let is_owner =
            self.exists("SELECT 1 FROM team_members WHERE team = ?1 AND membership = ?2", (owners, membership.number))?;
        if is_owner && !sight.access.allows(Action::ManageOwnersTeam) {
            return Err(Error::forbidden("Only owners end the membership of an owner."));
        }
        self.remove_row("organization_memberships", membership.number, Some(&membership.organization_id))?;
        if is_owner && !self.has_owner(owners)? {
            return Err(last_owner());
        }
        self.record(
            EventKind::Destroy,
            Resource::OrganizationMembership,
            membership.id.as_str(),
            Some(&membership.organization_id),
        )
    }

    /// Those who are in the team already stay. `memberships` are rows of the team's organization.
    pub fn add_members_to(&self, of: &TeamDetails, memberships: &[i64]) -> Result<()> {
        let mut added = 0;
        for membership in memberships {
            added += self.add_member(of.team.number, *membership)?;
        }
        self.record_new_members(of, added)
    }

    /// Those who are not in the team stay out of it. `Invalid` where no owner would be left.
    pub fn remove_members_from(&self, of: &TeamDetails, memberships: &[i64]) -> Result<()> {
        let mut removed = 0;
        for membership in memberships {
            removed += self.execute(
                "DELETE FROM main.team_members WHERE team = ?1 AND membership = ?2",
                (of.team.number, membership),
            )?;
        }
        if removed > 0 && of.team.is_owners() && !self.has_owner(of.team.number)? {
            return Err(last_owner());
        }
        self.record_new_members(of, removed)
    }

    fn add_member(&self, team: i64, membership: i64) -> Result<usize> {
        self.execute(
            "INSERT INTO main.team_members (team, membership) VALUES (?1, ?2)
             ON CONFLICT (team, membership) DO NOTHING",
            (team, membership),
        )
    }

    fn record_new_members(&self, of: &TeamDetails, changes: usize) -> Result<()> {
        if changes == 0 {
            return Ok(());
        }
        self.record(EventKind::Update, Resource::Team, of.team.id.as_str(), Some(&of.team.organization_id))
    }
}

fn last_owner() -> Error {
    Error::invalid("This is the organization's last owner; make another user an owner first.")
}
