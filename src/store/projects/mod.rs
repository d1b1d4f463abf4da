//! Projects.

pub(in crate::store) mod tag_bindings;
pub(in crate::store) mod workspaces;

use rusqlite::{Row, params};

use super::audit::{EventKind, Resource};
use super::pages::{SizedList, json_array};
use super::{Change, View};
use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{AgentPoolId, OrganizationId, ProjectId};
use crate::domain::oauth::client::OAuthClient;
use crate::domain::organizations::agent_pool;
use crate::domain::organizations::default_execution::{Decided, DefaultExecution};
use crate::domain::organizations::execution_mode::ExecutionMode;
use crate::domain::organizations::options::StacksExecutionMode;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::{DEFAULT, NewProject, Project, ProjectChange, ProjectFilter, ProjectOrder};
use crate::domain::timestamp::Timestamp;
use crate::store::{Owned, Place};

/// In the order that [`project`] reads.
pub(super) const SELECT: &str = "SELECT projects.number, projects.id, projects.organization, organizations.external_id,
     organizations.name, projects.name, projects.is_default, projects.description,
     projects.auto_destroy_activity_duration, projects.default_execution_mode, own_pools.id,
     organizations.default_execution_mode, organization_pools.id,
     (SELECT count(*) FROM workspaces WHERE workspaces.project = projects.number), projects.created_at,
     (SELECT count(*) FROM team_access WHERE team_access.project = projects.number),
     projects.stacks_default_execution_mode, organizations.settings ->> 'stacks-default-execution-mode'
     FROM projects
     JOIN organizations ON organizations.number = projects.organization
     LEFT JOIN agent_pools AS own_pools ON own_pools.number = projects.default_agent_pool
     LEFT JOIN agent_pools AS organization_pools ON organization_pools.number = organizations.default_agent_pool";

fn project(row: &Row<'_>) -> rusqlite::Result<Project> {
    Ok(Project {
        number: row.get(0)?,
        id: ProjectId::from(row.get::<_, String>(1)?),
        organization: row.get(2)?,
        organization_id: OrganizationId::from(row.get::<_, String>(3)?),
        organization_name: row.get(4)?,
        name: row.get(5)?,
        is_default: row.get(6)?,
        description: row.get(7)?,
        auto_destroy_activity_duration: row.get(8)?,
        own_execution: match row.get::<_, Option<String>>(9)? {
            Some(_) => Some(default_execution(row, 9)?),
            None => None,
        },
        organization_execution: default_execution(row, 11)?,
        workspace_count: row.get::<_, i64>(13)?.unsigned_abs(),
        own_stacks_mode: stacks_mode(row, 16)?,
        organization_stacks_mode: stacks_mode(row, 17)?.unwrap_or(StacksExecutionMode::Remote),
        team_count: row.get::<_, i64>(15)?.unsigned_abs(),
        created_at: Timestamp::from_milliseconds(row.get(14)?),
    })
}

fn stacks_mode(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<StacksExecutionMode>> {
    // The schema and the settings know no other.
    Ok(row.get_ref(column)?.as_str_or_null()?.and_then(StacksExecutionMode::from_name))
}

/// From the column of a mode and that of a pool behind it.
fn default_execution(row: &Row<'_>, column: usize) -> rusqlite::Result<DefaultExecution> {
    let name = row.get_ref(column)?.as_str()?;
    let mode = ExecutionMode::from_name(name).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            format!("unknown execution mode {name}").into(),
        )
    })?;
    Ok(DefaultExecution { mode, agent_pool: row.get::<_, Option<String>>(column + 1)?.map(AgentPoolId::from) })
}

/// What a list has in it; parameters 1 to 6 are the organization, a part of the name in lower case, names as JSON, and
/// what [`AskedBindings`] says.
pub(super) fn listed(filter: &ProjectFilter) -> String {
    let named = match filter.names {
        Some(_) => "projects.name IN (SELECT value FROM json_each(?3))",
        None => "?3 IS NULL",
    };
    let tagged = if filter.bindings.is_empty() { "?4 IS NOT NULL" } else { TAGGED };
    let among = match filter.among {
        Some(_) => "projects.number IN (SELECT value FROM json_each(?5))",
        None => "?5 IS NULL",
    };
    format!("projects.organization = ?1 AND instr(lower(projects.name), ?2) AND {named} AND {tagged} AND {among}")
}

