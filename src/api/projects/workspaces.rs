//! Workspaces of projects on the wire.

use crate::api::jsonapi::input;
use crate::api::projects;
use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::http::reply::Reply;
use crate::http::request::Request;

/// `POST /projects/:project/relationships/workspaces` moves workspaces into the project, all or none: 204. `NotFound`
/// where one is not there, `Invalid` where one is linked through an OAuth client that the project may not use.
/// `Forbidden` for who sees the project and may not move workspaces.
pub fn add(cx: &Cx, request: &Request) -> Result<Reply> {
    let id = request.parameter("project").to_owned();
    let caller = cx.read(request, |view, caller| {
        let (_, access) = projects::find(view, caller, &id, Action::SeeProjects)?;
        may_move(access)?;
        Ok(caller.clone())
    })?;
    let ids = input::ids(request, "workspaces")?;
    cx.write(caller, move |change, caller| {
        let (project, access) = projects::find(change, caller, &id, Action::SeeProjects)?;
        may_move(access)?;
        change.move_workspaces(&project, &ids)
    })?;
    Ok(Reply::no_content())
}

fn may_move(access: OrganizationAccess) -> Result<()> {
    if access.allows(Action::ManageProjects) && access.allows(Action::ManageWorkspaces) {
        Ok(())
    } else {
        Err(Error::forbidden("To move workspaces takes the right to manage projects and workspaces."))
    }
}
