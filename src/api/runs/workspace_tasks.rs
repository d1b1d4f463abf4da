//! The tasks of a workspace on the wire.

use serde::Serialize;

use crate::api::jsonapi::crud::{Changeable, Find, Parent, Plain, resource};
use crate::api::jsonapi::document::ToOne;
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::WorkspaceTaskId;
use crate::domain::page::Listed;
use crate::domain::runs::run_task::{RunTask, WorkspaceTask, WorkspaceTaskChange};
use crate::domain::timestamp::Timestamp;
use crate::domain::workspaces::workspace::Workspace;
use crate::http::reply::Reply;
use crate::store::Change;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    enforcement_level: &'a str,
    stages: &'a [String],
    /// The older form: the first of the stages.
    stage: Option<&'a String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct Relationships {
    task: ToOne,
    workspace: ToOne,
}

impl Plain for WorkspaceTask {
    const KIND: &'static str = "workspace-tasks";
    const PARAMETER: &'static str = "workspace_task";
    const SEE: Action = Action::SeeWorkspaces;
    const MANAGE: Action = Action::ManageWorkspaceTasks;
    const IS_SHORT: bool = false;

    type Parent = Workspace;
    /// The id of the task, as it was given, and the rest.
    type New = (String, WorkspaceTaskChange);

    /// Below another workspace than its own, it does not exist.
    fn find(cx: &Cx, action: Action) -> Find<WorkspaceTask> {
        let task = WorkspaceTaskId::parse(cx.parameter(Self::PARAMETER));
        let find = Workspace::find(cx, action);
        Box::new(move |view, caller| {
            let (workspace, access) = find(view, caller)?;
            let task: WorkspaceTask = view.stored(task.as_ref().map_err(|_| Error::not_found())?)?;
            if task.workspace == workspace.id { Ok((task, access)) } else { Err(Error::not_found()) }
        })
    }

    fn read_new(_: &Cx, mut input: Input, _: &Workspace, _: &WorkspaceTaskId) -> Result<(String, WorkspaceTaskChange)> {
        let task = input.linked("task", RunTask::KIND).value();
        if task.is_none() {
            input.problems.at("/data/relationships/task/data", "`task` is required.");
        }
        let new = change(&mut input);
        input.finish()?;
        Ok((task.unwrap_or_default(), new))
    }

    fn create(
        change: &Change,
        of: &Workspace,
        id: &WorkspaceTaskId,
        (task, new): &(String, WorkspaceTaskChange),
    ) -> Result<WorkspaceTask> {
        change.create_workspace_task(of, id, task, new)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        Attributes {
            enforcement_level: &self.enforcement_level,
            stages: &self.stages,
            stage: self.stages.first(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    fn relationships(&self, _: OrganizationAccess) -> impl Serialize {
        Relationships {
            task: ToOne::to(RunTask::KIND, &self.task),
            workspace: ToOne::to("workspaces", &self.workspace),
        }
    }

    fn path(&self) -> String {
        format!("/api/v2/workspaces/{}/tasks/{}", self.workspace, self.identity.id)
    }
}

impl Changeable for WorkspaceTask {
    type Change = WorkspaceTaskChange;

    fn read_change(_: &Cx, mut input: Input, current: &WorkspaceTask) -> Result<WorkspaceTaskChange> {
        input.must_stay("task", RunTask::KIND, current.task.as_str());
        input.must_stay("workspace", "workspaces", current.workspace.as_str());
        let change = change(&mut input);
        input.finish().map(|()| change)
    }

    fn update(change: &Change, current: &WorkspaceTask, update: &WorkspaceTaskChange) -> Result<WorkspaceTask> {
        change.update_workspace_task(current, update)
    }
}

/// `GET /tasks/:task/relationships/workspace-tasks`: which workspaces have it. None are named to callers who may not see
/// workspaces.
pub fn of_task(cx: &Cx) -> Result<Reply> {
    let find = RunTask::find(cx, RunTask::SEE);
    let (page, access, list) = cx.read(|view, caller| {
        let (task, access) = find(view, caller)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let list = if access.allows(Action::SeeWorkspaces) {
            view.stored_below::<WorkspaceTask>("task", task.identity.number, page)?
        } else {
            Listed { items: vec![], total: 0 }
        };
        Ok((page, access, list))
    })?;
    Ok(page::paged(cx, page, list.map(|task| resource(task, access))))
}

fn change(input: &mut Input) -> WorkspaceTaskChange {
    let (level, stages, stage) = (input.text("enforcement-level"), input.texts("stages"), input.text("stage"));
    WorkspaceTaskChange::check(level, stages, stage, &mut input.problems)
}
