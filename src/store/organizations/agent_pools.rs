//! Agent pools.

use rusqlite::Row;
use rusqlite::types::ToSql;

use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{AgentPoolId, ProjectId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::organizations::agent_pool::{
    AgentPool, AgentPoolChange, AgentPoolFilter, AgentPoolOrder, AgentPoolScope, NewAgentPool,
};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::store::pages::json_array;
use crate::store::stored::{FIRST, Links, Stored, linked_rows};
use crate::store::{Change, View};

impl Stored for AgentPool {
    type Id = AgentPoolId;
    const TABLE: &'static str = "agent_pools";
    const EVENT: &'static str = "agent_pool";
    const ONE: &'static str = "agent pool";
    const COLUMNS: &'static str = "agent_pools.name, agent_pools.organization_scoped, agent_pools.created_at";

    fn read(identity: Identity<AgentPoolId>, row: &Row<'_>) -> rusqlite::Result<AgentPool> {
        Ok(AgentPool {
            identity,
            name: row.get(FIRST)?,
            organization_scoped: row.get(FIRST + 1)?,
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 2)?),
            workspaces: vec![],
            allowed_workspaces: vec![],
            allowed_projects: vec![],
            excluded_workspaces: vec![],
        })
    }

    fn identity(&self) -> &Identity<AgentPoolId> {
        &self.identity
    }

    fn with_links(view: &View, mut pools: Vec<AgentPool>) -> Result<Vec<AgentPool>> {
        let numbers = json_array(pools.iter().map(|pool| pool.identity.number))?;
        let mut workspaces: Links<WorkspaceId> = view.links(USING_WORKSPACES, &numbers)?;
        let mut allowed_workspaces: Links<WorkspaceId> = view.links(ALLOWED_WORKSPACES, &numbers)?;
        let mut allowed_projects: Links<ProjectId> = view.links(ALLOWED_PROJECTS, &numbers)?;
        let mut excluded_workspaces: Links<WorkspaceId> = view.links(EXCLUDED_WORKSPACES, &numbers)?;
        for pool in &mut pools {
            let number = pool.identity.number;
            pool.workspaces = workspaces.remove(&number).unwrap_or_default();
            pool.allowed_workspaces = allowed_workspaces.remove(&number).unwrap_or_default();
            pool.allowed_projects = allowed_projects.remove(&number).unwrap_or_default();
            pool.excluded_workspaces = excluded_workspaces.remove(&number).unwrap_or_default();
        }
        Ok(pools)
    }
}

/// What pools are linked to: pool and id, for the pools in rows `?1`, a JSON array.
pub(in crate::store) const USING_WORKSPACES: &str = "SELECT workspaces.agent_pool, workspaces.id FROM workspaces
     WHERE workspaces.agent_pool IN (SELECT value FROM json_each(?1))
     ORDER BY workspaces.agent_pool, workspaces.number";
pub(in crate::store) const ALLOWED_WORKSPACES: &str = "SELECT linked.agent_pool, workspaces.id
     FROM agent_pool_allowed_workspaces AS linked JOIN workspaces ON workspaces.number = linked.workspace
     WHERE linked.agent_pool IN (SELECT value FROM json_each(?1)) ORDER BY linked.agent_pool, linked.workspace";
pub(in crate::store) const ALLOWED_PROJECTS: &str = "SELECT linked.agent_pool, projects.id
     FROM agent_pool_allowed_projects AS linked JOIN projects ON projects.number = linked.project
     WHERE linked.agent_pool IN (SELECT value FROM json_each(?1)) ORDER BY linked.agent_pool, linked.project";
pub(in crate::store) const EXCLUDED_WORKSPACES: &str = "SELECT linked.agent_pool, workspaces.id
     FROM agent_pool_excluded_workspaces AS linked JOIN workspaces ON workspaces.number = linked.workspace
     WHERE linked.agent_pool IN (SELECT value FROM json_each(?1)) ORDER BY linked.agent_pool, linked.workspace";

