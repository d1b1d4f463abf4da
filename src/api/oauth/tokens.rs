//! OAuth tokens on the wire.

use serde::Serialize;

use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{Elsewhere, Identifier, Resource, SelfLink, ToOne, related};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::app::{Cx, no_input, sealing};
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::field::Field;
use crate::domain::id::OAuthClientId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::private_key::check_ssh_key;
use crate::domain::oauth::token::OAuthToken;
use crate::domain::page::Listed;
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;

const KIND: &str = "oauth-tokens";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    created_at: Timestamp,
    service_provider_user: String,
    has_ssh_key: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    oauth_client: ToOne,
    vcs_organizations: Elsewhere,
}

/// `GET /oauth-clients/:oauth_client/oauth-tokens`: one, or none.
pub fn index(cx: &Cx) -> Result<Reply> {
    let find = cx.owned::<OAuthClient>(client_parameter(cx), Action::SeeVcsConnections);
    let (requested, token) = cx.read(|view, caller| {
        let client = find(view, caller)?;
        let token = client.oauth_token.as_ref().map(|token| view.oauth_token(token)).transpose()?;
        Ok((page::requested(cx.request)?, token))
    })?;
    let total = u64::from(token.is_some());
    let is_on_page = requested.unwrap_or_default().offset() < total;
    let items = token.iter().filter(|_| is_on_page).map(resource).collect();
    Ok(page::whole(cx, requested, Listed { items, total }))
}

/// `GET /oauth-tokens/:oauth_token`. The id of a client in place of a token's gives the client's tokens: that is where the link
/// in the document of 2018 points.
pub fn show(cx: &Cx) -> Result<Reply> {
    if OAuthClientId::parse(cx.parameter("oauth_token")).is_ok() {
        return index(cx);
    }
    let token = cx.read(cx.owned("oauth_token", Action::SeeVcsConnections))?;
    Ok(document::one(resource(&token)))
}

/// `GET /organizations/:organization/oauth-tokens`: whole, unless a page is asked for. `filter[provider]` keeps those of
/// one service provider; of an unknown one there are none.
pub fn of_organization(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let (requested, list) = cx.read(|view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeVcsConnections)?;
        let requested = page::requested(cx.request)?;
        let provider = query::filter(cx.request, "filter[provider]");
        Ok((requested, page::fetch(requested, |page| view.oauth_tokens(organization.number, provider, page))?))
    })?;
    Ok(page::whole(cx, requested, list.map(resource)))
}

/// `PATCH /oauth-tokens/:oauth_token`: puts an SSH key beside the token, or takes it away with null or an empty text.
/// `Invalid` for what is no private key, or one with a passphrase.
pub fn update(cx: &Cx) -> Result<Reply> {
    let token = cx.change(
        cx.owned("oauth_token", Action::ManageVcsConnections),
        |token| new_ssh_key(cx, token),
        |change, token, key| match key {
            Field::Absent => Ok(token),
            Field::Null => change.set_ssh_key(&token, None),
            Field::Value(key) => change.set_ssh_key(&token, Some(key)),
        },
    )?;
    Ok(document::one(resource(&token)))
}

fn new_ssh_key(cx: &Cx, token: &OAuthToken) -> Result<Field<Sealed>> {
    let mut input = Input::read(cx, KIND)?;
    input.must_be(token.id.as_str());
    let key = input.text("ssh-key").blank_is_null();
    if let Some(key) = key.as_value() {
        check_ssh_key(key, &mut input.problems);
    }
    input.finish()?;
    key.try_map(|key| sealing::ssh_key(cx.app, token, key))
}

/// `DELETE /oauth-tokens/:oauth_token`: 204; the workspaces that used it are unlinked, its client stays.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let find = cx.owned("oauth_token", Action::ManageVcsConnections);
    cx.change(find, no_input, |change, token, ()| change.delete_oauth_token(&token))?;
    Ok(Reply::no_content())
}

fn client_parameter(cx: &Cx) -> &'static str {
    if cx.parameter("oauth_client").is_empty() { "oauth_token" } else { "oauth_client" }
}

pub fn resource(token: &OAuthToken) -> Resource<Attributes, Relationships> {
    let OAuthToken {
        number: _,
        id,
        oauth_client,
        organization: _,
        organization_id: _,
        service_provider_user,
        has_ssh_key,
        created_at,
        state: _,
        source: _,
        changed_at: _,
    } = token;
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            created_at: *created_at,
            service_provider_user: service_provider_user.clone(),
            has_ssh_key: *has_ssh_key,
        },
        relationships: Relationships {
            oauth_client: ToOne {
                data: Some(Identifier { id: oauth_client.to_string(), kind: "oauth-clients" }),
                links: Some(related(format!("/api/v2/oauth-clients/{oauth_client}"))),
            },
            vcs_organizations: Elsewhere { links: related(format!("/api/v2/oauth-tokens/{id}/vcs-organizations")) },
        },
        links: Some(SelfLink { itself: format!("/api/v2/oauth-tokens/{id}") }),
    }
}
