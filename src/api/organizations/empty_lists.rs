//! Lists of what Bowline does not have. Clients ask for them before they delete an organization, or to empty one for a
//! test, and give up on a 404; of all such things there are none, and that is what they are told.

use serde::Serialize;

use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::page::{Listed, Page};
use crate::http::reply::Reply;
use crate::http::request::Request;

/// Nothing can be made of it.
#[derive(Serialize)]
enum Nothing {}

/// What an organization would have, for everybody who sees the organization.
pub fn of_organization(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let page = cx.read(request, |view, caller| {
        view.organization_for(caller, name, Action::SeeOrganization)?;
        page::requested(request)
    })?;
    Ok(empty(cx, request, page))
}

/// What several organizations would have together, for everybody.
pub fn of_site(cx: &Cx, request: &Request) -> Result<Reply> {
    let page = cx.read(request, |_, _| page::requested(request))?;
    Ok(empty(cx, request, page))
}

/// Always a page: some clients look for the number of pages without having asked for one.
fn empty(cx: &Cx, request: &Request, page: Option<Page>) -> Reply {
    let none: Listed<Nothing> = Listed { items: Vec::new(), total: 0 };
    page::paged(request, &cx.app.public_url, page.unwrap_or_default(), none)
}