/// What a list has in it; parameters 1 to 4 are the organization, a part of the name in lower case, and the names of a
/// workspace and of a project that may use it.
pub(in crate::store) fn listed(filter: &AgentPoolFilter) -> String {
    let workspace = match filter.workspace {
        Some(_) => {
            "EXISTS (SELECT 1 FROM workspaces WHERE workspaces.organization = ?1 AND workspaces.name = ?3
                     AND NOT EXISTS (SELECT 1 FROM agent_pool_excluded_workspaces AS excluded
                                     WHERE excluded.agent_pool = agent_pools.number
                                       AND excluded.workspace = workspaces.number)
                     AND (agent_pools.organization_scoped
                          OR EXISTS (SELECT 1 FROM agent_pool_allowed_workspaces AS allowed
                                     WHERE allowed.agent_pool = agent_pools.number
                                       AND allowed.workspace = workspaces.number)
                          OR EXISTS (SELECT 1 FROM agent_pool_allowed_projects AS allowed
                                     WHERE allowed.agent_pool = agent_pools.number
                                       AND allowed.project = workspaces.project)))"
        }
        None => "?3 IS NULL",
    };
    let project = match filter.project {
        Some(_) => {
            "EXISTS (SELECT 1 FROM projects WHERE projects.organization = ?1 AND projects.name = ?4
                     AND (agent_pools.organization_scoped
                          OR EXISTS (SELECT 1 FROM agent_pool_allowed_projects AS allowed
                                     WHERE allowed.agent_pool = agent_pools.number
                                       AND allowed.project = projects.number)))"
        }
        None => "?4 IS NULL",
    };
    format!("agent_pools.organization = ?1 AND instr(lower(agent_pools.name), ?2) AND {workspace} AND {project}")
}

pub(in crate::store) fn order(filter: &AgentPoolFilter) -> &'static str {
    match filter.order {
        AgentPoolOrder::Created => "agent_pools.number",
        AgentPoolOrder::CreatedDescending => "agent_pools.number DESC",
        AgentPoolOrder::Name => "agent_pools.name",
        AgentPoolOrder::NameDescending => "agent_pools.name DESC",
    }
}

impl View<'_> {
    /// A page of the organization's pools.
    pub fn agent_pools(&self, organization: i64, filter: &AgentPoolFilter, page: Page) -> Result<Listed<AgentPool>> {
        let part = filter.part.to_ascii_lowercase();
        let parameters: [&dyn ToSql; 4] = [&organization, &part, &filter.workspace, &filter.project];
        self.stored_where(&listed(filter), order(filter), &parameters, page)
    }

    /// The row of a pool of the organization in row `organization`.
    pub(in crate::store) fn agent_pool_number(&self, id: &AgentPoolId, organization: i64) -> Result<Option<i64>> {
        self.optional_value(
            "SELECT number FROM agent_pools WHERE id = ?1 AND organization = ?2",
            (id.as_str(), organization),
        )
    }

    /// As [`View::agent_pool_number`], of a pool that the project in row `project` may use; a new project, which no pool
    /// can know, has no row.
    pub(in crate::store) fn agent_pool_number_for_project(
        &self,
        id: &AgentPoolId,
        organization: i64,
        project: Option<i64>,
    ) -> Result<Option<i64>> {
        self.optional_value(
            "SELECT number FROM agent_pools
             WHERE id = ?1 AND organization = ?2
               AND (organization_scoped
                    OR EXISTS (SELECT 1 FROM agent_pool_allowed_projects
                               WHERE agent_pool = agent_pools.number AND project = ?3))",
            (id.as_str(), organization, project),
        )
    }

    fn is_default_agent_pool(&self, pool: &AgentPool) -> Result<bool> {
        let sql = "SELECT 1 FROM organizations WHERE number = ?1 AND default_agent_pool = ?2";
        self.exists(sql, (pool.identity.organization, pool.identity.number))
    }

    /// What would be without its pool: kinds of things, in words.
    fn users_of_agent_pool(&self, pool: &AgentPool) -> Result<Vec<&'static str>> {
        let kinds = [
            ("SELECT 1 FROM workspaces WHERE agent_pool = ?1", "workspaces"),
            ("SELECT 1 FROM oauth_clients WHERE agent_pool = ?1", "OAuth clients"),
            ("SELECT 1 FROM stacks WHERE agent_pool = ?1", "stacks"),
            ("SELECT 1 FROM run_tasks WHERE agent_pool = ?1", "run tasks"),
            ("SELECT 1 FROM registry_modules WHERE agent_pool = ?1", "tests of registry modules"),
            ("SELECT 1 FROM projects WHERE default_agent_pool = ?1", "projects, as their default"),
            ("SELECT 1 FROM organizations WHERE default_agent_pool = ?1", "the organization, as its default"),
        ];
        let mut users = vec![];
        for (sql, kind) in kinds {
            if self.exists(sql, [pool.identity.number])? {
                users.push(kind);
            }
        }
        Ok(users)
    }

    /// The rows that a request's scope names; `None` for what it does not.
    fn scope_numbers(
        &self,
        scope: &AgentPoolScope,
        organization: i64,
        problems: &mut Problems,
    ) -> Result<[Option<Vec<i64>>; 3]> {
        let workspace = |id: &str| self.workspace_row(id, organization);
        let project = |id: &str| self.project_row(id, organization);
        Ok([
            numbers(&scope.allowed_workspaces, "allowed-workspaces", "workspace", workspace, problems)?,
            numbers(&scope.allowed_projects, "allowed-projects", "project", project, problems)?,
            numbers(&scope.excluded_workspaces, "excluded-workspaces", "workspace", workspace, problems)?,
        ])
    }
}

