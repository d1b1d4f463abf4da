//! `/vars`: variables of workspaces without their workspace in the path, the older form.

use super::holder;
use crate::api::jsonapi::crud::{self, Plain};
use crate::api::jsonapi::input::Input;
use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::WorkspaceId;
use crate::domain::variables::variable::{Holder, Owner, Variable};
use crate::http::query;
use crate::http::reply::Reply;
use crate::store::View;

pub const ORGANIZATION: &str = "filter[organization][name]";
pub const WORKSPACE: &str = "filter[workspace][name]";

/// The organization and the workspace whose variables `GET /vars` lists.
pub fn filter(cx: &Cx) -> [Option<String>; 2] {
    [ORGANIZATION, WORKSPACE].map(|name| query::filter(cx.request, name).map(str::to_owned))
}

pub fn filtered(
    view: &View,
    caller: &Caller,
    filter: &[Option<String>; 2],
    action: Action,
) -> Result<(Holder, OrganizationAccess)> {
    let [Some(organization), Some(workspace)] = filter else {
        let missing = if filter[0].is_none() { ORGANIZATION } else { WORKSPACE };
        let detail = "`filter[organization][name]` and `filter[workspace][name]` are both required.";
        return Err(Error::bad_parameter(missing, detail));
    };
    let organization = view.organization_for(caller, organization, Action::SeeOrganization)?;
    let workspace = view.workspace_named(organization.number, workspace)?;
    holder(view, caller, Owner::Workspace(workspace.id), action)
}

/// `POST /vars`: the workspace is a relationship. `NotFound` where it does not exist or the caller may not change its
/// variables.
pub fn create(cx: &Cx) -> Result<Reply> {
    cx.read(|_, _| Ok(()))?;
    let mut input = Input::read(cx, Variable::KIND)?;
    let Some(workspace) = input.linked("workspace", "workspaces").value() else {
        input.problems.at("/data/relationships/workspace", "`workspace` is required.");
        input.finish()?;
        return Err(Error::internal("required `workspace` is missing but was not reported"));
    };
    let find = move |view: &View, caller: &Caller| {
        holder(view, caller, Owner::Workspace(WorkspaceId::parse(&workspace)?), Variable::MANAGE)
    };
    crud::create_in::<Variable>(cx, Box::new(find))
}
