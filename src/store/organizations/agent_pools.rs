//! Agent pools.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row};

use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{AgentPoolId, OrganizationId, ProjectId, WorkspaceId};
use crate::domain::organizations::agent_pool::{
    AgentPool, AgentPoolChange, AgentPoolFilter, AgentPoolOrder, AgentPoolScope, NewAgentPool,
};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::store::Owned;
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::{json_array, limit_offset, total};
use crate::store::{Change, View};

/// In the order that [`agent_pool`] reads.
pub(in crate::store) const SELECT: &str = "SELECT agent_pools.number, agent_pools.id, agent_pools.organization,
     organizations.external_id, organizations.name, agent_pools.name, agent_pools.organization_scoped,
     agent_pools.created_at
     FROM agent_pools JOIN organizations ON organizations.number = agent_pools.organization";

/// Without what it is linked to; [`View::with_links`] adds that.
fn agent_pool(row: &Row<'_>) -> rusqlite::Result<AgentPool> {
    Ok(AgentPool {
        number: row.get(0)?,
        id: AgentPoolId::from(row.get::<_, String>(1)?),
        organization: row.get(2)?,
        organization_id: OrganizationId::from(row.get::<_, String>(3)?),
        organization_name: row.get(4)?,
        name: row.get(5)?,
        organization_scoped: row.get(6)?,
        created_at: Timestamp::from_milliseconds(row.get(7)?),
        workspaces: vec![],
        allowed_workspaces: vec![],
        allowed_projects: vec![],
        excluded_workspaces: vec![],
    })
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

/// Ids by the pool that they are linked to.
type Links<Id> = HashMap<i64, Vec<Id>>;

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

impl Owned for AgentPool {
    fn load(view: &View, id: &str) -> Result<AgentPool> {
        view.agent_pool(&AgentPoolId::parse(id)?)
    }

    fn organization(&self) -> i64 {
        self.organization
    }
}

impl View<'_> {
    pub fn agent_pool(&self, id: &AgentPoolId) -> Result<AgentPool> {
        let pool = self
            .connection
            .prepare_cached(&format!("{SELECT} WHERE agent_pools.id = ?1"))?
            .query_row([id.as_str()], agent_pool)
            .optional()?;
        let pools = self.with_links(pool.into_iter().collect())?;
        pools.into_iter().next().ok_or_else(Error::not_found)
    }

    /// A page of the organization's pools.
    pub fn agent_pools(&self, organization: i64, filter: &AgentPoolFilter, page: Page) -> Result<Listed<AgentPool>> {
        let (limit, offset) = limit_offset(page);
        let part = filter.part.to_ascii_lowercase();
        let (listed, order) = (listed(filter), order(filter));
        let total = self
            .connection
            .prepare_cached(&format!("SELECT count(*) FROM agent_pools WHERE {listed}"))?
            .query_row((organization, &part, &filter.workspace, &filter.project), total)?;
        let pools = self.rows(
            &format!("{SELECT} WHERE {listed} ORDER BY {order} LIMIT ?5 OFFSET ?6"),
            (organization, &part, &filter.workspace, &filter.project, limit, offset),
            agent_pool,
        )?;
        Ok(Listed { items: self.with_links(pools)?, total })
    }

    /// All at once, however many pools there are.
    fn with_links(&self, mut pools: Vec<AgentPool>) -> Result<Vec<AgentPool>> {
        let numbers: Vec<i64> = pools.iter().map(|pool| pool.number).collect();
        let numbers = json_array(&numbers)?;
        let mut workspaces: Links<WorkspaceId> = self.links(USING_WORKSPACES, &numbers)?;
        let mut allowed_workspaces: Links<WorkspaceId> = self.links(ALLOWED_WORKSPACES, &numbers)?;
        let mut allowed_projects: Links<ProjectId> = self.links(ALLOWED_PROJECTS, &numbers)?;
        let mut excluded_workspaces: Links<WorkspaceId> = self.links(EXCLUDED_WORKSPACES, &numbers)?;
        for pool in &mut pools {
            pool.workspaces = workspaces.remove(&pool.number).unwrap_or_default();
            pool.allowed_workspaces = allowed_workspaces.remove(&pool.number).unwrap_or_default();
            pool.allowed_projects = allowed_projects.remove(&pool.number).unwrap_or_default();
            pool.excluded_workspaces = excluded_workspaces.remove(&pool.number).unwrap_or_default();
        }
        Ok(pools)
    }

    fn links<Id: From<String>>(&self, sql: &str, pools: &str) -> Result<Links<Id>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([pools])?;
        let mut links: Links<Id> = HashMap::new();
        while let Some(row) = rows.next()? {
            links.entry(row.get(0)?).or_default().push(Id::from(row.get::<_, String>(1)?));
        }
        Ok(links)
    }

    /// Those with these ids.
    pub fn agent_pools_with_ids<'a>(&self, ids: impl Iterator<Item = &'a AgentPoolId>) -> Result<Vec<AgentPool>> {
        let ids = json_array(ids.map(AgentPoolId::as_str))?;
        let sql =
            format!("{SELECT} WHERE agent_pools.id IN (SELECT value FROM json_each(?1)) ORDER BY agent_pools.number");
        self.with_links(self.rows(&sql, [ids], agent_pool)?)
    }

    /// The row of a pool of the organization in row `organization`.
    pub(in crate::store) fn agent_pool_number(&self, id: &AgentPoolId, organization: i64) -> Result<Option<i64>> {
        let number = self
            .connection
            .prepare_cached("SELECT number FROM agent_pools WHERE id = ?1 AND organization = ?2")?
            .query_row((id.as_str(), organization), |row| row.get(0))
            .optional()?;
        Ok(number)
    }

    /// As [`View::agent_pool_number`], of a pool that the project in row `project` may use; a new project, which no pool
    /// can know, has no row.
    pub(in crate::store) fn agent_pool_number_for_project(
        &self,
        id: &AgentPoolId,
        organization: i64,
        project: Option<i64>,
    ) -> Result<Option<i64>> {
        let number = self
            .connection
            .prepare_cached(
                "SELECT number FROM agent_pools
                 WHERE id = ?1 AND organization = ?2
                   AND (organization_scoped
                        OR EXISTS (SELECT 1 FROM agent_pool_allowed_projects
                                   WHERE agent_pool = agent_pools.number AND project = ?3))",
            )?
            .query_row((id.as_str(), organization, project), |row| row.get(0))
            .optional()?;
        Ok(number)
    }

    fn agent_pool_name_is_taken(&self, organization: i64, name: &str, but_by: Option<i64>) -> Result<bool> {
        let number: Option<i64> = self
            .connection
            .prepare_cached("SELECT number FROM agent_pools WHERE organization = ?1 AND name = ?2")?
            .query_row((organization, name), |row| row.get(0))
            .optional()?;
        Ok(number.is_some() && number != but_by)
    }

    fn is_default_agent_pool(&self, pool: &AgentPool) -> Result<bool> {
        let sql = "SELECT 1 FROM organizations WHERE number = ?1 AND default_agent_pool = ?2";
        Ok(self.connection.prepare_cached(sql)?.exists((pool.organization, pool.number))?)
    }

    /// What would be without its pool: kinds of things, in words.
    fn users_of_agent_pool(&self, pool: &AgentPool) -> Result<Vec<&'static str>> {
        let kinds = [
            ("SELECT 1 FROM workspaces WHERE agent_pool = ?1", "workspaces"),
            ("SELECT 1 FROM oauth_clients WHERE agent_pool = ?1", "OAuth clients"),
            ("SELECT 1 FROM projects WHERE default_agent_pool = ?1", "projects, as their default"),
            ("SELECT 1 FROM organizations WHERE default_agent_pool = ?1", "the organization, as its default"),
        ];
        let mut users = vec![];
        for (sql, kind) in kinds {
            if self.connection.prepare_cached(sql)?.exists([pool.number])? {
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
        let workspace = |id: &str| match WorkspaceId::parse(id) {
            Ok(id) => self.workspace_number_by_id(&id, organization),
            Err(_) => Ok(None),
        };
        let project = |id: &str| match ProjectId::parse(id) {
            Ok(id) => self.project_number(&id, organization),
            Err(_) => Ok(None),
        };
        Ok([
            numbers(&scope.allowed_workspaces, "allowed-workspaces", "workspace", workspace, problems)?,
            numbers(&scope.allowed_projects, "allowed-projects", "project", project, problems)?,
            numbers(&scope.excluded_workspaces, "excluded-workspaces", "workspace", workspace, problems)?,
        ])
    }

    fn workspace_number_by_id(&self, id: &WorkspaceId, organization: i64) -> Result<Option<i64>> {
        let number = self
            .connection
            .prepare_cached("SELECT number FROM workspaces WHERE id = ?1 AND organization = ?2")?
            .query_row((id.as_str(), organization), |row| row.get(0))
            .optional()?;
        Ok(number)
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
    let mut numbers = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        match number(id)? {
            Some(number) => numbers.push(number),
            None => problems.at(
                format!("/data/relationships/{relationship}/data/{n}"),
                format!("There is no such {kind} in the organization."),
            ),
        }
    }
    Ok(Some(numbers))
}

