//! Team access to workspaces and projects: the records, and what they give a caller.

use std::collections::HashMap;

use rusqlite::types::Type;
use rusqlite::{Row, params};
use serde::Serialize;

use crate::domain::access::visibility::TeamSight;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{OrganizationId, ProjectId, TeamId, TeamProjectId, TeamWorkspaceId, WorkspaceId};
use crate::domain::oauth::token::OAuthToken;
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::Project;
use crate::domain::teams::grants::Grants;
use crate::domain::teams::levels::{ProjectLevel, Word, WorkspaceLevel};
use crate::domain::teams::team::{Team, Visibility};
use crate::domain::teams::team_access::{AccessTo, Given, TeamAccess};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::access::Place;
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::json_array;
use crate::store::{Change, View};

/// In the order that [`team_access`] reads.
pub(in crate::store) const SELECT: &str = "SELECT team_access.number, team_access.id, team_access.level,
     team_access.permissions, teams.number, teams.id, teams.name, teams.organization, organizations.external_id,
     organizations.name, teams.visibility, workspaces.number, workspaces.id, workspaces.project, projects.number,
     projects.id
     FROM team_access
     JOIN teams ON teams.number = team_access.team
     JOIN organizations ON organizations.number = teams.organization
     LEFT JOIN workspaces ON workspaces.number = team_access.workspace
     LEFT JOIN projects ON projects.number = team_access.project";

fn team_access(row: &Row<'_>) -> rusqlite::Result<TeamAccess> {
    let to = match row.get::<_, Option<i64>>(11)? {
        Some(number) => {
            AccessTo::Workspace { number, id: WorkspaceId::from(row.get::<_, String>(12)?), project: row.get(13)? }
        }
        None => AccessTo::Project { number: row.get(14)?, id: ProjectId::from(row.get::<_, String>(15)?) },
    };
    let given = given(row, 2, matches!(to, AccessTo::Workspace { .. }))?;
    Ok(TeamAccess {
        number: row.get(0)?,
        id: row.get(1)?,
        team: Team {
            number: row.get(4)?,
            id: TeamId::from(row.get::<_, String>(5)?),
            name: row.get(6)?,
            organization: row.get(7)?,
            organization_id: OrganizationId::from(row.get::<_, String>(8)?),
            organization_name: row.get(9)?,
        },
        team_visibility: Visibility::from_name(row.get_ref(10)?.as_str()?).unwrap_or_default(),
        to,
        given,
    })
}

/// From a column with the level and one with the permissions behind it.
fn given(row: &Row<'_>, column: usize, is_to_workspace: bool) -> rusqlite::Result<Given> {
    let name = row.get_ref(column)?.as_str()?;
    let permissions = row.get_ref(column + 1)?.as_str()?;
    let unreadable = |why: String| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into());
    let unknown = || unreadable(format!("unknown level {name}"));
    if is_to_workspace {
        let level = WorkspaceLevel::from_name(name).ok_or_else(unknown)?;
        let permissions = serde_json::from_str(permissions).map_err(|e| unreadable(e.to_string()))?;
        return Ok(Given::ToWorkspace(level, permissions));
    }
    let level = ProjectLevel::from_name(name).ok_or_else(unknown)?;
    let permissions = serde_json::from_str(permissions).map_err(|e| unreadable(e.to_string()))?;
    Ok(Given::ToProject(level, permissions))
}

/// As the table has it: the level and the permissions.
fn columns(given: &Given) -> Result<(&'static str, String)> {
    fn text<T: Serialize>(permissions: &T) -> Result<String> {
        serde_json::to_string(permissions).map_err(Error::internal)
    }
    match given {
        Given::ToWorkspace(level, permissions) => Ok((level.name(), text(permissions)?)),
        Given::ToProject(level, permissions) => Ok((level.name(), text(permissions)?)),
    }
}

impl From<&AccessTo> for Place {
    fn from(to: &AccessTo) -> Place {
        match to {
            AccessTo::Workspace { number, project, .. } => Place::Workspace { workspace: *number, project: *project },
            AccessTo::Project { number, .. } => Place::Project(*number),
        }
    }
}

