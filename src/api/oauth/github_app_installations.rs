//! GitHub App installations on the wire. They are recorded at the command line; clients read them and link through them.

use serde::Serialize;

use crate::api::jsonapi::document::{self, NoRelationships, Resource, SelfLink};
use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::error::Result;
use crate::domain::oauth::github_app_installation::{GithubAppInstallation, InstallationFilter};
use crate::http::query;
use crate::http::reply::Reply;
use crate::store::View;

pub const KIND: &str = "github-app-installations";

pub const FILTERS: &[&str] = &["filter[name]", "filter[installation_id]"];

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes {
    name: String,
    installation_id: i64,
    icon_url: String,
    installation_type: &'static str,
    installation_url: String,
}

fn resource(installation: &GithubAppInstallation) -> Resource<impl Serialize + use<>, NoRelationships> {
    let GithubAppInstallation { identity, name, account, installation: number } = installation;
    Resource {
        id: identity.id.to_string(),
        kind: KIND,
        attributes: Attributes {
            name: name.clone(),
            installation_id: *number,
            icon_url: installation.icon_url(),
            installation_type: account.name(),
            installation_url: installation.url(),
        },
        relationships: NoRelationships {},
        links: Some(SelfLink { itself: format!("/api/v2/github-app/installation/{}", identity.id) }),
    }
}

/// `GET /github-app/installations` and `GET /github-app-installations`: those of all organizations where the caller may
/// pick a connection.
pub fn of_caller(cx: &Cx) -> Result<Reply> {
    listed(cx, |view, caller| view.organizations_with_installations(caller))
}

/// `GET /organizations/:organization/github-app-installations`
pub fn of_organization(cx: &Cx) -> Result<Reply> {
    let find = cx.organization(Action::SeeVcsConnections);
    listed(cx, move |view, caller| Ok(vec![find(view, caller)?.number]))
}

fn listed(cx: &Cx, organizations: impl Fn(&View, &Caller) -> Result<Vec<i64>>) -> Result<Reply> {
    let filter = InstallationFilter {
        name: query::filter(cx.request, FILTERS[0]).map(str::to_owned),
        installation: query::filter(cx.request, FILTERS[1]).map(str::to_owned),
    };
    let (page, list) = cx.read(|view, caller| {
        let organizations = organizations(view, caller)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        Ok((page, view.github_app_installations(&organizations, &filter, page)?))
    })?;
    Ok(page::paged_including(cx, page, list.map(resource), None))
}

/// `GET /github-app/installation/:github_app_installation`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = cx.owned::<GithubAppInstallation>("github_app_installation", Action::SeeVcsConnections);
    Ok(document::one(resource(&cx.read(|view, caller| find(view, caller))?)))
}
