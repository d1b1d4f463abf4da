//! Which of an organization's tasks a workspace has.

use rusqlite::Row;
use rusqlite::types::ToSql;

use super::{json, texts};
use crate::domain::error::{Problems, Result};
use crate::domain::id::{RunTaskId, WorkspaceId, WorkspaceTaskId};
use crate::domain::identity::Identity;
use crate::domain::runs::run_task::{DEFAULT_STAGE, LEVELS, RunTask, WorkspaceTask, WorkspaceTaskChange};
use crate::domain::timestamp::Timestamp;
use crate::domain::workspaces::workspace::Workspace;
use crate::store::Change;
use crate::store::stored::{FIRST, Stored};

impl Stored for WorkspaceTask {
    type Id = WorkspaceTaskId;
    const TABLE: &'static str = "workspace_tasks";
    const EVENT: &'static str = "workspace_run_task";
    const ONE: &'static str = "workspace task";
    const NAME: &'static str = "";
    const BELOW: &'static [&'static str] = &["workspace", "task"];
    const JOINS: &'static str = "JOIN workspaces ON workspaces.number = workspace_tasks.workspace
         JOIN run_tasks ON run_tasks.number = workspace_tasks.task
         JOIN organizations ON organizations.number = workspaces.organization";
    const COLUMNS: &'static str =
        "workspaces.id, run_tasks.id, workspace_tasks.enforcement_level, workspace_tasks.stages,
         workspace_tasks.created_at, workspace_tasks.updated_at";

    fn read(identity: Identity<WorkspaceTaskId>, row: &Row<'_>) -> rusqlite::Result<WorkspaceTask> {
        Ok(WorkspaceTask {
            identity,
            workspace: WorkspaceId::from(row.get::<_, String>(FIRST)?),
            task: RunTaskId::from(row.get::<_, String>(FIRST + 1)?),
            enforcement_level: row.get(FIRST + 2)?,
            stages: texts(row, FIRST + 3)?,
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 4)?),
            updated_at: Timestamp::from_milliseconds(row.get(FIRST + 5)?),
        })
    }

    fn identity(&self) -> &Identity<WorkspaceTaskId> {
        &self.identity
    }
}

impl Change<'_> {
    /// `Invalid` where the task is not the organization's, or the workspace has it already.
    pub fn create_workspace_task(
        &self,
        of: &Workspace,
        id: &WorkspaceTaskId,
        task: &str,
        new: &WorkspaceTaskChange,
    ) -> Result<WorkspaceTask> {
        let at = "/data/relationships/task/data";
        let mut problems = Problems::default();
        let task = self.row_in::<RunTask>(task, of.organization)?;
        match task {
            None => problems.at(at, "There is no such task in the organization."),
            Some(task) => {
                let same: [(&str, &dyn ToSql); 2] = [("workspace", &of.number), ("task", &task)];
                if self.is_taken::<WorkspaceTask>(&same, None)? {
                    problems.at(at, "The workspace has this task already.");
                }
            }
        }
        problems.finish()?;
        let stages = json(new.stages.as_deref().unwrap_or(&[DEFAULT_STAGE.to_owned()]))?;
        let level = new.enforcement_level.as_deref().unwrap_or(LEVELS[0]);
        self.insert(
            id,
            &of.organization_id,
            &[
                ("workspace", &of.number),
                ("task", &task),
                ("enforcement_level", &level),
                ("stages", &stages),
                ("updated_at", &self.now.milliseconds()),
            ],
        )
    }

    pub fn update_workspace_task(
        &self,
        current: &WorkspaceTask,
        change: &WorkspaceTaskChange,
    ) -> Result<WorkspaceTask> {
        let stages = json(change.stages.as_ref().unwrap_or(&current.stages))?;
        let level = change.enforcement_level.as_ref().unwrap_or(&current.enforcement_level);
        let now = self.now.milliseconds();
        self.set(current, &[("enforcement_level", level), ("stages", &stages), ("updated_at", &now)])
    }
}