/// The access of teams ?1 to workspaces ?2 and projects ?3, all JSON arrays of rows.
pub(in crate::store) const GIVEN: &str = "SELECT workspace, project, level, permissions FROM team_access
     WHERE team IN (SELECT value FROM json_each(?1)) AND workspace IN (SELECT value FROM json_each(?2))
     UNION ALL
     SELECT workspace, project, level, permissions FROM team_access
     WHERE team IN (SELECT value FROM json_each(?1)) AND project IN (SELECT value FROM json_each(?3))";

/// All access that teams ?1 have.
pub(in crate::store) const GIVEN_ANYWHERE: &str = "SELECT DISTINCT workspace IS NOT NULL, level, permissions
     FROM team_access WHERE team IN (SELECT value FROM json_each(?1))";

/// Workspaces that one of the teams `?teams` has access to, by itself or by its project. Both lists are made once for the
/// whole query, not for each workspace.
pub(in crate::store) const SEEN_BY: &str = "(+workspaces.number IN (SELECT workspace FROM team_access
       WHERE workspace IS NOT NULL AND team IN (SELECT value FROM json_each(?teams)))
     OR +workspaces.project IN (SELECT project FROM team_access
       WHERE project IS NOT NULL AND team IN (SELECT value FROM json_each(?teams))))";

/// All access that teams ?1 have in the projects of the client of token ?2, or to workspaces there.
pub(in crate::store) const GIVEN_IN_PROJECTS_OF_TOKEN: &str =
    "SELECT DISTINCT workspace IS NOT NULL, level, permissions FROM team_access
     LEFT JOIN workspaces ON workspaces.number = team_access.workspace
     WHERE team IN (SELECT value FROM json_each(?1))
       AND coalesce(team_access.project, workspaces.project) IN
         (SELECT project FROM oauth_client_projects
          WHERE oauth_client = (SELECT client FROM oauth_tokens WHERE number = ?2))";

/// How a caller stands to each of several workspaces or projects of one organization.
pub struct Accesses {
    /// To the organization alone.
    pub organization: OrganizationAccess,
    grants: HashMap<i64, Grants>,
}

impl Accesses {
    /// To the workspace or project in this row.
    pub fn to(&self, number: i64) -> OrganizationAccess {
        self.organization.with_grants(self.grants.get(&number).copied().unwrap_or_default())
    }
}

