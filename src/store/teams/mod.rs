//! Teams.

pub(in crate::store) mod access;

use std::collections::HashMap;

use rusqlite::{Row, params};

use super::audit::{EventKind, Resource};
use super::pages::{SizedList, json_array};
use super::{Change, View};
use crate::domain::access::visibility::TeamSight;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::accounts::user::User;
use crate::domain::error::{Problems, Result};
use crate::domain::id::{MembershipId, OrganizationId, TeamId, UserId};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::permissions::OrganizationPermissions;
use crate::domain::teams::team::{OWNERS, Team, TeamChange, TeamDetails, TeamMember, TeamSettings, Visibility};

/// In the order that [`team`] reads.
pub(super) const SELECT: &str = "SELECT
     teams.number, teams.id, teams.name, organizations.number, organizations.external_id, organizations.name,
     teams.organization_access, teams.visibility, teams.sso_team_id, teams.allow_member_token_management,
     teams.description
     FROM teams JOIN organizations ON organizations.number = teams.organization";

/// Without its members.
fn team(row: &Row<'_>) -> rusqlite::Result<TeamDetails> {
    Ok(TeamDetails {
        team: Team {
            number: row.get(0)?,
            id: TeamId::from(row.get::<_, String>(1)?),
            name: row.get(2)?,
            organization: row.get(3)?,
            organization_id: OrganizationId::from(row.get::<_, String>(4)?),
            organization_name: row.get(5)?,
        },
        settings: TeamSettings {
            access: OrganizationPermissions::from_bits(row.get(6)?),
            // The schema knows no other values; were there one, the team had better be secret.
            visibility: Visibility::from_name(row.get_ref(7)?.as_str()?).unwrap_or_default(),
            sso_team_id: row.get(8)?,
            allow_member_token_management: row.get(9)?,
            description: row.get(10)?,
        },
        members: Vec::new(),
    })
}

/// The teams of organization ?1 that a [`TeamSight`] has: ?2 for all, ?3 for its own.
pub(super) const SEEN: &str = "teams.organization = ?1 AND
     (?2 OR teams.visibility = 'organization' OR teams.number IN (SELECT value FROM json_each(?3)))";

/// ?4 names, ?5 a part of the name.
pub(super) const LISTED: &str = "(?4 IS NULL OR teams.name IN (SELECT value FROM json_each(?4)))
     AND instr(lower(teams.name), lower(?5))";

