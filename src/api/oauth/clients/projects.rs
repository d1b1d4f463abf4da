//! The projects that an OAuth client is attached to: `/oauth-clients/:oauth_client/relationships/projects`.

use crate::api::jsonapi::input;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::oauth::client::OAuthClient;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::Change;

/// `POST`: 204, all of them or none; who is attached already stays so. `Invalid` for each that is not a project of the
/// client's organization.
pub fn attach(cx: &Cx, request: &Request) -> Result<Reply> {
    change(cx, request, |change, client, ids| change.attach_projects(client, ids))
}

/// `DELETE` with a body, in the same way.
pub fn detach(cx: &Cx, request: &Request) -> Result<Reply> {
    change(cx, request, |change, client, ids| change.detach_projects(client, ids))
}

fn change(
    cx: &Cx,
    request: &Request,
    change_them: fn(&Change, &OAuthClient, &[String]) -> Result<()>,
) -> Result<Reply> {
    let (caller, client) = super::manageable(cx, request)?;
    let ids = input::ids(request, "projects")?;
    cx.write_or_remove(caller, move |change, caller| {
        let client = change.oauth_client(&client.id)?;
        change.organization_access(caller, client.organization)?.may(Action::ManageVcsConnections)?;
        change_them(change, &client, &ids)
    })?;
    Ok(Reply::no_content())
}