impl View<'_> {
    /// What access the teams in rows `teams` have, by the rows of these workspaces and projects.
    fn given(&self, teams: &[i64], workspaces: &[i64], projects: &[i64]) -> Result<[HashMap<i64, Grants>; 2]> {
        let (mut of_workspaces, mut of_projects) = (HashMap::new(), HashMap::new());
        if teams.is_empty() {
            return Ok([of_workspaces, of_projects]);
        }
        let rows = self.rows(GIVEN, (json_array(teams)?, json_array(workspaces)?, json_array(projects)?), |row| {
            let (workspace, project) = (row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?);
            Ok((workspace, project, given(row, 2, workspace.is_some())?))
        })?;
        for (workspace, project, given) in rows {
            let (all, number) = match workspace {
                Some(number) => (&mut of_workspaces, Some(number)),
                None => (&mut of_projects, project),
            };
            let grants: &mut Grants = all.entry(number.unwrap_or_default()).or_default();
            *grants = grants.and(given.grants());
        }
        Ok([of_workspaces, of_projects])
    }

    /// What the caller's teams give at `place`.
    pub(in crate::store) fn grants_at(&self, caller: &Caller, organization: i64, place: Place) -> Result<Grants> {
        let (workspace, project) = match place {
            Place::Organization => return Ok(Grants::default()),
            Place::Project(project) => (None, project),
            Place::Workspace { workspace, project } => (Some(workspace), project),
        };
        let teams = self.teams_of_caller(caller, organization)?;
        let [of_workspaces, of_projects] = self.given(&teams, workspace.as_slice(), &[project])?;
        let all = of_workspaces.into_values().chain(of_projects.into_values());
        Ok(all.fold(Grants::default(), Grants::and))
    }

    /// What the caller's teams give anywhere in the organization.
    pub(in crate::store) fn grants_anywhere(&self, caller: &Caller, organization: i64) -> Result<Grants> {
        let teams = json_array(&self.teams_of_caller(caller, organization)?)?;
        let given = self.rows(GIVEN_ANYWHERE, [teams], |row| given(row, 1, row.get(0)?))?;
        Ok(given.iter().map(Given::grants).fold(Grants::default(), Grants::and))
    }

    /// Whether the caller may look for repositories with the token; `NotFound` otherwise. Who sees connections by team access
    /// alone needs that in one of the projects that the token's client is for.
    pub fn may_look_with(&self, caller: &Caller, token: &OAuthToken) -> Result<()> {
        let access = self.organization_access(caller, token.organization)?;
        if access.allows(Action::SeeVcsConnections) || self.oauth_client(&token.oauth_client)?.organization_scoped {
            return Ok(());
        }
        let teams = json_array(&self.teams_of_caller(caller, token.organization)?)?;
        let given = self.rows(GIVEN_IN_PROJECTS_OF_TOKEN, (teams, token.number), |row| given(row, 1, row.get(0)?))?;
        let grants = given.iter().map(Given::grants).fold(Grants::default(), Grants::and);
        access.with_grants_anywhere(grants).may(Action::SeeVcsConnections)
    }

    /// How the caller stands to each of these workspaces of an organization.
    pub fn access_to_workspaces(
        &self,
        caller: &Caller,
        organization: OrganizationAccess,
        workspaces: &[Workspace],
    ) -> Result<Accesses> {
        let mut accesses = Accesses { organization, grants: HashMap::new() };
        let Some(first) = workspaces.first().filter(|_| organization.is_member()) else { return Ok(accesses) };
        let teams = self.teams_of_caller(caller, first.organization)?;
        let numbers: Vec<i64> = workspaces.iter().map(|workspace| workspace.number).collect();
        let projects: Vec<i64> = workspaces.iter().map(|workspace| workspace.project).collect();
        let [own, of_projects] = self.given(&teams, &numbers, &projects)?;
        for workspace in workspaces {
            let grants = |all: &HashMap<i64, Grants>, number| all.get(&number).copied().unwrap_or_default();
            let both = grants(&own, workspace.number).and(grants(&of_projects, workspace.project));
            accesses.grants.insert(workspace.number, both);
        }
        Ok(accesses)
    }

    /// How the caller stands to each of these projects of an organization.
    pub fn access_to_projects(
        &self,
        caller: &Caller,
        organization: OrganizationAccess,
        projects: &[Project],
    ) -> Result<Accesses> {
        let mut accesses = Accesses { organization, grants: HashMap::new() };
        let Some(first) = projects.first().filter(|_| organization.is_member()) else { return Ok(accesses) };
        let teams = self.teams_of_caller(caller, first.organization)?;
        let numbers: Vec<i64> = projects.iter().map(|project| project.number).collect();
        let [_, grants] = self.given(&teams, &[], &numbers)?;
        accesses.grants = grants;
        Ok(accesses)
    }

    /// The rows of the teams whose access makes single workspaces visible; `None` for a caller who sees all.
    pub fn teams_that_see_workspaces(&self, caller: &Caller, organization: i64) -> Result<Option<Vec<i64>>> {
        if self.organization_access(caller, organization)?.allows(Action::SeeWorkspaces) {
            return Ok(None);
        }
        self.teams_of_caller(caller, organization).map(Some)
    }

    /// The rows of the projects where the caller's teams give any of what `may` asks for.
    pub fn projects_where(&self, caller: &Caller, organization: i64, may: impl Fn(Grants) -> bool) -> Result<Vec<i64>> {
        let teams = json_array(&self.teams_of_caller(caller, organization)?)?;
        let sql = "SELECT project, level, permissions FROM team_access
                   WHERE team IN (SELECT value FROM json_each(?1)) AND project IS NOT NULL";
        let mut grants: HashMap<i64, Grants> = HashMap::new();
        for (project, given) in self.rows(sql, [teams], |row| Ok((row.get(0)?, given(row, 1, false)?)))? {
            let all = grants.entry(project).or_default();
            *all = all.and(given.grants());
        }
        Ok(grants.into_iter().filter(|(_, grants)| may(*grants)).map(|(project, _)| project).collect())
    }

    /// `NotFound` where there is none, and for a text that cannot be such an id.
    pub fn team_access(&self, id: &str) -> Result<TeamAccess> {
        self.found(&format!("{SELECT} WHERE team_access.id = ?1"), [id], team_access)
    }

    /// A page of the access to a workspace or project, in the order of its creation: of all teams that the caller sees
    /// where it `manages`, and of its own teams otherwise; of `team` alone, where it is given.
    pub fn team_access_to(
        &self,
        to: &AccessTo,
        sight: &TeamSight,
        manages: bool,
        team: Option<&str>,
        page: Page,
    ) -> Result<Listed<TeamAccess>> {
        const SEEN: &str = "(?2 IS NULL OR teams.id = ?2)
             AND (?3 AND (?4 OR teams.visibility = 'organization')
                  OR teams.number IN (SELECT value FROM json_each(?5)))";
        let (column, number) = match to {
            AccessTo::Workspace { number, .. } => ("workspace", *number),
            AccessTo::Project { number, .. } => ("project", *number),
        };
        let own = json_array(&sight.own)?;
        let parameters = params![number, team, manages, sight.has_all(), own];
        let counted = format!(
            "SELECT count(*) FROM team_access JOIN teams ON teams.number = team_access.team
             WHERE team_access.{column} = ?1 AND {SEEN}"
        );
        let total = self.count(&counted, parameters)?;
        let sql = format!(
            "{SELECT} WHERE team_access.{column} = ?1 AND {SEEN} ORDER BY team_access.number LIMIT ?6 OFFSET ?7"
        );
        self.page_of(total, &sql, parameters, page, team_access)
    }
}

