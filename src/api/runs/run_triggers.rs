//! Run triggers on the wire.

use serde::Serialize;

use crate::api::jsonapi::crud::Plain;
use crate::api::jsonapi::document::{Included, ToOne};
use crate::api::jsonapi::input::Input;
use crate::api::workspaces;
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::RunTriggerId;
use crate::domain::page::{Listed, Page};
use crate::domain::runs::run_trigger::{Direction, RunTrigger};
use crate::domain::timestamp::Timestamp;
use crate::domain::workspaces::workspace::Workspace;
use crate::http::query;
use crate::store::{Change, View};

pub const DIRECTION: &str = "filter[run-trigger][type]";
pub const INCLUDE: &str = "include=workspace,sourceable";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes<'a> {
    workspace_name: &'a str,
    sourceable_name: &'a str,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct Relationships {
    workspace: ToOne,
    sourceable: ToOne,
}

impl Plain for RunTrigger {
    const KIND: &'static str = "run-triggers";
    const PARAMETER: &'static str = "run_trigger";
    const SEE: Action = Action::SeeRunTriggers;
    const MANAGE: Action = Action::ManageRunTriggers;
    const IS_SHORT: bool = false;

    type Parent = Workspace;
    /// The id of the source, as it was given.
    type New = String;

    fn list(view: &View, cx: &Cx, of: &Workspace, _: OrganizationAccess, page: Page) -> Result<Listed<RunTrigger>> {
        let direction = match query::filter(cx.request, DIRECTION) {
            Some("inbound") => Direction::Inbound,
            Some("outbound") => Direction::Outbound,
            _ => return Err(Error::bad_parameter(DIRECTION, format!("`{DIRECTION}` must be inbound or outbound."))),
        };
        view.run_triggers(of, direction, page)
    }

    fn included(view: &View, cx: &Cx, items: &[RunTrigger], access: OrganizationAccess) -> Result<Option<Included>> {
        let mut included = Included::asked_for(cx.request);
        let Some(resources) = &mut included else { return Ok(None) };
        let access = access.in_organization();
        if query::lists(cx.request, "include", "workspace") {
            workspaces::include(view, resources, items.iter().map(|trigger| &trigger.workspace), access)?;
        }
        if query::lists(cx.request, "include", "sourceable") {
            workspaces::include(view, resources, items.iter().map(|trigger| &trigger.sourceable), access)?;
        }
        Ok(included)
    }

    fn read_new(_: &Cx, mut input: Input, _: &Workspace, _: &RunTriggerId) -> Result<String> {
        let source = input.linked("sourceable", "workspaces").value();
        if source.is_none() {
            input.problems.at("/data/relationships/sourceable/data", "`sourceable` is required: a workspace.");
        }
        input.finish()?;
        Ok(source.unwrap_or_default())
    }

    fn create(change: &Change, of: &Workspace, id: &RunTriggerId, source: &String) -> Result<RunTrigger> {
        change.create_run_trigger(of, id, source)
    }

    fn attributes(&self, _: OrganizationAccess) -> impl Serialize {
        Attributes {
            workspace_name: &self.workspace_name,
            sourceable_name: &self.sourceable_name,
            created_at: self.created_at,
        }
    }

    fn relationships(&self, _: OrganizationAccess) -> impl Serialize {
        Relationships {
            workspace: ToOne::to("workspaces", &self.workspace),
            sourceable: ToOne::to("workspaces", &self.sourceable),
        }
    }
}
