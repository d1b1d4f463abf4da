//! OAuth clients on the wire.

mod input;
pub mod projects;
mod resource;

use super::tokens as oauth_tokens;
use crate::api::jsonapi::document;
use crate::api::jsonapi::document::Included;
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::api::projects as projects_api;
use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::id::OAuthClientId;
use crate::domain::oauth::client::{AffectedWorkspaces, OAuthClient};
use crate::domain::organizations::organization::Organization;
use crate::domain::page::Listed;
use crate::http::query;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

use resource::resource;

pub const KIND: &str = "oauth-clients";

/// `GET /organizations/:organization/oauth-clients`: whole, unless a page is asked for.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let (requested, list, extras) = cx.read(request, |view, caller| {
        let (organization, access) = view.organization_and_access(caller, name, Action::SeeVcsConnections)?;
        let requested = page::requested(request)?;
        let list = page::fetch(requested, |page| view.oauth_clients(organization.number, page))?;
        let extras = extras(request, view, access, &list.items)?;
        Ok((requested, list, extras))
    })?;
    let mut affected = extras.affected.into_iter();
    let items = list.items.iter().map(|client| resource(client, affected.next(), &cx.app.public_url)).collect();
    let list = Listed { items, total: list.total };
    Ok(page::whole_including(request, &cx.app.public_url, requested, list, extras.included))
}

/// `GET /oauth-clients/:oauth_client`. `NotFound` for who may not see the VCS connections of its organization.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let (client, extras) = cx.read(request, |view, caller| {
        let client = view.oauth_client(&OAuthClientId::parse(request.parameter("oauth_client"))?)?;
        let access = view.organization_access(caller, client.organization)?;
        access.may(Action::SeeVcsConnections)?;
        let extras = extras(request, view, access, std::slice::from_ref(&client))?;
        Ok((client, extras))
    })?;
    let affected = extras.affected.into_iter().next();
    Ok(document::one_including(resource(&client, affected, &cx.app.public_url), extras.included))
}

/// `POST /organizations/:organization/oauth-clients`. `NotFound` without the right to manage VCS connections, `Invalid`
/// with everything that is wrong with the attributes.
pub fn create(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let (caller, organization) = cx.read(request, |view, caller| {
        let organization = view.organization_for(caller, name, Action::ManageVcsConnections)?;
        Ok((caller.clone(), organization))
    })?;
    create_in(cx, caller, organization, Input::read(request, KIND)?)
}

/// `POST /oauth-clients`: the organization is named by the attribute `organization-id`, which takes its name or its
/// external id.
pub fn create_by_organization_id(cx: &Cx, request: &Request) -> Result<Reply> {
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    let mut input = Input::read(request, KIND)?;
    let Some(organization) = input.text("organization-id").present() else {
        input.problems.attribute("organization-id", "`organization-id` is required: an organization's name or id.");
        input.finish()?;
        return Err(Error::internal("a missing organization was no problem"));
    };
    let organization = cx.read(request, |view, caller| {
        let organization = view.organization_known_as(&organization)?.ok_or_else(Error::not_found)?;
        view.organization_access(caller, organization.number)?.may(Action::ManageVcsConnections)?;
        Ok(organization)
    })?;
    create_in(cx, caller, organization, input)
}

fn create_in(cx: &Cx, caller: Caller, organization: Organization, input: Input) -> Result<Reply> {
    let new = input::new_oauth_client(input)?;
    let sealed = input::seal(&cx.app.vault, &organization.external_id, &new)?;
    let client = cx.write(caller, move |change, caller| {
        // Again, where nothing can come in between: the first time was to answer before reading the body. Another one
        // may have taken the name of the one that the secrets are sealed for.
        let found = change.organization_for(caller, &organization.name, Action::ManageVcsConnections)?;
        if found.external_id != organization.external_id {
            return Err(Error::not_found());
        }
        change.create_oauth_client(&found, new, sealed)
    })?;
    let path = format!("/api/v2/oauth-clients/{}", client.id);
    Ok(document::created(resource(&client, None, &cx.app.public_url), path))
}

/// `PATCH /oauth-clients/:oauth_client`: what is not given stays. A new `oauth-token-string` goes into the token that
/// there is, which keeps its id. The provider and the URLs of a client are for ever; they are ignored here.
pub fn update(cx: &Cx, request: &Request) -> Result<Reply> {
    let (caller, client) = manageable(cx, request)?;
    let change = input::change(request, &client)?;
    let sealed = input::seal_change(&cx.app.vault, &client, &change)?;
    let client = cx.write(caller, move |store, caller| {
        let client = store.oauth_client(&client.id)?;
        store.organization_access(caller, client.organization)?.may(Action::ManageVcsConnections)?;
        store.update_oauth_client(&client, change, sealed)
    })?;
    Ok(document::one(resource(&client, None, &cx.app.public_url)))
}

/// `DELETE` on both paths, `/oauth-clients/:oauth_client` and the one of 2018, below its organization: 204; its token
/// goes with it, and its workspaces are unlinked. `NotFound` without the right to manage VCS connections, and where the
/// path names an organization that is not the client's.
pub fn delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let organization = request.parameter("organization").to_owned();
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    let id = OAuthClientId::parse(request.parameter("oauth_client"))?;
    cx.remove(caller, move |change, caller| {
        let client = change.oauth_client(&id)?;
        change.organization_access(caller, client.organization)?.may(Action::ManageVcsConnections)?;
        if !organization.is_empty() && !organization.eq_ignore_ascii_case(&client.organization_name) {
            return Err(Error::not_found());
        }
        change.delete_oauth_client(&client)
    })?;
    Ok(Reply::no_content())
}

/// The client of the path, for who may change it.
fn manageable(cx: &Cx, request: &Request) -> Result<(Caller, OAuthClient)> {
    cx.read(request, |view, caller| {
        let client = view.oauth_client(&OAuthClientId::parse(request.parameter("oauth_client"))?)?;
        view.organization_access(caller, client.organization)?.may(Action::ManageVcsConnections)?;
        Ok((caller.clone(), client))
    })
}

/// What a request may ask for beside the clients themselves.
struct Extras {
    /// One for each client, or none at all.
    affected: Vec<AffectedWorkspaces>,
    included: Option<Included>,
}

fn extras(request: &Request, view: &View, access: OrganizationAccess, clients: &[OAuthClient]) -> Result<Extras> {
    const SHOW_AFFECTED: &str = "show_affected_workspaces";
    let affected = match request.query(SHOW_AFFECTED) {
        None | Some("false" | "") => vec![],
        Some("true") => {
            let mut affected = view.affected_workspaces(clients)?;
            // How many is for everybody who sees the connection; which ones is for who sees workspaces.
            if !access.allows(Action::SeeWorkspaces) {
                affected.iter_mut().for_each(|affected| affected.names.clear());
            }
            affected
        }
        Some(_) => {
            return Err(Error::bad_parameter(SHOW_AFFECTED, "`show_affected_workspaces` must be true or false."));
        }
    };
    let mut included = request.query("include").map(|_| Included::default());
    if let Some(included) = &mut included {
        if query::lists(request, "include", "oauth_tokens") {
            view.oauth_tokens_of(clients)?.iter().for_each(|token| included.push(oauth_tokens::resource(token)));
        }
        // The linkage names them for everybody who sees the connection; the rest is for who sees projects.
        if query::lists(request, "include", "projects") && access.allows(Action::SeeProjects) {
            for project in view.projects_of_clients(clients)? {
                included.push(projects_api::resource(&project, access, None));
            }
        }
    }
    Ok(Extras { affected, included })
}