impl Change<'_> {
    /// `Invalid` where the team has access already.
    pub fn create_team_access(&self, team: &Team, to: &AccessTo, given: &Given) -> Result<TeamAccess> {
        let (id, workspace, project) = match to {
            AccessTo::Workspace { number, .. } => {
                (TeamWorkspaceId::generate(self.sources).to_string(), Some(number), None)
            }
            AccessTo::Project { number, .. } => (TeamProjectId::generate(self.sources).to_string(), None, Some(number)),
        };
        let has_access = self.exists(
            "SELECT 1 FROM team_access WHERE team = ?1 AND (workspace = ?2 OR project = ?3)",
            (team.number, workspace, project),
        )?;
        let mut problems = Problems::default();
        if has_access {
            // In the service's own words.
            problems.attribute("team", "Team has already been taken");
        }
        problems.finish()?;
        let (level, permissions) = columns(given)?;
        self.execute(
            "INSERT INTO main.team_access (id, team, workspace, project, level, permissions)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id, team.number, workspace, project, level, permissions],
        )?;
        let access = self.team_access(&id)?;
        self.record_team_access(EventKind::Create, &access)?;
        Ok(access)
    }

    pub fn update_team_access(&self, current: &TeamAccess, given: &Given) -> Result<TeamAccess> {
        let (level, permissions) = columns(given)?;
        self.execute(
            "UPDATE main.team_access SET level = ?1, permissions = ?2 WHERE number = ?3",
            (level, permissions, current.number),
        )?;
        self.record_team_access(EventKind::Update, current)?;
        self.team_access(&current.id)
    }

    pub fn delete_team_access(&self, current: &TeamAccess) -> Result<()> {
        self.execute("DELETE FROM main.team_access WHERE number = ?1", [current.number])?;
        self.record_team_access(EventKind::Destroy, current)
    }

    fn record_team_access(&self, event_kind: EventKind, access: &TeamAccess) -> Result<()> {
        let resource = match access.to {
            AccessTo::Workspace { .. } => Resource::TeamWorkspace,
            AccessTo::Project { .. } => Resource::TeamProject,
        };
        self.record(event_kind, resource, &access.id, Some(&access.team.organization_id))
    }
}
