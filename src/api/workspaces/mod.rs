//! Workspaces on the wire: by id, and by name within their organization.

pub mod actions;
mod input;
pub mod list;
pub mod oauth_clients;
mod permissions;
pub mod projects;
pub mod relationships;
mod resource;
pub mod tag_bindings;
pub mod tags;

use super::jsonapi::document;
use super::jsonapi::input::Input;
use crate::app::{Cx, no_input, with_caller};
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::WorkspaceId;
use crate::domain::page::Listed;
use crate::domain::projects::project::Project;
use crate::domain::workspaces::workspace::{NewWorkspace, Workspace, WorkspaceChange};
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::{Change, Owned, View};

use list::Listing;
use permissions::may_force_delete;
use resource::path;
pub use resource::{KIND, include, resource};

/// What clients ask to include. But for the first six nothing of it exists here, and nothing is what they get.
pub const INCLUDE: &str = "include=agent_pool,effective_tag_bindings,locked_by,organization,project,vars,\
    current_assessment_result,current_configuration_version,current_configuration_version.ingress_attributes,\
    current_run,current_run.apply,current_run.plan,current_run.configuration_version,\
    current_run.configuration_version.ingress_attributes,current_state_version,\
    current_state_version.resources_processed,latest_run,latest_run.plan,latest_run.configuration_version,\
    latest_run.configuration_version.ingress_attributes,no_code_module_version,no_code_module_version.no_code_module,\
    no_code_module_version.no_code_module.latest_version,outputs,readme";

/// Which workspace a path means.
#[derive(Clone)]
enum Named {
    ById(String),
    ByName { organization: String, workspace: String },
}

impl Named {
    fn by(request: &Request) -> Named {
        match request.parameter("workspace") {
            "" => Named::ByName {
                organization: request.parameter("organization").to_owned(),
                workspace: request.parameter("workspace_name").to_owned(),
            },
            id => Named::ById(id.to_owned()),
        }
    }

    /// With how the caller stands to it. `NotFound` where it does not exist or the caller may not do `action` with it.
    fn find(&self, view: &View, caller: &Caller, action: Action) -> Result<(Workspace, OrganizationAccess)> {
        let workspace = match self {
            Named::ById(id) => view.workspace(&WorkspaceId::parse(id)?)?,
            Named::ByName { organization, workspace } => {
                let organization = view.organization_named(organization)?.ok_or_else(Error::not_found)?;
                view.organization_access(caller, organization.number)?.may(Action::SeeOrganization)?;
                view.workspace_named(organization.number, workspace)?
            }
        };
        let access = view.access_for(caller, workspace.organization, workspace.place(), action)?;
        Ok((workspace, access))
    }
}

/// `GET /workspaces/:workspace` and `GET /organizations/:organization/workspaces/:workspace_name`.
pub fn show(cx: &Cx) -> Result<Reply> {
    let listing = cx.read(|view, caller| {
        let (workspace, _) = Named::by(cx.request).find(view, caller, Action::SeeWorkspaces)?;
        Listing::of(view, caller, cx.request, Listed { items: vec![workspace], total: 1 })
    })?;
    listing.one()
}

/// `POST /organizations/:organization/workspaces`, with or without `vcs-repo`. `Invalid` with everything that is wrong:
/// in itself, or with what it refers to. `NotFound` for a project that the caller may not create workspaces in.
pub fn create(cx: &Cx) -> Result<Reply> {
    let find = cx.organization(Action::CreateWorkspaces);
    let (workspace, access) = cx.change(
        with_caller(find),
        |_| {
            let mut input = Input::read(cx, KIND)?;
            let fields = input::fields(cx, &mut input)?;
            let new = NewWorkspace::check(fields, &mut input.problems);
            input.finish().map(|()| new)
        },
        |change, (organization, caller), new| {
            let project = new.rest.project.as_deref().unwrap_or(organization.default_project.as_str());
            if !change.organization_access(&caller, organization.number)?.allows(Action::CreateWorkspaces) {
                change.owned::<Project>(&caller, project, Action::CreateWorkspaces)?;
            }
            let workspace = change.create_workspace(&organization, new)?;
            let access = change.access_at(&caller, organization.number, workspace.place())?;
            Ok((workspace, access))
        },
    )?;
    let path = path(&workspace);
    Ok(document::created(resource(&workspace, access, None), path))
}

/// `PATCH` on both paths. `vcs-repo` links, changes the link, or with null unlinks. `Invalid` as for creation.
/// `Forbidden` for another project where the caller may change the workspace and not move it.
pub fn update(cx: &Cx) -> Result<Reply> {
    let find = managed(cx);
    let (workspace, access) = cx.change(
        with_caller(find),
        |((workspace, _), _)| {
            let mut input = Input::read(cx, KIND)?;
            input.must_be(workspace.id.as_str());
            let fields = input::fields(cx, &mut input)?;
            let update = WorkspaceChange::check(fields, &mut input.problems);
            input.finish().map(|()| update)
        },
        |change, ((workspace, _), caller), update| {
            if let Some(project) = &update.project
                && project != workspace.project_id.as_str()
            {
                may_move(change, &caller, &workspace, project)?;
            }
            let workspace = change.update_workspace(&workspace, update)?;
            let access = change.access_at(&caller, workspace.organization, workspace.place())?;
            Ok((workspace, access))
        },
    )?;
    Ok(document::one(resource(&workspace, access, None)))
}

/// `DELETE` on both paths: 204, whatever the workspace's state. `Forbidden` for who manages workspaces where the
/// organization does not leave this to them; the way of `actions/safe-delete` is open to them.
pub fn delete(cx: &Cx) -> Result<Reply> {
    cx.change(found(cx, Action::DeleteWorkspaces), no_input, |change, (workspace, access), ()| {
        if !may_force_delete(access, workspace.allows_force_delete) {
            return Err(Error::forbidden(
                "Only owners may force-delete workspaces of this organization; use the action safe-delete.",
            ));
        }
        change.delete_workspace(&workspace)
    })?;
    Ok(Reply::no_content())
}

/// A caller who manages all projects of the organization moves any. Others must be allowed to, by team access to both
/// projects: `Forbidden` otherwise, also where there is no such project.
pub fn may_move(change: &Change, caller: &Caller, workspace: &Workspace, project: &str) -> Result<()> {
    if change.organization_access(caller, workspace.organization)?.allows(Action::MoveWorkspaces) {
        return Ok(());
    }
    let access = change.access_at(caller, workspace.organization, workspace.place())?;
    let may_move = access.allows(Action::MoveWorkspaces)
        && change.owned_and_access::<Project>(caller, project, Action::MoveWorkspaces).is_ok();
    if may_move {
        return Ok(());
    }
    Err(Error::forbidden("Moving a workspace needs permission to move workspaces in both projects."))
}

/// Finds the workspace of the path, for a caller who may manage it.
fn managed(
    cx: &Cx,
) -> impl Fn(&View, &Caller) -> Result<(Workspace, OrganizationAccess)> + Send + Sync + 'static + use<> {
    found(cx, Action::ManageWorkspaces)
}

/// Finds the workspace of the path, for a caller who may do `action` with it.
fn found(
    cx: &Cx,
    action: Action,
) -> impl Fn(&View, &Caller) -> Result<(Workspace, OrganizationAccess)> + Send + Sync + 'static + use<> {
    let named = Named::by(cx.request);
    move |view, caller| named.find(view, caller, action)
}
