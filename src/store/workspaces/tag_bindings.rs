//! Key-value tags of workspaces, and what they inherit from their projects.

use rusqlite::Row;

use crate::domain::error::{Problems, Result};
use crate::domain::tags::binding::TagBinding;
use crate::domain::timestamp::Timestamp;
use crate::domain::workspaces::workspace::{EffectiveTagBinding, Workspace};
use crate::store::pages::json_array;
use crate::store::{Change, View};

/// For each of a set of workspaces its own bindings, and of its project's those whose key it has not itself; each in the
/// order in which they were given.
pub(in crate::store) const EFFECTIVE: &str = "SELECT workspace, key, value, 0, number FROM workspace_tag_bindings
     WHERE workspace IN (SELECT value FROM json_each(?1))
     UNION ALL
     SELECT workspaces.number, project_tag_bindings.key, project_tag_bindings.value, 1,
            project_tag_bindings.number FROM workspaces
     JOIN project_tag_bindings ON project_tag_bindings.project = workspaces.project
     WHERE workspaces.number IN (SELECT value FROM json_each(?1))
       AND NOT EXISTS (SELECT 1 FROM workspace_tag_bindings
                       WHERE workspace = workspaces.number AND key = project_tag_bindings.key)
     ORDER BY 1, 4, 5";

impl View<'_> {
    pub fn workspace_tag_bindings(&self, workspace: i64) -> Result<Vec<TagBinding>> {
        self.rows(
            "SELECT key, value, created_at FROM workspace_tag_bindings WHERE workspace = ?1 ORDER BY number",
            [workspace],
            |row| {
                let created_at = Some(Timestamp::from_milliseconds(row.get(2)?));
                Ok(TagBinding { key: row.get(0)?, value: row.get(1)?, created_at })
            },
        )
    }

    /// For each of these rows its own bindings, and of its project's those whose key it has not itself.
    pub fn effective_tag_bindings(&self, workspaces: &[i64]) -> Result<Vec<EffectiveTagBinding>> {
        let effective = |row: &Row<'_>| {
            Ok(EffectiveTagBinding {
                workspace: row.get(0)?,
                binding: TagBinding { key: row.get(1)?, value: row.get(2)?, created_at: None },
                is_inherited: row.get(3)?,
            })
        };
        self.rows(EFFECTIVE, [json_array(workspaces.iter().copied())?], effective)
    }
}

impl Change<'_> {
    /// These and no others.
    pub(super) fn set_tag_bindings(&self, workspace: i64, bindings: &[TagBinding]) -> Result<()> {
        self.execute("DELETE FROM main.workspace_tag_bindings WHERE workspace = ?1", [workspace])?;
        self.put_tag_bindings(workspace, bindings)
    }

    fn put_tag_bindings(&self, workspace: i64, bindings: &[TagBinding]) -> Result<()> {
        let mut put = self.connection.prepare_cached(
            "INSERT INTO main.workspace_tag_bindings (workspace, key, value, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (workspace, key) DO UPDATE SET value = excluded.value",
        )?;
        for TagBinding { key, value, created_at: _ } in bindings {
            put.execute((workspace, key, value, self.now.milliseconds()))?;
        }
        Ok(())
    }

    /// Keys that are there get their new value, others stay. `Invalid` where there would be too many.
    pub fn add_workspace_tag_bindings(&self, workspace: &Workspace, bindings: &[TagBinding]) -> Result<()> {
        self.put_tag_bindings(workspace.number, bindings)?;
        let mut problems = Problems::default();
        TagBinding::check_number(self.workspace_tag_bindings(workspace.number)?.len(), "/data", &mut problems);
        problems.finish()?;
        self.touch(workspace)
    }

    /// These and no others.
    pub fn replace_workspace_tag_bindings(&self, workspace: &Workspace, bindings: &[TagBinding]) -> Result<()> {
        self.set_tag_bindings(workspace.number, bindings)?;
        self.touch(workspace)
    }
}