/// No pair of those that are asked for is missing.
const TAGGED: &str = "NOT EXISTS
     (WITH asked AS MATERIALIZED (SELECT value ->> 0 AS key, value ->> 1 AS value FROM json_each(?4))
      SELECT 1 FROM asked WHERE NOT EXISTS
        (SELECT 1 FROM project_tag_bindings AS own WHERE own.project = projects.number
         AND (asked.key IS NULL OR own.key = asked.key) AND (asked.value IS NULL OR own.value = asked.value)))";

pub(super) fn order(filter: &ProjectFilter) -> &'static str {
    match filter.order {
        ProjectOrder::Created => "projects.number",
        ProjectOrder::Name => "projects.name",
        ProjectOrder::NameDescending => "projects.name DESC",
    }
}

pub(super) const OF_CLIENTS: &str = "projects.number IN (SELECT project FROM oauth_client_projects
     WHERE oauth_client IN (SELECT value FROM json_each(?1)))";

impl Owned for Project {
    fn load(view: &View, id: &str) -> Result<Project> {
        view.project(&ProjectId::parse(id)?)
    }

    fn organization(&self) -> i64 {
        self.organization
    }

    fn place(&self) -> Place {
        Place::Project(self.number)
    }
}

impl View<'_> {
    pub fn project(&self, id: &ProjectId) -> Result<Project> {
        self.found(&format!("{SELECT} WHERE projects.id = ?1"), [id.as_str()], project)
    }

    /// Those with these ids.
    pub fn projects_with_ids<'a>(&self, ids: impl Iterator<Item = &'a ProjectId>) -> Result<Vec<Project>> {
        let ids: Vec<&str> = ids.map(ProjectId::as_str).collect();
        self.rows(
            &format!("{SELECT} WHERE projects.id IN (SELECT value FROM json_each(?1))"),
            [json_array(&ids)?],
            project,
        )
    }

    /// Those that any of the clients is attached to, for documents that include them.
    pub fn projects_of_clients(&self, clients: &[OAuthClient]) -> Result<Vec<Project>> {
        self.rows(
            &format!("{SELECT} WHERE {OF_CLIENTS}"),
            [json_array(clients.iter().map(|client| client.number))?],
            project,
        )
    }

    /// A page of the organization's projects.
    pub fn projects(&self, organization: i64, filter: &ProjectFilter, page: Page) -> Result<Listed<Project>> {
        let part = filter.part.to_ascii_lowercase();
        let names = filter.names.as_ref().map(json_array).transpose()?;
        let bindings = json_array(filter.bindings.iter().map(|asked| (&asked.key, &asked.value)))?;
        let among = filter.among.as_ref().map(json_array).transpose()?;
        let (listed, order) = (listed(filter), order(filter));
        let parameters = params![organization, part, names, bindings, among];
        let total = if filter.keeps_all() {
            self.size_of(SizedList::Projects, organization)?
        } else {
            self.count(&format!("SELECT count(*) FROM projects WHERE {listed}"), parameters)?
        };
        let sql = format!("{SELECT} WHERE {listed} ORDER BY {order} LIMIT ?6 OFFSET ?7");
        self.page_of(total, &sql, parameters, page, project)
    }

    /// The row of a project of the organization in row `organization`.
    pub(super) fn project_number(&self, id: &ProjectId, organization: i64) -> Result<Option<i64>> {
        self.optional_value(
            "SELECT number FROM projects WHERE id = ?1 AND organization = ?2",
            (id.as_str(), organization),
        )
    }

    /// The row of the organization's default project.
    pub(super) fn default_project_number(&self, organization: i64) -> Result<i64> {
        self.value("SELECT number FROM projects WHERE organization = ?1 AND is_default = 1", [organization])
    }

    fn project_name_is_taken(&self, organization: i64, name: &str, but_by: Option<i64>) -> Result<bool> {
        let number: Option<i64> = self.optional_value(
            "SELECT number FROM projects WHERE organization = ?1 AND name = ?2",
            (organization, name),
        )?;
        Ok(number.is_some() && number != but_by)
    }

    /// The columns of what was decided. `current` is the project that it is for, if there is one yet; the pool that it has
    /// is not asked for again.
    fn default_execution_columns(
        &self,
        decided: &Decided,
        organization: i64,
        current: Option<&Project>,
        problems: &mut Problems,
    ) -> Result<(Option<&'static str>, Option<i64>)> {
        let Decided::Own { mode, agent_pool: id, agent_pool_pointer } = decided else { return Ok((None, None)) };
        let agent_pool = match id.as_deref().map(AgentPoolId::parse) {
            Some(Ok(id)) => {
                let own = current.and_then(|current| current.own_execution.as_ref());
                if own.is_some_and(|own| own.agent_pool.as_ref() == Some(&id)) {
                    self.agent_pool_number(&id, organization)?
                } else {
                    self.agent_pool_number_for_project(&id, organization, current.map(|current| current.number))?
                }
            }
            Some(Err(_)) | None => None,
        };
        if id.is_some() && agent_pool.is_none() {
            agent_pool::unusable(agent_pool_pointer, problems);
        }
        Ok((Some(mode.name()), agent_pool))
    }
}

