//! Lists of what Bowline does not have. Clients ask for them before they delete an organization, or to empty one for a
//! test, and give up on a 404; of all such things there are none, and that is what they are told.

use serde::Serialize;

use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::page::{Listed, Page};
use crate::http::reply::Reply;

/// Nothing can be made of it.
#[derive(Serialize)]
enum Nothing {}

/// What an organization would have, for everybody who sees the organization.
pub fn of_organization(cx: &Cx) -> Result<Reply> {
    let find = cx.organization(Action::SeeOrganization);
    let page = cx.read(|view, caller| {
        find(view, caller)?;
        page::requested(cx.request)
    })?;
    Ok(empty(cx, page))
}

/// The agents of a pool, for everybody who sees the pool: none connects to Bowline.
pub fn of_agent_pool(cx: &Cx) -> Result<Reply> {
    let find = cx.owned_and_access::<AgentPool>("agent_pool", Action::SeeAgentPools);
    let page = cx.read(|view, caller| {
        find(view, caller)?;
        page::requested(cx.request)
    })?;
    Ok(empty(cx, page))
}

/// What several organizations would have together, for everybody.
pub fn of_site(cx: &Cx) -> Result<Reply> {
    let page = cx.read(|_, _| page::requested(cx.request))?;
    Ok(empty(cx, page))
}

/// Always a page: some clients look for the number of pages without having asked for one.
fn empty(cx: &Cx, page: Option<Page>) -> Reply {
    let none: Listed<Nothing> = Listed { items: Vec::new(), total: 0 };
    page::paged(cx, page.unwrap_or_default(), none)
}
