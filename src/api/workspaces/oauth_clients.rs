//! The workspaces that are linked through an OAuth client.

use crate::api::jsonapi::page;
use crate::api::workspaces::list::Listing;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::workspaces::filter::{WorkspaceFilter, WorkspaceOrder};
use crate::http::reply::Reply;

/// `GET /oauth-clients/:oauth_client/workspaces`, by the page, in the order of their creation. `NotFound` for a caller who
/// may not see the client; of its workspaces the list has those that the caller may see.
pub fn index(cx: &Cx) -> Result<Reply> {
    let find = cx.owned::<OAuthClient>("oauth_client", Action::SeeVcsConnections);
    let (page, list) = cx.read(|view, caller| {
        let client = find(view, caller)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let filter = WorkspaceFilter {
            seen_by: view.teams_that_see_workspaces(caller, client.organization)?,
            oauth_client: Some(client.id),
            ..WorkspaceFilter::default()
        };
        let list = view.workspaces(client.organization, &filter, WorkspaceOrder::Created, page)?;
        Ok((page, Listing::of(view, caller, cx.request, list)?))
    })?;
    Ok(list.reply(cx, page))
}