impl Change<'_> {
    /// The project that every organization begins with; `organization` is its row.
    pub(super) fn create_default_project(&self, organization: i64) -> Result<()> {
        self.execute(
            "INSERT INTO main.projects (id, organization, name, is_default, created_at) VALUES (?1, ?2, ?3, 1, ?4)",
            (ProjectId::generate(self.sources).as_str(), organization, DEFAULT, self.now.milliseconds()),
        )?;
        Ok(())
    }

    /// `Invalid` where the name is taken or the agent pool may not be used.
    pub fn create_project(&self, organization: &Organization, new: &NewProject) -> Result<Project> {
        let mut problems = Problems::default();
        if self.project_name_is_taken(organization.number, &new.name, None)? {
            problems.name_is_taken();
        }
        let (mode, agent_pool) =
            self.default_execution_columns(&new.execution, organization.number, None, &mut problems)?;
        problems.finish()?;

        let id = ProjectId::generate(self.sources);
        self.execute(
            "INSERT INTO main.projects (id, organization, name, description, auto_destroy_activity_duration,
                                   default_execution_mode, default_agent_pool, created_at,
                                   stacks_default_execution_mode)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id.as_str(),
                organization.number,
                new.name,
                new.description,
                new.auto_destroy_activity_duration,
                mode,
                agent_pool,
                self.now.milliseconds(),
                new.stacks_mode.map(StacksExecutionMode::name),
            ],
        )?;
        self.put_project_tag_bindings(self.connection.last_insert_rowid(), &new.tag_bindings)?;
        self.record(EventKind::Create, Resource::Project, id.as_str(), Some(&organization.external_id))?;
        self.project(&id)
    }

    /// What is not given stays. `Invalid` as for creation, and where the mode and the pool do not fit together.
    pub fn update_project(&self, current: &Project, change: &ProjectChange) -> Result<Project> {
        let mut problems = Problems::default();
        let name = change.name.as_deref().unwrap_or(&current.name);
        if self.project_name_is_taken(current.organization, name, Some(current.number))? {
            problems.name_is_taken();
        }
        let decided = change.execution.decide(current.own_execution.as_ref(), &mut problems);
        let (mode, agent_pool) =
            self.default_execution_columns(&decided, current.organization, Some(current), &mut problems)?;
        problems.finish()?;

        self.execute(
            "UPDATE main.projects SET name = ?1, description = ?2, auto_destroy_activity_duration = ?3,
                                 default_execution_mode = ?4, default_agent_pool = ?5,
                                 stacks_default_execution_mode = ?6
             WHERE number = ?7",
            params![
                name,
                change.description.as_ref().unwrap_or(&current.description),
                change.auto_destroy_activity_duration.or_none(&current.auto_destroy_activity_duration),
                mode,
                agent_pool,
                change.stacks_mode.or_none(&current.own_stacks_mode).map(StacksExecutionMode::name),
                current.number,
            ],
        )?;
        if let Some(bindings) = &change.tag_bindings {
            self.remove_project_tag_bindings(current.number)?;
            self.put_project_tag_bindings(current.number, bindings)?;
        }
        self.record_project(EventKind::Update, current)?;
        self.project(&current.id)
    }

    /// `Conflict` for the default project, and for one that has workspaces or stacks.
    pub fn delete_project(&self, project: &Project) -> Result<()> {
        if project.is_default {
            return Err(Error::conflict("The default project of an organization cannot be deleted."));
        }
        if project.workspace_count > 0 {
            return Err(Error::conflict("The project has workspaces; move or delete them first."));
        }
        let has_stacks = self.exists("SELECT 1 FROM stacks WHERE project = ?1", [project.number])?;
        if has_stacks {
            return Err(Error::conflict("The project has stacks; delete them first."));
        }
        self.remove_row("projects", project.number, Some(&project.organization_id))?;
        self.record_project(EventKind::Destroy, project)
    }

    pub(super) fn record_project(&self, event_kind: EventKind, project: &Project) -> Result<()> {
        self.record(event_kind, Resource::Project, project.id.as_str(), Some(&project.organization_id))
    }
}
