//! Organizations on the wire.

use serde::Serialize;

use super::document::{self, Elsewhere, Resource, SelfLink, related};
use super::input::Input;
use super::page;
use crate::app::Cx;
use crate::domain::access::{Action, Standing};
use crate::domain::error::Result;
use crate::domain::organization::{NewOrganization, Organization};
use crate::domain::page::Listed;
use crate::domain::timestamp::Timestamp;
use crate::http::reply::Reply;
use crate::http::request::Request;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    name: String,
    external_id: String,
    created_at: Timestamp,
    email: String,
    permissions: Permissions,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_create_workspace: bool,
    can_traverse: bool,
    can_update_oauth: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    oauth_clients: Elsewhere,
    workspaces: Elsewhere,
}

/// `GET /organizations`: the caller's own.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let (requested, list) = cx.read(request, |view, caller| {
        let requested = page::requested(request)?;
        let list = view.organizations_of(caller, page::whole_or(requested))?;
        let items = list
            .items
            .iter()
            .map(|organization| Ok(resource(organization, view.standing(caller, organization.number)?)))
            .collect::<Result<_>>()?;
        Ok((requested, Listed { items, total: list.total }))
    })?;
    Ok(page::whole(request, &cx.app.public_url, requested, list))
}

/// `GET /organizations/:organization`. `NotFound` for who is not in it.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let resource = cx.read(request, |view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeOrganization)?;
        let standing = view.standing(caller, organization.number)?;
        Ok(resource(&organization, standing))
    })?;
    Ok(document::one(resource))
}

/// `POST /organizations`. The caller becomes its first owner; `NotFound` for tokens that are not a person's, `Invalid`
/// on the name.
pub fn create(cx: &Cx, request: &Request) -> Result<Reply> {
    let (caller, owner) =
        cx.read(request, |_, caller| Ok((caller.clone(), caller.may_create_organizations()?.clone())))?;
    let mut input = Input::read(request, "organizations")?;
    let (name, email) = (input.text("name"), input.text("email"));
    let new = NewOrganization::check(name, email, &mut input.problems);
    input.finish()?;
    let organization = cx.write(caller, move |change, _| change.create_organization(&new, &owner))?;
    let path = path(&organization.name);
    Ok(document::created(resource(&organization, Standing::Owner), path))
}

pub fn path(name: &str) -> String {
    format!("/api/v2/organizations/{name}")
}

pub fn resource(organization: &Organization, standing: Standing) -> Resource<Attributes, Relationships> {
    let Organization { number: _, external_id, name, email, created_at } = organization;
    let path = path(name);
    Resource {
        id: name.clone(),
        kind: "organizations",
        attributes: Attributes {
            name: name.clone(),
            external_id: external_id.to_string(),
            created_at: *created_at,
            email: email.clone(),
            permissions: Permissions {
                can_create_workspace: standing.allows(Action::ManageWorkspaces),
                can_traverse: standing.allows(Action::SeeOrganization),
                can_update_oauth: standing.allows(Action::ManageVcsConnections),
            },
        },
        relationships: Relationships {
            oauth_clients: Elsewhere { links: related(format!("{path}/oauth-clients")) },
            workspaces: Elsewhere { links: related(format!("{path}/workspaces")) },
        },
        links: Some(SelfLink { itself: path }),
    }
}
