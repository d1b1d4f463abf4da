//! Projects.

use rusqlite::OptionalExtension;

use super::{Change, View};
use crate::domain::error::Result;
use crate::domain::id::ProjectId;
use crate::domain::project::DEFAULT;

impl View<'_> {
    /// The row of a project of the organization in row `organization`.
    pub(super) fn project_number(&self, id: &ProjectId, organization: i64) -> Result<Option<i64>> {
        let number = self
            .connection
            .prepare_cached("SELECT number FROM projects WHERE id = ?1 AND organization = ?2")?
            .query_row((id.as_str(), organization), |row| row.get(0))
            .optional()?;
        Ok(number)
    }

    /// The row of the organization's default project.
    pub(super) fn default_project_number(&self, organization: i64) -> Result<i64> {
        let number = self
            .connection
            .prepare_cached("SELECT number FROM projects WHERE organization = ?1 AND is_default = 1")?
            .query_row([organization], |row| row.get(0))?;
        Ok(number)
    }
}

impl Change<'_> {
    /// The project that every organization begins with; `organization` is its row.
    pub(super) fn create_default_project(&self, organization: i64) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO projects (id, organization, name, is_default, created_at) VALUES (?1, ?2, ?3, 1, ?4)",
            )?
            .execute((ProjectId::generate().as_str(), organization, DEFAULT, self.now.milliseconds()))?;
        Ok(())
    }
}
