//! Workspaces of projects on the wire.

use crate::api::jsonapi::input;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Error, Result};
use crate::domain::projects::project::Project;
use crate::http::reply::Reply;

/// `POST /projects/:project/relationships/workspaces` moves workspaces into the project, all or none: 204. `NotFound`
/// where one does not exist, `Invalid` where one is linked through an OAuth client that the project may not use.
/// `Forbidden` for a caller who sees the project and may not move workspaces.
pub fn add(cx: &Cx) -> Result<Reply> {
    let find = cx.owned_and_access::<Project>("project", Action::SeeProjects);
    cx.change(
        move |view, caller| {
            let (project, access) = find(view, caller)?;
            if access.allows(Action::ManageProjects) && access.allows(Action::ManageWorkspaces) {
                Ok(project)
            } else {
                Err(Error::forbidden("To move workspaces takes the right to manage projects and workspaces."))
            }
        },
        |_| input::ids(cx.request, "workspaces"),
        |change, project, ids| change.move_workspaces(&project, ids),
    )?;
    Ok(Reply::no_content())
}