/// Where the links of [`View::scope_numbers`] are kept: table and column.
const SCOPE: [(&str, &str); 3] = [
    ("agent_pool_allowed_workspaces", "workspace"),
    ("agent_pool_allowed_projects", "project"),
    ("agent_pool_excluded_workspaces", "workspace"),
];

impl Change<'_> {
    /// `Invalid` where the name is taken, and for each workspace or project that is not the organization's.
    pub fn create_agent_pool(&self, organization: &Organization, new: &NewAgentPool) -> Result<AgentPool> {
        let mut problems = Problems::default();
        if self.agent_pool_name_is_taken(organization.number, &new.name, None)? {
            problems.name_is_taken();
        }
        let scope = self.scope_numbers(&new.scope, organization.number, &mut problems)?;
        problems.finish()?;

        let id = AgentPoolId::generate(self.sources);
        self.connection
            .prepare_cached(
                "INSERT INTO agent_pools (id, organization, name, organization_scoped, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((id.as_str(), organization.number, &new.name, new.organization_scoped, self.now.milliseconds()))?;
        self.put_scope(self.connection.last_insert_rowid(), &scope)?;
        self.record(EventKind::Create, Resource::AgentPool, id.as_str(), Some(&organization.external_id))?;
        self.agent_pool(&id)
    }

    /// What is not given stays. `Invalid` as for creation, and where the organization's default would be for a part of it.
    pub fn update_agent_pool(&self, current: &AgentPool, change: &AgentPoolChange) -> Result<AgentPool> {
        let mut problems = Problems::default();
        let name = change.name.as_ref().unwrap_or(&current.name);
        if self.agent_pool_name_is_taken(current.organization, name, Some(current.number))? {
            problems.name_is_taken();
        }
        let scope = self.scope_numbers(&change.scope, current.organization, &mut problems)?;
        let is_narrowed = current.organization_scoped && change.organization_scoped == Some(false);
        if is_narrowed && self.is_default_agent_pool(current)? {
            let detail = "The agent pool is the organization's default, and so has to be for the whole organization.";
            problems.attribute("organization-scoped", detail);
        }
        problems.finish()?;

        self.connection
            .prepare_cached("UPDATE agent_pools SET name = ?1, organization_scoped = ?2 WHERE number = ?3")?
            .execute((name, change.organization_scoped.unwrap_or(current.organization_scoped), current.number))?;
        self.put_scope(current.number, &scope)?;
        self.record(EventKind::Update, Resource::AgentPool, current.id.as_str(), Some(&current.organization_id))?;
        self.agent_pool(&current.id)
    }

    /// `Conflict` while something uses it: that would be left with an execution mode, or a VCS provider, that it could
    /// not reach.
    pub fn delete_agent_pool(&self, pool: &AgentPool) -> Result<()> {
        let users = self.users_of_agent_pool(pool)?;
        if !users.is_empty() {
            return Err(Error::conflict(format!("The agent pool is in use by {}.", users.join("; "))));
        }
        self.connection.prepare_cached("DELETE FROM agent_pools WHERE number = ?1")?.execute([pool.number])?;
        self.record(EventKind::Destroy, Resource::AgentPool, pool.id.as_str(), Some(&pool.organization_id))
    }

    fn put_scope(&self, pool: i64, scope: &[Option<Vec<i64>>; 3]) -> Result<()> {
        for ((table, column), numbers) in SCOPE.iter().zip(scope) {
            let Some(numbers) = numbers else { continue };
            self.connection.prepare_cached(&format!("DELETE FROM {table} WHERE agent_pool = ?1"))?.execute([pool])?;
            let insert = format!("INSERT OR IGNORE INTO {table} (agent_pool, {column}) VALUES (?1, ?2)");
            let mut insert = self.connection.prepare_cached(&insert)?;
            for number in numbers {
                insert.execute((pool, number))?;
            }
        }
        Ok(())
    }
}
