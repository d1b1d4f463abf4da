//! The projects that an OAuth client is attached to: `/oauth-clients/:oauth_client/relationships/projects`.

use crate::api::jsonapi::input;
use crate::app::Cx;
use crate::domain::error::Result;
use crate::http::reply::Reply;

/// `POST`: 204, all of them or none; a project that is attached already stays so. `Invalid` for each that is not a project
/// of the client's organization.
pub fn attach(cx: &Cx) -> Result<Reply> {
    let ids = |_: &_| input::ids(cx.request, "projects");
    cx.change(super::manageable(cx), ids, |change, client, ids| change.attach_projects(&client, ids))?;
    Ok(Reply::no_content())
}

/// `DELETE` with a body, in the same way.
pub fn detach(cx: &Cx) -> Result<Reply> {
    let ids = |_: &_| input::ids(cx.request, "projects");
    cx.change(super::manageable(cx), ids, |change, client, ids| change.detach_projects(&client, ids))?;
    Ok(Reply::no_content())
}
