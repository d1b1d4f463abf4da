//! Which other workspaces may read a workspace's state.

use super::{SELECT, workspace};
use crate::domain::error::{Problems, Result};
use crate::domain::id::WorkspaceId;
use crate::domain::page::{Listed, Page};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::pages::{json_array, limit_offset};
use crate::store::rows::LARGE_ROW_BYTES;
use crate::store::teams::access::SEEN_BY;
use crate::store::{Change, View};

impl View<'_> {
    /// A page of them; of those that the teams in rows `seen_by` have access to, where it is given.
    pub fn remote_state_consumers(
        &self,
        workspace_number: i64,
        seen_by: Option<&[i64]>,
        page: Page,
    ) -> Result<Listed<Workspace>> {
        let (limit, offset) = limit_offset(page);
        let teams = seen_by.map(json_array).transpose()?;
        let consumers = format!(
            "(SELECT consumer FROM remote_state_consumers JOIN workspaces ON workspaces.number = consumer
              WHERE workspace = ?1 AND (?2 IS NULL OR {}))",
            SEEN_BY.replace("?teams", "?2")
        );
        let total = self.count(&format!("SELECT count(*) FROM {consumers}"), (workspace_number, &teams))?;
        let items = self.rows_of(
            LARGE_ROW_BYTES,
            &format!("{SELECT} WHERE workspaces.number IN {consumers} ORDER BY workspaces.number LIMIT ?3 OFFSET ?4"),
            (workspace_number, &teams, limit, offset),
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
        let mut insert = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO main.remote_state_consumers (workspace, consumer) VALUES (?1, ?2)",
        )?;
        for consumer in consumers {
            insert.execute((workspace.number, consumer))?;
        }
        self.touch(workspace)
    }

    /// These and no others. `Invalid` as for adding.
    pub fn set_remote_state_consumers(&self, workspace: &Workspace, ids: &[String]) -> Result<()> {
        self.execute("DELETE FROM main.remote_state_consumers WHERE workspace = ?1", [workspace.number])?;
        self.add_remote_state_consumers(workspace, ids)
    }

    /// What is no consumer stays none.
    pub fn remove_remote_state_consumers(&self, workspace: &Workspace, ids: &[String]) -> Result<()> {
        let mut delete = self.connection.prepare_cached(
            "DELETE FROM main.remote_state_consumers
             WHERE workspace = ?1 AND consumer = (SELECT number FROM workspaces WHERE id = ?2)",
        )?;
        for id in ids {
            delete.execute((workspace.number, id))?;
        }
        self.touch(workspace)
    }
}
