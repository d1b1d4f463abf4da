//! Agent pools.

use rusqlite::OptionalExtension;

use super::View;
use crate::domain::error::Result;
use crate::domain::id::AgentPoolId;

impl View<'_> {
    /// The row of a pool of the organization in row `organization`.
    pub(super) fn agent_pool_number(&self, id: &AgentPoolId, organization: i64) -> Result<Option<i64>> {
        let number = self
            .connection
            .prepare_cached("SELECT number FROM agent_pools WHERE id = ?1 AND organization = ?2")?
            .query_row((id.as_str(), organization), |row| row.get(0))
            .optional()?;
        Ok(number)
    }

    /// As [`View::agent_pool_number`], of a pool that the project in row `project` may use; a new project, which no pool
    /// can know, has no row.
    pub(super) fn agent_pool_number_for_project(
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
}
