//! OAuth clients on the wire.

mod filter;
mod input;
pub mod projects;
mod resource;

use super::tokens as oauth_tokens;
use crate::api::jsonapi::document;
use crate::api::jsonapi::document::Included;
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::api::projects as projects_api;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::oauth::client::{AffectedWorkspaces, OAuthClient};
use crate::domain::organizations::organization::Organization;
use crate::domain::projects::project::Project;
use crate::http::query;
use crate::http::query::Known;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

pub use resource::resource;

pub const KIND: &str = "oauth-clients";

/// The query parameters of [`index`] beside pages.
pub const KNOWN: Known =
    &["include=oauth_tokens,projects", "filter[name]", "filter[service-provider]", "filter[project]", "q"];

/// `GET /organizations/:organization/oauth-clients`: whole, unless a page is asked for. `BadRequest` for a
/// `filter[service-provider]` that is none.
pub fn index(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let (requested, list, extras) = cx.read(|view, caller| {
        let (organization, access) = view.organization_and_access(caller, name, Action::SeeVcsConnections)?;
        let requested = page::requested(cx.request)?;
        let filter = filter::filter(cx.request)?;
        let list = page::fetch(requested, |page| view.filtered_oauth_clients(organization.number, &filter, page))?;
        let extras = extras(cx.request, view, (caller, access), &list.items)?;
        Ok((requested, list, extras))
    })?;
    let mut affected = extras.affected.into_iter();
    let list = list.map(|client| resource(client, affected.next(), &cx.app.public_url));
    Ok(page::whole_including(cx, requested, list, extras.included))
}

/// `GET /oauth-clients/:oauth_client`. `NotFound` for who may not see the VCS connections of its organization.
pub fn show(cx: &Cx) -> Result<Reply> {
    let id = cx.parameter("oauth_client");
    let (client, extras) = cx.read(|view, caller| {
        let (client, access) = view.owned_and_access::<OAuthClient>(caller, id, Action::SeeVcsConnections)?;
        let extras = extras(cx.request, view, (caller, access), std::slice::from_ref(&client))?;
        Ok((client, extras))
    })?;
    let affected = extras.affected.into_iter().next();
    Ok(document::one_including(resource(&client, affected, &cx.app.public_url), extras.included))
}

/// `POST /organizations/:organization/oauth-clients` and `POST /oauth-clients`. `NotFound` without the right to manage VCS
/// connections, `Invalid` with everything that is wrong with the attributes.
pub fn create(cx: &Cx) -> Result<Reply> {
    let client = cx.change(
        organization(cx)?,
        |organization| input::new_oauth_client(cx, &organization.external_id),
        |change, organization, new| change.create_oauth_client(&organization, new),
    )?;
    let path = format!("/api/v2/oauth-clients/{}", client.id);
    Ok(document::created(resource(&client, None, &cx.app.public_url), path))
}

/// Finds the organization that the path names; where it names none, that of the attribute `organization-id`, which takes a
/// name or an external id.
fn organization(cx: &Cx) -> Result<impl Fn(&View, &Caller) -> Result<Organization> + Send + Sync + 'static + use<>> {
    let named = cx.organization(Action::ManageVcsConnections);
    let known_as = if cx.parameter("organization").is_empty() { Some(organization_id(cx)?) } else { None };
    Ok(move |view: &View, caller: &Caller| {
        let Some(known_as) = &known_as else { return named(view, caller) };
        let organization = view.organization_known_as(known_as)?.ok_or_else(Error::not_found)?;
        view.organization_access(caller, organization.number)?.may(Action::ManageVcsConnections)?;
        Ok(organization)
    })
}

fn organization_id(cx: &Cx) -> Result<String> {
    // Who calls is asked first.
    cx.read(|_, _| Ok(()))?;
    let mut input = Input::read(cx, KIND)?;
    input.text("organization-id").present().ok_or_else(|| {
        // Not `Input::finish`: the other attributes were not asked for.
        let detail = "`organization-id` is required: an organization's name or id.";
        input.problems.with("/data/attributes/organization-id", detail)
    })
}

/// `PATCH /oauth-clients/:oauth_client`: an attribute that is not given stays. A new `oauth-token-string` goes into the
/// present token, which keeps its id. The provider and the URLs of a client never change; they are ignored here.
pub fn update(cx: &Cx) -> Result<Reply> {
    let client = cx.change(
        manageable(cx),
        |client| input::change(cx, client),
        |store, client, (change, sealed)| store.update_oauth_client(&client, change, sealed),
    )?;
    Ok(document::one(resource(&client, None, &cx.app.public_url)))
}

/// `DELETE` on both paths, `/oauth-clients/:oauth_client` and the one of 2018, below its organization: 204; its token
/// goes with it, and its workspaces are unlinked. `NotFound` without the right to manage VCS connections, and where the
/// path names an organization that is not the client's.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let (organization, find) = (cx.parameter("organization").to_owned(), manageable(cx));
    let find = move |view: &View, caller: &Caller| {
        let client = find(view, caller)?;
        let is_named = organization.is_empty() || organization.eq_ignore_ascii_case(&client.organization_name);
        if is_named { Ok(client) } else { Err(Error::not_found()) }
    };
    cx.change(find, no_input, |change, client, ()| change.delete_oauth_client(&client))?;
    Ok(Reply::no_content())
}

/// Finds the client of the path, for a caller who may change it.
fn manageable(cx: &Cx) -> impl Fn(&View, &Caller) -> Result<OAuthClient> + Send + Sync + 'static + use<> {
    cx.owned("oauth_client", Action::ManageVcsConnections)
}

/// What a request may ask for beside the clients themselves.
struct Extras {
    /// One for each client, or none at all.
    affected: Vec<AffectedWorkspaces>,
    included: Option<Included>,
}

fn extras(
    request: &Request,
    view: &View,
    (caller, access): (&Caller, OrganizationAccess),
    clients: &[OAuthClient],
) -> Result<Extras> {
    const SHOW_AFFECTED: &str = "show_affected_workspaces";
    let affected = match request.query(SHOW_AFFECTED) {
        None | Some("false" | "") => vec![],
        Some("true") => view.affected_workspaces(caller, clients)?,
        Some(_) => {
            return Err(Error::bad_parameter(SHOW_AFFECTED, "`show_affected_workspaces` must be true or false."));
        }
    };
    let mut included = Included::asked_for(request);
    if let Some(included) = &mut included {
        if query::lists(request, "include", "oauth_tokens") {
            view.oauth_tokens_of(clients)?.iter().for_each(|token| included.push(oauth_tokens::resource(token)));
        }
        // The linkage names them for everybody who sees the connection; the rest is for who sees the project.
        if query::lists(request, "include", "projects") {
            let projects = view.projects_of_clients(clients)?;
            let accesses = view.access_to_projects(caller, access, &projects)?;
            let access = |project: &Project| accesses.to(project.number);
            for project in projects.iter().filter(|project| access(project).allows(Action::SeeProjects)) {
                included.push(projects_api::resource(project, access(project), None));
            }
        }
    }
    Ok(Extras { affected, included })
}
