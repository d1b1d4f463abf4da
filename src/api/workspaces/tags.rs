//! An organization's tags on the wire, the kind with a name alone.

use serde::Serialize;

use crate::api::jsonapi::document::{Resource, ToOne};
use crate::api::jsonapi::{input, page};
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::id::TagId;
use crate::domain::page::Listed;
use crate::domain::tags::tag::CountedTag;
use crate::http::reply::Reply;

pub const KIND: &str = "tags";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    name: String,
    instance_count: u64,
}

#[derive(Serialize)]
pub struct Relationships {
    organization: ToOne,
}

pub fn resource(counted: &CountedTag) -> Resource<Attributes, Relationships> {
    let CountedTag { tag, organization_name, workspaces } = counted;
    Resource {
        id: tag.id.to_string(),
        kind: KIND,
        attributes: Attributes { name: tag.name.clone(), instance_count: *workspaces },
        relationships: Relationships { organization: ToOne::to("organizations", organization_name) },
        links: None,
    }
}

/// `GET /organizations/:organization/tags`, by the page and by name; `q` keeps those whose name contains it,
/// `filter[exclude][taggable][id]` leaves out those of a workspace. Who may not see workspaces gets none.
pub fn index(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let search = cx.request.query("q").unwrap_or("");
    let except = cx.request.query("filter[exclude][taggable][id]").unwrap_or("");
    let (page, list) = cx.read(|view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeOrganization)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let list = if view.organization_access(caller, organization.number)?.allows(Action::SeeWorkspaces) {
            view.tags(organization.number, search, except, page)?
        } else {
            Listed { items: vec![], total: 0 }
        };
        Ok((page, list))
    })?;
    Ok(page::paged(cx, page, list.map(resource)))
}

/// `DELETE /organizations/:organization/tags`, with the ids in the body: 204; from all workspaces too.
pub fn delete(cx: &Cx) -> Result<Reply> {
    cx.change(
        cx.organization(Action::ManageWorkspaces),
        |_| input::ids(cx.request, KIND),
        |change, organization, ids| change.delete_tags(organization.number, ids),
    )?;
    Ok(Reply::no_content())
}

/// `POST /tags/:tag/relationships/workspaces`: 204. `Invalid` where an id is not one of the organization's workspaces.
pub fn add_workspaces(cx: &Cx) -> Result<Reply> {
    let id = cx.parameter("tag").to_owned();
    cx.change(
        move |view, caller| {
            let id = TagId::parse(&id)?;
            let organization = view.organization_of_tag(&id)?;
            view.organization_access(caller, organization)?.may(Action::ManageWorkspaces)?;
            Ok((id, organization))
        },
        |_| input::ids(cx.request, "workspaces"),
        |change, (id, organization), ids| change.add_workspaces_to_tag(&id, organization, ids),
    )?;
    Ok(Reply::no_content())
}