impl View<'_> {
    /// The team `name` of the organization in row `organization`.
    pub fn team_number(&self, organization: i64, name: &str) -> Result<Option<i64>> {
        self.optional_value("SELECT number FROM teams WHERE organization = ?1 AND name = ?2", (organization, name))
    }

    /// What the caller sees of the teams of the organization in row `organization`.
    pub fn team_sight(&self, caller: &Caller, organization: i64) -> Result<TeamSight> {
        let access = self.organization_access(caller, organization)?;
        let own = match caller {
            Caller::User(_) | Caller::Person(_) if access == OrganizationAccess::Outsider => Vec::new(),
            _ => self.teams_of_caller(caller, organization)?,
        };
        Ok(TeamSight { access, own, is_person: matches!(caller, Caller::User(_) | Caller::Person(_)) })
    }

    /// The rows of the caller's own teams in the organization: those of a user, or the one whose token it is.
    pub fn teams_of_caller(&self, caller: &Caller, organization: i64) -> Result<Vec<i64>> {
        match caller {
            Caller::User(user) | Caller::Person(user) => self.teams_of_user(user.number, organization),
            Caller::Team(team) if team.organization == organization => Ok(vec![team.number]),
            Caller::Team(_) | Caller::Organization { .. } => Ok(Vec::new()),
        }
    }

    fn teams_of_user(&self, user: i64, organization: i64) -> Result<Vec<i64>> {
        self.rows(
            "SELECT team_members.team FROM organization_memberships
                 JOIN team_members ON team_members.membership = organization_memberships.number
                 WHERE organization_memberships.organization = ?1 AND organization_memberships.user = ?2",
            (organization, user),
            |row| row.get(0),
        )
    }

    pub fn team(&self, id: &TeamId) -> Result<TeamDetails> {
        let team = self.found(&format!("{SELECT} WHERE teams.id = ?1"), [id.as_str()], team)?;
        let mut teams = [team];
        self.add_members(&mut teams)?;
        let [team] = teams;
        Ok(team)
    }

    /// A page of the teams that are seen, in the order of their creation: those with one of `names`, all where it is
    /// `None`, and with `search` in their name.
    pub fn teams(
        &self,
        organization: i64,
        sight: &TeamSight,
        names: Option<&[String]>,
        search: &str,
        page: Page,
    ) -> Result<Listed<TeamDetails>> {
        let (own, names) = (json_array(&sight.own)?, names.map(json_array).transpose()?);
        let parameters = params![organization, sight.has_all(), own, names, search];
        let total = if sight.has_all() && names.is_none() && search.is_empty() {
            self.size_of(SizedList::Teams, organization)?
        } else {
            self.count(&format!("SELECT count(*) FROM teams WHERE {SEEN} AND {LISTED}"), parameters)?
        };
        let sql = format!("{SELECT} WHERE {SEEN} AND {LISTED} ORDER BY teams.number LIMIT ?6 OFFSET ?7");
        let mut list = self.page_of(total, &sql, parameters, page, team)?;
        self.add_members(&mut list.items)?;
        Ok(list)
    }

    /// Those of `ids` that are seen.
    pub fn teams_with_ids(&self, organization: i64, sight: &TeamSight, ids: &[TeamId]) -> Result<Vec<TeamDetails>> {
        let ids: Vec<&str> = ids.iter().map(TeamId::as_str).collect();
        let sql =
            format!("{SELECT} WHERE {SEEN} AND teams.id IN (SELECT value FROM json_each(?4)) ORDER BY teams.number");
        let mut teams =
            self.rows(&sql, params![organization, sight.has_all(), json_array(&sight.own)?, json_array(&ids)?], team)?;
        self.add_members(&mut teams)?;
        Ok(teams)
    }

    /// The rows of the teams whose tokens the caller manages, or of those that have one of `tokens`, a JSON array of ids.
    pub(super) fn teams_with_managed_tokens(
        &self,
        organization: i64,
        sight: &TeamSight,
        tokens: Option<&str>,
    ) -> Result<Vec<i64>> {
        const OF_TOKENS: &str = "(?4 IS NULL OR teams.number IN
             (SELECT team FROM api_tokens WHERE id IN (SELECT value FROM json_each(?4))))";
        let managed = self
            .connection
            .prepare_cached(&format!("{SELECT} WHERE {SEEN} AND {OF_TOKENS}"))?
            .query_map(params![organization, sight.has_all(), json_array(&sight.own)?, tokens], team)?
            .filter(|found| found.as_ref().map_or(true, |of| sight.rights(of).manage_tokens))
            .map(|found| found.map(|of| of.team.number))
            .collect::<rusqlite::Result<_>>()?;
        Ok(managed)
    }

    /// The members of all these teams, with one query.
    fn add_members(&self, teams: &mut [TeamDetails]) -> Result<()> {
        let numbers: Vec<i64> = teams.iter().map(|of| of.team.number).collect();
        let places: HashMap<i64, usize> = numbers.iter().enumerate().map(|(place, number)| (*number, place)).collect();
        let members = self.rows(
            "SELECT team_members.team, organization_memberships.id, users.id FROM team_members
             JOIN organization_memberships ON organization_memberships.number = team_members.membership
             LEFT JOIN users ON users.number = organization_memberships.user
             WHERE team_members.team IN (SELECT value FROM json_each(?1))
             ORDER BY team_members.team, team_members.membership",
            [json_array(&numbers)?],
            |row| {
                let membership = MembershipId::from(row.get::<_, String>(1)?);
                let user = row.get::<_, Option<String>>(2)?.map(UserId::from);
                Ok((row.get::<_, i64>(0)?, TeamMember { membership, user }))
            },
        )?;
        for (team, member) in members {
            if let Some(place) = places.get(&team) {
                teams[*place].members.push(member);
            }
        }
        Ok(())
    }
}

