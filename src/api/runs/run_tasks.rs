//! Run tasks of organizations on the wire. Their keys only come in.

use serde::Serialize;

use crate::api::jsonapi::crud::{Changeable, Plain, resource};
use crate::api::jsonapi::document::{Included, ToMany, ToOne};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::api::{organizations, workspaces};
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::{OrganizationId, RunTaskId};
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::organizations::organization::Organization;
use crate::domain::runs::run_task::{GlobalFields, RunTask, RunTaskChange, RunTaskFields, WorkspaceTask};
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::store::{Change, RunTaskInput, View, place};

pub const INCLUDE: &str = "include=workspace_tasks,workspace_tasks.workspace";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    name: &'a str,
    url: &'a str,
    description: &'a str,
    category: &'static str,
    enabled: bool,
    /// Always null.
    hmac_key: Option<()>,
    global_configuration: Global<'a>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Global<'a> {
    enabled: bool,
    stages: &'a [String],
    enforcement_level: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    organization: ToOne,
    workspace_tasks: ToMany,
    agent_pool: ToOne,
}

impl Plain for RunTask {
    const KIND: &'static str = "tasks";
    const PARAMETER: &'static str = "task";
    const SEE: Action = Action::SeeRunTasks;
    const MANAGE: Action = Action::ManageRunTasks;
    const IS_SHORT: bool = false;

    type Parent = Organization;
    type New = RunTaskInput;

    fn included(view: &View, cx: &Cx, items: &[RunTask], access: OrganizationAccess) -> Result<Option<Included>> {
        let mut included = Included::asked_for(cx.request);
        let Some(resources) = &mut included else { return Ok(None) };
        let access = access.in_organization();
        if !access.allows(Action::SeeWorkspaces) {
            return Ok(included);
        }
        let ids = items.iter().flat_map(|task| &task.workspace_tasks).take(page::WHOLE_LIST as usize);
        let tasks = view.stored_with_ids::<WorkspaceTask>(ids)?;
        if query::lists(cx.request, "include", "workspace_tasks.workspace") {
            workspaces::include(view, resources, tasks.iter().map(|task| &task.workspace), access)?;
        }
        for task in &tasks {
            resources.push(resource(task, access));
        }
        Ok(included)
    }

    fn read_new(cx: &Cx, input: Input, of: &Organization, id: &RunTaskId) -> Result<RunTaskInput> {
        read(cx, input, true, id, &of.external_id)
    }

    fn create(change: &Change, of: &Organization, id: &RunTaskId, new: &RunTaskInput) -> Result<RunTask> {
        change.create_run_task(of, id, new)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        Attributes {
            name: &self.name,
            url: &self.url,
            description: &self.description,
            category: "task",
            enabled: self.enabled,
            hmac_key: None,
            global_configuration: Global {
                enabled: self.global.enabled,
                stages: &self.global.stages,
                enforcement_level: &self.global.enforcement_level,
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// Names no tasks of workspaces to callers who may not see those.
    fn relationships(&self, access: OrganizationAccess) -> impl Serialize {
        let sees_workspaces = access.allows(Action::SeeWorkspaces);
        Relationships {
            organization: organizations::linked(&self.identity.organization_name),
            workspace_tasks: ToMany::to(WorkspaceTask::KIND, self.workspace_tasks.iter().filter(|_| sees_workspaces)),
            agent_pool: match &self.agent_pool {
                Some(pool) => ToOne::to(AgentPool::KIND, pool),
                None => ToOne::none(),
            },
        }
    }
}

impl Changeable for RunTask {
    type Change = RunTaskInput;

    fn read_change(cx: &Cx, input: Input, current: &RunTask) -> Result<RunTaskInput> {
        read(cx, input, false, &current.identity.id, &current.identity.organization_id)
    }

    fn update(change: &Change, current: &RunTask, update: &RunTaskInput) -> Result<RunTask> {
        change.update_run_task(current, update)
    }
}

fn read(cx: &Cx, mut input: Input, is_new: bool, id: &RunTaskId, of: &OrganizationId) -> Result<RunTaskInput> {
    let global = input.group("global-configuration", |members, problems| GlobalFields {
        enabled: members.flag("enabled", problems),
        stages: members.texts("stages", problems),
        enforcement_level: members.text("enforcement-level", problems),
    });
    let fields = RunTaskFields {
        name: input.text("name"),
        url: input.text("url"),
        description: input.text("description"),
        category: input.text("category"),
        enabled: input.flag("enabled"),
        hmac_key: input.text("hmac-key"),
        global,
    };
    let agent_pool = input.linked("agent-pool", AgentPool::KIND);
    let mut change = RunTaskChange::check(fields, is_new, &mut input.problems);
    input.finish()?;
    let seal = |key| cx.app.vault.seal(&place::secret_of::<RunTask>(id, of), &key);
    let hmac_key = std::mem::take(&mut change.hmac_key).try_map(seal)?;
    Ok(RunTaskInput { change, hmac_key, agent_pool })
}
