//! OAuth tokens on the wire.

use serde::Serialize;

use super::document::{self, Identifier, Resource, SelfLink, ToOne, related};
use super::page;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::id::{OAuthClientId, OAuthTokenId};
use crate::domain::oauth_token::OAuthToken;
use crate::domain::page::Listed;
use crate::domain::timestamp::Timestamp;
use crate::http::reply::Reply;
use crate::http::request::Request;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes {
    created_at: Timestamp,
    service_provider_user: String,
    has_ssh_key: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    oauth_client: ToOne,
}

/// `GET /oauth-clients/:oauth_client/oauth-tokens`: one, or none.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let (requested, token) = cx.read(request, |view, caller| {
        let client = view.oauth_client(&OAuthClientId::parse(client_id(request))?)?;
        view.standing(caller, client.organization)?.may(Action::SeeVcsConnections)?;
        let token = client.oauth_token.as_ref().map(|token| view.oauth_token(token)).transpose()?;
        Ok((page::requested(request)?, token))
    })?;
    let total = u64::from(token.is_some());
    let is_on_page = page::whole_or(requested).offset() < total;
    let items = token.iter().filter(|_| is_on_page).map(resource).collect();
    Ok(page::whole(request, &cx.app.public_url, requested, Listed { items, total }))
}

/// `GET /oauth-tokens/:oauth_token`. The id of a client in place of a token's gives the client's tokens: that is where the link
/// in the document of 2018 points.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    if OAuthClientId::parse(request.parameter("oauth_token")).is_ok() {
        return index(cx, request);
    }
    let token = cx.read(request, |view, caller| {
        let token = view.oauth_token(&OAuthTokenId::parse(request.parameter("oauth_token"))?)?;
        view.standing(caller, token.organization)?.may(Action::SeeVcsConnections)?;
        Ok(token)
    })?;
    Ok(document::one(resource(&token)))
}

fn client_id(request: &Request) -> &str {
    match request.parameter("oauth_client") {
        "" => request.parameter("oauth_token"),
        id => id,
    }
}

fn resource(token: &OAuthToken) -> Resource<Attributes, Relationships> {
    let OAuthToken { id, oauth_client, organization: _, service_provider_user, created_at } = token;
    Resource {
        id: id.to_string(),
        kind: "oauth-tokens",
        attributes: Attributes {
            created_at: *created_at,
            service_provider_user: service_provider_user.clone(),
            has_ssh_key: false,
        },
        relationships: Relationships {
            oauth_client: ToOne {
                data: Some(Identifier { id: oauth_client.to_string(), kind: "oauth-clients" }),
                links: Some(related(format!("/api/v2/oauth-clients/{oauth_client}"))),
            },
        },
        links: Some(SelfLink { itself: format!("/api/v2/oauth-tokens/{id}") }),
    }
}
