//! What a token may see at its provider: repositories, and the organizations that hold them.

use serde::Serialize;

use crate::api::jsonapi::document::{self, NoRelationships, Resource, SelfLink, ToOne};
use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::connect;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::oauth::credential::Credential;
use crate::domain::oauth::token::OAuthToken;
use crate::domain::page::Page;
use crate::http::query;
use crate::http::reply::Reply;
use crate::providers;
use crate::store::Actor;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct RepositoryAttributes {
    name: String,
    display_identifier: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct RepositoryRelationships {
    oauth_token: ToOne,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Meta {
    /// Null: this is the last page. How many there are is not known.
    next_page: Option<u32>,
}

#[derive(Serialize)]
struct OrganizationAttributes {
    name: String,
}

/// `GET /oauth-tokens/:oauth_token/authorized-repos`: by the page, as the provider has them. `organization` keeps those of
/// one organization of the provider's; for Azure DevOps the client's own is taken where none is named, if it has one.
pub fn authorized(cx: &Cx) -> Result<Reply> {
    let (actor, credential, page) = found(cx, |cx| Ok(page::requested(cx.request)?.unwrap_or_default()))?;
    let id = credential.oauth_token.clone();
    let named = query::filter(cx.request, "organization");
    let list = cx.ask_provider(|| {
        connect::ask(cx.app, &actor, credential, |question| {
            let organization = named.or(question.credential.registration.ado_org_name.as_deref());
            question.provider.repositories(&question.access, organization, of_provider(page))
        })
    })?;
    let resources = list.items.into_iter().map(|repository| Resource {
        id: repository.identifier.clone(),
        kind: "authorized-repos",
        attributes: RepositoryAttributes { name: repository.name, display_identifier: repository.identifier },
        relationships: RepositoryRelationships { oauth_token: ToOne::to("oauth-tokens", &id) },
        links: None::<SelfLink>,
    });
    Ok(document::many(resources.collect(), None, None::<()>, Some(Meta { next_page: list.next })))
}

/// `GET /oauth-tokens/:oauth_token/vcs-organizations`: all of them.
pub fn organizations(cx: &Cx) -> Result<Reply> {
    let (actor, credential, ()) = found(cx, |_| Ok(()))?;
    let names = cx.ask_provider(|| {
        connect::ask(cx.app, &actor, credential, |question| question.provider.organizations(&question.access))
    })?;
    let resources = names.into_iter().map(|name| Resource {
        id: name.clone(),
        kind: "vcs-organization",
        attributes: OrganizationAttributes { name },
        relationships: NoRelationships {},
        links: None::<SelfLink>,
    });
    Ok(document::many(resources.collect(), None, None::<()>, None::<()>))
}

fn found<T>(cx: &Cx, read: impl Fn(&Cx) -> Result<T>) -> Result<(Actor, Credential, T)> {
    let find = cx.owned::<OAuthToken>("oauth_token", Action::SeeVcsConnections);
    cx.read(|view, caller| {
        let token = find(view, caller)?;
        view.may_look_with(caller, &token)?;
        Ok((cx.actor(caller), view.credential(&token.id)?, read(cx)?))
    })
}

/// Pages are bounded by [`page::requested`], so that both numbers fit.
fn of_provider(page: Page) -> providers::Page {
    let number = |n| u32::try_from(n).unwrap_or(u32::MAX);
    providers::Page { number: number(page.number), size: number(page.size) }
}
