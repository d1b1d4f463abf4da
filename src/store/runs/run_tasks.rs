//! Run tasks of organizations. The key that their calls would be signed with is never read.

use rusqlite::Row;
use rusqlite::types::ToSql;

use super::{json, texts};
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{AgentPoolId, RunTaskId, WorkspaceTaskId};
use crate::domain::identity::Identity;
use crate::domain::organizations::organization::Organization;
use crate::domain::runs::run_task::{DEFAULT_STAGE, Global, GlobalChange, LEVELS, RunTask, RunTaskChange};
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;
use crate::store::pages::json_array;
use crate::store::stored::{FIRST, Links, Stored};
use crate::store::{Change, View};

impl Stored for RunTask {
    type Id = RunTaskId;
    const TABLE: &'static str = "run_tasks";
    const EVENT: &'static str = "run_task";
    const ONE: &'static str = "run task";
    const SEALED: &'static str = "hmac_key_sealed";
    const JOINS: &'static str = "JOIN organizations ON organizations.number = run_tasks.organization
         LEFT JOIN agent_pools ON agent_pools.number = run_tasks.agent_pool";
    const COLUMNS: &'static str =
        "run_tasks.name, run_tasks.url, run_tasks.description, run_tasks.enabled, agent_pools.id,
         run_tasks.global_enabled, run_tasks.global_stages, run_tasks.global_enforcement_level, run_tasks.created_at,
         run_tasks.updated_at";

    fn read(identity: Identity<RunTaskId>, row: &Row<'_>) -> rusqlite::Result<RunTask> {
        Ok(RunTask {
            identity,
            name: row.get(FIRST)?,
            url: row.get(FIRST + 1)?,
            description: row.get(FIRST + 2)?,
            enabled: row.get(FIRST + 3)?,
            agent_pool: row.get::<_, Option<String>>(FIRST + 4)?.map(AgentPoolId::from),
            global: Global {
                enabled: row.get(FIRST + 5)?,
                stages: texts(row, FIRST + 6)?,
                enforcement_level: row.get(FIRST + 7)?,
            },
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 8)?),
            updated_at: Timestamp::from_milliseconds(row.get(FIRST + 9)?),
            workspace_tasks: vec![],
        })
    }

    fn identity(&self) -> &Identity<RunTaskId> {
        &self.identity
    }

    fn with_links(view: &View, mut tasks: Vec<RunTask>) -> Result<Vec<RunTask>> {
        let numbers = json_array(tasks.iter().map(|task| task.identity.number))?;
        let sql = "SELECT task, id FROM workspace_tasks
                   WHERE task IN (SELECT value FROM json_each(?1)) ORDER BY task, number";
        let mut links: Links<WorkspaceTaskId> = view.links(sql, &numbers)?;
        for task in &mut tasks {
            task.workspace_tasks = links.remove(&task.identity.number).unwrap_or_default();
        }
        Ok(tasks)
    }
}

/// The columns of the global configuration after a change.
fn global(change: Option<&GlobalChange>, current: Option<&Global>) -> Result<(bool, String, String)> {
    let stages =
        change.and_then(|change| change.stages.clone()).or_else(|| current.map(|global| global.stages.clone()));
    let level = change.and_then(|change| change.enforcement_level.clone());
    let level = level.or_else(|| current.map(|global| global.enforcement_level.clone()));
    let enabled = change.and_then(|change| change.enabled).or(current.map(|global| global.enabled));
    let stages = stages.unwrap_or_else(|| vec![DEFAULT_STAGE.to_owned()]);
    Ok((enabled.unwrap_or_default(), json(&stages)?, level.unwrap_or_else(|| LEVELS[0].to_owned())))
}

/// What a request says of a task: its attributes, the key as it is stored, and the id of an agent pool.
pub struct RunTaskInput {
    pub change: RunTaskChange,
    pub hmac_key: Field<Sealed>,
    pub agent_pool: Field<String>,
}

impl Change<'_> {
    /// The row of the agent pool that a request names.
    fn pool_of_task(&self, given: &Field<String>, organization: i64, problems: &mut Problems) -> Result<Option<i64>> {
        let Field::Value(id) = given else { return Ok(None) };
        let number = AgentPoolId::parse(id).map_or(Ok(None), |id| self.agent_pool_number(&id, organization))?;
        if number.is_none() {
            problems.at("/data/relationships/agent-pool/data", "There is no such agent pool in the organization.");
        }
        Ok(number)
    }

    /// `Invalid` where the name is taken or the agent pool is not the organization's.
    pub fn create_run_task(&self, of: &Organization, id: &RunTaskId, input: &RunTaskInput) -> Result<RunTask> {
        let RunTaskInput { change: new, hmac_key, agent_pool } = input;
        let name = new.name.as_deref().unwrap_or_default();
        let mut problems = Problems::default();
        if self.is_name_taken::<RunTask>(of.number, name, None)? {
            problems.name_is_taken();
        }
        let agent_pool = self.pool_of_task(agent_pool, of.number, &mut problems)?;
        problems.finish()?;
        let (enabled, stages, level) = global(new.global.as_ref(), None)?;
        self.insert(
            id,
            &of.external_id,
            &[
                ("organization", &of.number),
                ("name", &name),
                ("url", &new.url.as_deref().unwrap_or_default()),
                ("description", &new.description.as_deref().unwrap_or_default()),
                ("enabled", &new.enabled.unwrap_or(true)),
                ("hmac_key_sealed", &hmac_key.as_value().map(|sealed| &sealed.0)),
                ("agent_pool", &agent_pool),
                ("global_enabled", &enabled),
                ("global_stages", &stages),
                ("global_enforcement_level", &level),
                ("updated_at", &self.now.milliseconds()),
            ],
        )
    }

    /// `Invalid` as for creation.
    pub fn update_run_task(&self, current: &RunTask, input: &RunTaskInput) -> Result<RunTask> {
        let RunTaskInput { change, hmac_key, agent_pool } = input;
        let (name, organization) = (change.name.as_ref().unwrap_or(&current.name), current.identity.organization);
        let mut problems = Problems::default();
        if self.is_name_taken(organization, name, Some(current))? {
            problems.name_is_taken();
        }
        let pool = self.pool_of_task(agent_pool, organization, &mut problems)?;
        problems.finish()?;
        let (enabled, stages, level) = global(change.global.as_ref(), Some(&current.global))?;
        let (url, description) =
            (change.url.as_ref().unwrap_or(&current.url), change.description.as_ref().unwrap_or(&current.description));
        let now = self.now.milliseconds();
        let is_enabled = change.enabled.unwrap_or(current.enabled);
        let mut columns: Vec<(&str, &dyn ToSql)> = vec![
            ("name", name),
            ("url", url),
            ("description", description),
            ("enabled", &is_enabled),
            ("global_enabled", &enabled),
            ("global_stages", &stages),
            ("global_enforcement_level", &level),
            ("updated_at", &now),
        ];
        let key = hmac_key.as_value().map(|sealed| &sealed.0);
        if hmac_key.is_given() {
            columns.push(("hmac_key_sealed", &key));
        }
        if agent_pool.is_given() {
            columns.push(("agent_pool", &pool));
        }
        self.set(current, &columns)
    }
}
