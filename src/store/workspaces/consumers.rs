//! Which other workspaces may read a workspace's state.

use super::{SELECT, workspace};
use crate::domain::error::{Problems, Result};
use crate::domain::id::WorkspaceId;
use crate::domain::page::{Listed, Page};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::pages::{limit_offset, total};
use crate::store::rows::LARGE_ROW_BYTES;
use crate::store::{Change, View};

impl View<'_> {
    pub fn remote_state_consumers(&self, workspace_number: i64, page: Page) -> Result<Listed<Workspace>> {
        let (limit, offset) = limit_offset(page);
        let total = self
            .connection
            .prepare_cached("SELECT count(*) FROM remote_state_consumers WHERE workspace = ?1")?
            .query_row([workspace_number], total)?;
        let items = self.rows_of(
            LARGE_ROW_BYTES,
            &format!(
                "{SELECT} WHERE workspaces.number IN
                   (SELECT consumer FROM remote_state_consumers WHERE workspace = ?1)
                 ORDER BY workspaces.number LIMIT ?2 OFFSET ?3"
            ),
            (workspace_number, limit, offset),
            workspace,
        )?;
        Ok(Listed { items, total })
    }
}

impl Change<'_> {
    /// `Invalid` where an id is not one of the organization's workspaces.
    pub fn add_remote_state_consumers(&self, workspace: &Workspace, ids: &[String]) -> Result<()> {
        let mut problems = Problems::default();
        let mut consumers = Vec::with_capacity(ids.len());
        for (n, id) in ids.iter().enumerate() {
            let number = match WorkspaceId::parse(id) {
                Ok(id) => self.workspace_number(&id, workspace.organization)?,
                Err(_) => None,
            };
            match number {
                Some(number) => consumers.push(number),
                None => {
                    problems.at(format!("/data/{n}/id"), "`id` does not name a workspace of this organization.");
                }
            }
        }
        problems.finish()?;
        let mut insert = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO remote_state_consumers (workspace, consumer) VALUES (?1, ?2)")?;
        for consumer in consumers {
            insert.execute((workspace.number, consumer))?;
        }
        self.touch(workspace)
    }

    /// These and no others. `Invalid` as for adding.
    pub fn set_remote_state_consumers(&self, workspace: &Workspace, ids: &[String]) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM remote_state_consumers WHERE workspace = ?1")?
            .execute([workspace.number])?;
        self.add_remote_state_consumers(workspace, ids)
    }

    /// What is no consumer stays none.
    pub fn remove_remote_state_consumers(&self, workspace: &Workspace, ids: &[String]) -> Result<()> {
        let mut delete = self.connection.prepare_cached(
            "DELETE FROM remote_state_consumers
             WHERE workspace = ?1 AND consumer = (SELECT number FROM workspaces WHERE id = ?2)",
        )?;
        for id in ids {
            delete.execute((workspace.number, id))?;
        }
        self.touch(workspace)
    }
}
