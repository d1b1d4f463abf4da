//! Workspaces of projects on the wire.

use crate::api::jsonapi::input;
use crate::api::workspaces::may_move;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Error, Result};
use crate::domain::projects::project::Project;
use crate::domain::workspaces::workspace::Workspace;
use crate::http::reply::Reply;

/// `POST /projects/:project/relationships/workspaces` moves workspaces into the project, all or none: 204. `NotFound`
/// where one does not exist, `Invalid` where one is linked through an OAuth client that the project may not use.
/// `Forbidden` for a caller who sees the project and may not move workspaces.
pub fn add(cx: &Cx) -> Result<Reply> {
    let find = cx.owned_and_access::<Project>("project", Action::SeeProjects);
    cx.change(
        move |view, caller| {
            let (project, access) = find(view, caller)?;
            if access.allows(Action::MoveWorkspaces) {
                Ok((project, caller.clone()))
            } else {
                Err(Error::forbidden("Moving a workspace needs permission to move workspaces in both projects."))
            }
        },
        |_| input::ids(cx.request, "workspaces"),
        |change, (project, caller), ids| {
            // A caller by team access may have it to some of the workspaces only.
            if !change.organization_access(&caller, project.organization)?.allows(Action::MoveWorkspaces) {
                for id in ids {
                    let workspace = change.owned::<Workspace>(&caller, id, Action::SeeWorkspaces)?;
                    may_move(change, &caller, &workspace, project.id.as_str())?;
                }
            }
            change.move_workspaces(&project, ids)
        },
    )?;
    Ok(Reply::no_content())
}
