//! OAuth clients on the wire.

use serde::Serialize;

use super::document::{self, Identifier, Resource, ToMany, ToOne, related};
use super::input::Input;
use super::{organizations, page};
use crate::app::{Cx, PublicUrl};
use crate::domain::access::Action;
use crate::domain::error::{Error, Result};
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::new_oauth_client::{NewOAuthClient, OAuthClientFields};
use crate::domain::oauth_client::OAuthClient;
use crate::domain::page::Listed;
use crate::domain::timestamp::Timestamp;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::{SealedOAuthClient, place};
use crate::vault::Vault;

const KIND: &str = "oauth-clients";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes {
    created_at: Timestamp,
    updated_at: Timestamp,
    uuid: String,
    callback_url: String,
    connect_path: String,
    service_provider: &'static str,
    service_provider_display_name: &'static str,
    name: Option<String>,
    http_url: String,
    api_url: String,
    key: Option<String>,
    /// Always null: it is write-only, but clients know the member.
    secret: Option<()>,
    rsa_public_key: Option<String>,
    organization_scoped: bool,
    ado_org_name: Option<String>,
    ado_entra_tenant_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Relationships {
    organization: ToOne,
    projects: ToMany,
    oauth_tokens: ToMany,
    agent_pool: ToOne,
}

/// `GET /organizations/:organization/oauth-clients`: whole, unless a page is asked for.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let (requested, list) = cx.read(request, |view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeVcsConnections)?;
        let requested = page::requested(request)?;
        Ok((requested, view.oauth_clients(organization.number, page::whole_or(requested))?))
    })?;
    let items = list.items.iter().map(|client| resource(client, &cx.app.public_url)).collect();
    Ok(page::whole(request, &cx.app.public_url, requested, Listed { items, total: list.total }))
}

/// `GET /oauth-clients/:oauth_client`. `NotFound` for who is not in its organization.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let client = cx.read(request, |view, caller| {
        let client = view.oauth_client(&OAuthClientId::parse(request.parameter("oauth_client"))?)?;
        view.standing(caller, client.organization)?.may(Action::SeeVcsConnections)?;
        Ok(client)
    })?;
    Ok(document::one(resource(&client, &cx.app.public_url)))
}

/// `POST /organizations/:organization/oauth-clients`. `NotFound` without the right to manage VCS connections,
/// `Invalid` with everything that is wrong with the attributes.
pub fn create(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization").to_owned();
    let (caller, organization) = cx.read(request, |view, caller| {
        let organization = view.organization_for(caller, &name, Action::ManageVcsConnections)?;
        Ok((caller.clone(), organization))
    })?;
    let new = new_oauth_client(request)?;
    let sealed = seal(&cx.app.vault, &organization.external_id, &new)?;
    let client = cx.write(caller, move |change, caller| {
        // Again, where nothing can come in between: the first time was to answer before reading the body.
        let organization = change.organization_for(caller, &name, Action::ManageVcsConnections)?;
        change.create_oauth_client(&organization, new, sealed)
    })?;
    let path = format!("/api/v2/oauth-clients/{}", client.id);
    Ok(document::created(resource(&client, &cx.app.public_url), path))
}

/// `DELETE` on both paths, `/oauth-clients/:oauth_client` and the one of 2018, below its organization: 204; its token
/// goes with it, and its workspaces are unlinked. `NotFound` without the right to manage VCS connections, and where the
/// path names an organization that is not the client's.
pub fn delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let organization = request.parameter("organization").to_owned();
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    let id = OAuthClientId::parse(request.parameter("oauth_client"))?;
    cx.write(caller, move |change, caller| {
        let client = change.oauth_client(&id)?;
        change.standing(caller, client.organization)?.may(Action::ManageVcsConnections)?;
        if !organization.is_empty() && !organization.eq_ignore_ascii_case(&client.organization_name) {
            return Err(Error::not_found());
        }
        change.delete_oauth_client(&client)
    })?;
    Ok(Reply::no_content())
}

fn new_oauth_client(request: &Request) -> Result<NewOAuthClient> {
    let mut input = Input::read(request, KIND)?;
    let fields = OAuthClientFields {
        service_provider: input.text("service-provider"),
        name: input.text("name"),
        http_url: input.text("http-url"),
        api_url: input.text("api-url"),
        oauth_token_string: input.text("oauth-token-string"),
        key: input.text("key"),
        secret: input.text("secret"),
        rsa_public_key: input.text("rsa-public-key"),
        private_key: input.text("private-key"),
        organization_scoped: input.flag("organization-scoped"),
        ado_org_name: input.text("ado-org-name"),
        ado_entra_tenant_id: input.text("ado-entra-tenant-id"),
        agent_pool: input.to_one("agent-pool", "agent-pools").value(),
    };
    let new = NewOAuthClient::check(fields, &mut input.problems);
    input.finish()?;
    new.ok_or_else(|| Error::internal("a client without problems could not be made"))
}

fn seal(vault: &Vault, organization: &OrganizationId, new: &NewOAuthClient) -> Result<SealedOAuthClient> {
    let id = OAuthClientId::generate();
    let secret = match &new.secret {
        Some(secret) => Some(vault.seal(&place::client_secret(&id, organization), secret)?),
        None => None,
    };
    let private_key = match &new.private_key {
        Some(key) => Some(vault.seal(&place::client_private_key(&id, organization), key)?),
        None => None,
    };
    let token = match &new.oauth_token_string {
        Some(text) => {
            let id = OAuthTokenId::generate();
            let sealed = vault.seal(&place::token_text(&id, organization), text)?;
            Some((id, sealed))
        }
        None => None,
    };
    Ok(SealedOAuthClient { id, secret, private_key, token })
}

fn resource(client: &OAuthClient, public_url: &PublicUrl) -> Resource<Attributes, Relationships> {
    let OAuthClient {
        number: _,
        id,
        organization,
        organization_id: _,
        organization_name,
        callback,
        service_provider,
        name,
        http_url,
        api_url,
        key,
        rsa_public_key,
        organization_scoped,
        ado_org_name,
        ado_entra_tenant_id,
        oauth_token,
        created_at,
        updated_at,
    } = client;
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            created_at: *created_at,
            updated_at: *updated_at,
            uuid: callback.to_string(),
            callback_url: public_url.join(&format!("/auth/{callback}/callback")),
            connect_path: format!("/auth/{callback}?organization_id={organization}"),
            service_provider: service_provider.identifier(),
            service_provider_display_name: service_provider.display_name(),
            name: name.clone(),
            http_url: http_url.clone(),
            api_url: api_url.clone(),
            key: key.clone(),
            secret: None,
            rsa_public_key: rsa_public_key.clone(),
            organization_scoped: *organization_scoped,
            ado_org_name: ado_org_name.clone(),
            ado_entra_tenant_id: ado_entra_tenant_id.clone(),
        },
        relationships: Relationships {
            organization: ToOne {
                data: Some(Identifier { id: organization_name.clone(), kind: "organizations" }),
                links: Some(related(organizations::path(organization_name))),
            },
            projects: ToMany { data: vec![], links: None },
            oauth_tokens: ToMany {
                data: oauth_token
                    .iter()
                    .map(|token| Identifier { id: token.to_string(), kind: "oauth-tokens" })
                    .collect(),
                // The link of 2018, served as the list of the client's tokens (docs/decisions/0003).
                links: Some(related(format!("/api/v2/oauth-tokens/{id}"))),
            },
            agent_pool: ToOne::none(),
        },
        links: None,
    }
}
