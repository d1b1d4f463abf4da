//! Holding a workspace and letting it go.

use crate::domain::error::Result;
use crate::domain::workspaces::lock::Lock;
use crate::domain::workspaces::workspace::Workspace;
use crate::store::Change;

impl Change<'_> {
    /// The caller has checked who may. `None` lets it go.
    pub fn set_lock(&self, workspace: &Workspace, lock: Option<&Lock>) -> Result<Workspace> {
        self.execute(
            "UPDATE main.workspaces SET locked_by_type = ?1, locked_by_id = ?2, locked_by_name = ?3, lock_reason = ?4
             WHERE number = ?5",
            (
                lock.map(|lock| lock.holder.kind()),
                lock.map(|lock| &lock.holder_id),
                lock.map(|lock| &lock.holder_name),
                lock.map_or("", |lock| &lock.reason),
                workspace.number,
            ),
        )?;
        self.touch(workspace)?;
        self.workspace(&workspace.id)
    }
}