fn numbers(
    ids: &Option<Vec<String>>,
    relationship: &str,
    kind: &str,
    number: impl Fn(&str) -> Result<Option<i64>>,
    problems: &mut Problems,
) -> Result<Option<Vec<i64>>> {
    let Some(ids) = ids else { return Ok(None) };
    let pointer = format!("/data/relationships/{relationship}/data");
    linked_rows(ids, &pointer, kind, number, problems).map(Some)
}

/// Where the links of [`View::scope_numbers`] are kept: table and column.
const SCOPE: [(&str, &str); 3] = [
    ("agent_pool_allowed_workspaces", "workspace"),
    ("agent_pool_allowed_projects", "project"),
    ("agent_pool_excluded_workspaces", "workspace"),
];

impl Change<'_> {
    /// `Invalid` where the name is taken, and for each workspace or project that is not the organization's.
    pub fn create_agent_pool(&self, of: &Organization, id: &AgentPoolId, new: &NewAgentPool) -> Result<AgentPool> {
        let mut problems = Problems::default();
        if self.is_name_taken::<AgentPool>(of.number, &new.name, None)? {
            problems.name_is_taken();
        }
        let scope = self.scope_numbers(&new.scope, of.number, &mut problems)?;
        problems.finish()?;
        let pool: AgentPool = self.insert(
            id,
            &of.external_id,
            &[("organization", &of.number), ("name", &new.name), ("organization_scoped", &new.organization_scoped)],
        )?;
        self.put_scope(pool.identity.number, &scope)?;
        self.stored(id)
    }

    /// What is not given stays. `Invalid` as for creation, and where the organization's default would be for a part of it.
    pub fn update_agent_pool(&self, current: &AgentPool, change: &AgentPoolChange) -> Result<AgentPool> {
        let mut problems = Problems::default();
        let (name, organization) = (change.name.as_ref().unwrap_or(&current.name), current.identity.organization);
        if self.is_name_taken(organization, name, Some(current))? {
            problems.name_is_taken();
        }
        let scope = self.scope_numbers(&change.scope, organization, &mut problems)?;
        let is_narrowed = current.organization_scoped && change.organization_scoped == Some(false);
        if is_narrowed && self.is_default_agent_pool(current)? {
            let detail = "The agent pool is the organization's default, and so has to be for the whole organization.";
            problems.attribute("organization-scoped", detail);
        }
        problems.finish()?;
        self.put_scope(current.identity.number, &scope)?;
        let is_scoped = change.organization_scoped.unwrap_or(current.organization_scoped);
        self.set(current, &[("name", name), ("organization_scoped", &is_scoped)])
    }

    /// `Conflict` while something uses it: that would be left with an execution mode, or a VCS provider, that it could
    /// not reach.
    pub fn delete_agent_pool(&self, pool: &AgentPool) -> Result<()> {
        let users = self.users_of_agent_pool(pool)?;
        if !users.is_empty() {
            return Err(Error::conflict(format!("The agent pool is in use by {}.", users.join("; "))));
        }
        self.delete_stored(pool)
    }

    fn put_scope(&self, pool: i64, scope: &[Option<Vec<i64>>; 3]) -> Result<()> {
        for ((table, column), numbers) in SCOPE.iter().zip(scope) {
            let Some(numbers) = numbers else { continue };
            self.execute(&format!("DELETE FROM main.{table} WHERE agent_pool = ?1"), [pool])?;
            let insert = format!("INSERT OR IGNORE INTO main.{table} (agent_pool, {column}) VALUES (?1, ?2)");
            let mut insert = self.connection.prepare_cached(&insert)?;
            for number in numbers {
                insert.execute((pool, number))?;
            }
        }
        Ok(())
    }
}
