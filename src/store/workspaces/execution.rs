//! Where a workspace's runs would take place.

use super::execution_mode;
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::AgentPoolId;
use crate::domain::organizations::agent_pool::unusable;
use crate::domain::organizations::execution_mode::ExecutionMode;
use crate::domain::workspaces::execution::{Choice, ExecutionChange};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::View;

/// The columns `execution_mode` and `agent_pool`.
pub type Columns = (Option<ExecutionMode>, Option<i64>);

impl View<'_> {
    /// What is to be written; `None` where nothing changes, or something was added to `problems`. `project` is the
    /// row of the project that the workspace is or will be in. A pool that the workspace has is not asked for again, unless
    /// the workspace moves.
    pub(super) fn check_execution(
        &self,
        organization: i64,
        project: Option<i64>,
        current: Option<&Workspace>,
        change: &ExecutionChange,
        problems: &mut Problems,
    ) -> Result<Option<Columns>> {
        let Some(project) = project else { return Ok(None) };
        let own = current.filter(|current| current.execution.is_own);
        let own_pool = own.map(|own| self.pool_of(own)).transpose()?.flatten();
        let stays = own_pool.filter(|_| current.is_some_and(|current| current.project == project));
        let refuse_what_is_out_of_scope = |pool: Option<i64>, problems: &mut Problems| -> Result<Option<i64>> {
            let Some(pool) = pool.filter(|pool| Some(*pool) != stays) else { return Ok(pool) };
            let is_usable = self.may_use_agent_pool(pool, project, current.map(|current| current.number))?;
            if !is_usable {
                unusable(change.agent_pool_pointer, problems);
            }
            Ok(is_usable.then_some(pool))
        };
        if change.is_none() {
            refuse_what_is_out_of_scope(own_pool, problems)?;
            return Ok(None);
        }
        let inherited = || self.inherited_execution(project);
        let (mode, pool) = match (change.choice, own) {
            (Some(Choice::Own(mode)), Some(own)) if own.execution.mode == mode => (Some(mode), own_pool),
            (Some(Choice::Own(mode)), _) => (Some(mode), None),
            (Some(Choice::Inherited), _) | (None, None) => (None, None),
            (Some(Choice::AsItIs) | None, Some(own)) => (Some(own.execution.mode), own_pool),
            (Some(Choice::AsItIs), None) => inherited().map(|(mode, pool)| (Some(mode), pool))?,
        };
        if mode != Some(ExecutionMode::Agent) {
            if let Field::Value(_) = change.agent_pool {
                problems.at(change.agent_pool_pointer, "An agent pool needs the execution mode agent.");
            }
            return Ok(Some((mode, None)));
        }
        let pool = match &change.agent_pool {
            Field::Absent => pool,
            Field::Null => None,
            Field::Value(id) => {
                let known = AgentPoolId::parse(id).ok().map(|id| self.agent_pool_number(&id, organization));
                let known = known.transpose()?.flatten();
                if known.is_none() {
                    unusable(change.agent_pool_pointer, problems);
                }
                known
            }
        };
        let pool = refuse_what_is_out_of_scope(pool, problems)?;
        if pool.is_none() {
            problems.at(change.agent_pool_pointer, "The execution mode agent needs an `agent-pool-id`.");
        }
        Ok(Some((mode, pool)))
    }

    /// What the workspaces of a project get that do not choose for themselves.
    fn inherited_execution(&self, project: i64) -> Result<(ExecutionMode, Option<i64>)> {
        self.row(
            "SELECT coalesce(projects.default_execution_mode, organizations.default_execution_mode),
                    CASE WHEN projects.default_execution_mode IS NULL THEN organizations.default_agent_pool
                         ELSE projects.default_agent_pool END
             FROM projects JOIN organizations ON organizations.number = projects.organization
             WHERE projects.number = ?1",
            [project],
            |row| Ok((execution_mode(row, 0)?, row.get(1)?)),
        )
    }

    fn pool_of(&self, workspace: &Workspace) -> Result<Option<i64>> {
        match &workspace.agent_pool {
            Some(id) => self.agent_pool_number(id, workspace.organization),
            None => Ok(None),
        }
    }

    /// Whether the pool in row `pool` is for everything in the organization, or for this project or workspace.
    pub(in crate::store) fn may_use_agent_pool(&self, pool: i64, project: i64, workspace: Option<i64>) -> Result<bool> {
        self.value(
            "SELECT CASE WHEN organization_scoped
               THEN NOT EXISTS (SELECT 1 FROM agent_pool_excluded_workspaces
                                WHERE agent_pool = agent_pools.number AND workspace = ?3)
               ELSE EXISTS (SELECT 1 FROM agent_pool_allowed_projects
                            WHERE agent_pool = agent_pools.number AND project = ?2)
                 OR EXISTS (SELECT 1 FROM agent_pool_allowed_workspaces
                            WHERE agent_pool = agent_pools.number AND workspace = ?3) END
             FROM agent_pools WHERE number = ?1",
            (pool, project, workspace),
        )
    }
}