impl Change<'_> {
    /// The team that every organization begins with.
    pub(super) fn create_owners(&self, organization: &Organization, first_owner: &User) -> Result<()> {
        let membership = self.create_membership(organization, first_owner)?;
        self.execute(
            "INSERT INTO main.teams (id, organization, name, created_at) VALUES (?1, ?2, ?3, ?4)",
            (TeamId::generate(self.sources).as_str(), organization.number, OWNERS, self.now.milliseconds()),
        )?;
        self.execute(
            "INSERT INTO main.team_members (team, membership) VALUES (?1, ?2)",
            (self.connection.last_insert_rowid(), membership),
        )?;
        Ok(())
    }

    /// `NotFound` where it would have rights that the caller may not give, `Invalid` where the name is taken or the
    /// rights do not go together.
    pub fn create_team(
        &self,
        organization: &Organization,
        access: OrganizationAccess,
        new: &TeamChange,
    ) -> Result<TeamId> {
        let mut problems = Problems::default();
        let settings = new.applied_to(&TeamSettings::default(), &mut problems);
        if settings.access != OrganizationPermissions::default() {
            access.may(Action::ManageOrganizationAccess)?;
        }
        let name = new.name.as_deref().unwrap_or_default();
        if self.team_number(organization.number, name)?.is_some() {
            problems.name_is_taken();
        }
        problems.finish()?;
        let id = TeamId::generate(self.sources);
        self.execute(
            "INSERT INTO main.teams (id, organization, name, created_at, organization_access, visibility, sso_team_id,
                                allow_member_token_management, description)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id.as_str(),
                organization.number,
                name,
                self.now.milliseconds(),
                settings.access.bits(),
                settings.visibility.name(),
                settings.sso_team_id,
                settings.allow_member_token_management,
                settings.description,
            ],
        )?;
        self.record(EventKind::Create, Resource::Team, id.as_str(), Some(&organization.external_id))?;
        Ok(id)
    }

    /// `of` was found in this very transaction, and the caller may manage it; otherwise as for creation.
    pub fn update_team(&self, of: &TeamDetails, access: OrganizationAccess, change: &TeamChange) -> Result<()> {
        let mut problems = Problems::default();
        let settings = if of.team.is_owners() {
            change.check_for_owners(&mut problems);
            let kept = TeamChange { access: vec![], ..change.clone() };
            kept.applied_to(&of.settings, &mut problems)
        } else {
            change.applied_to(&of.settings, &mut problems)
        };
        if settings.access != of.settings.access {
            access.may(Action::ManageOrganizationAccess)?;
        }
        let name = change.name.as_ref().unwrap_or(&of.team.name);
        if *name != of.team.name && self.team_number(of.team.organization, name)?.is_some() {
            problems.name_is_taken();
        }
        problems.finish()?;
        self.execute(
            "UPDATE main.teams SET name = ?2, organization_access = ?3, visibility = ?4, sso_team_id = ?5,
                              allow_member_token_management = ?6, description = ?7
             WHERE number = ?1",
            params![
                of.team.number,
                name,
                settings.access.bits(),
                settings.visibility.name(),
                settings.sso_team_id,
                settings.allow_member_token_management,
                settings.description,
            ],
        )?;
        self.record(EventKind::Update, Resource::Team, of.team.id.as_str(), Some(&of.team.organization_id))
    }

    /// With its tokens; its members stay members of the organization.
    pub fn delete_team(&self, team: &Team) -> Result<()> {
        self.remove_row("teams", team.number, Some(&team.organization_id))?;
        self.record(EventKind::Destroy, Resource::Team, team.id.as_str(), Some(&team.organization_id))
    }
}
