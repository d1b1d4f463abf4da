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
use crate::http::request::Request;

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
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let search = request.query("q").unwrap_or("");
    let except = request.query("filter[exclude][taggable][id]").unwrap_or("");
    let (page, list) = cx.read(request, |view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeOrganization)?;
        let page = page::requested(request)?.unwrap_or_default();
        let list = if view.organization_access(caller, organization.number)?.allows(Action::SeeWorkspaces) {
            view.tags(organization.number, search, except, page)?
        } else {
            Listed { items: vec![], total: 0 }
        };
        Ok((page, list))
    })?;
    let items = list.items.iter().map(resource).collect();
    Ok(page::paged(request, &cx.app.public_url, page, Listed { items, total: list.total }))
}

/// `DELETE /organizations/:organization/tags`, with the ids in the body: 204; from all workspaces too.
pub fn delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization").to_owned();
    let caller = cx.read(request, |view, caller| {
        view.organization_for(caller, &name, Action::ManageWorkspaces)?;
        Ok(caller.clone())
    })?;
    let ids = input::ids(request, KIND)?;
    cx.remove(caller, move |change, caller| {
        let organization = change.organization_for(caller, &name, Action::ManageWorkspaces)?;
        change.delete_tags(organization.number, &ids)
    })?;
    Ok(Reply::no_content())
}

/// `POST /tags/:tag/relationships/workspaces`: 204. `Invalid` where an id is not one of the organization's workspaces.
pub fn add_workspaces(cx: &Cx, request: &Request) -> Result<Reply> {
    let id = TagId::parse(request.parameter("tag"));
    let (caller, id) = cx.read(request, |view, caller| {
        let id = id?;
        view.organization_access(caller, view.organization_of_tag(&id)?)?.may(Action::ManageWorkspaces)?;
        Ok((caller.clone(), id))
    })?;
    let ids = input::ids(request, "workspaces")?;
    cx.write(caller, move |change, caller| {
        let organization = change.organization_of_tag(&id)?;
        change.organization_access(caller, organization)?.may(Action::ManageWorkspaces)?;
        change.add_workspaces_to_tag(&id, organization, &ids)
    })?;
    Ok(Reply::no_content())
}
