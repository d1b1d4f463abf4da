//! The resource object of an OAuth client.

use serde::Serialize;

use super::KIND;
use crate::api::jsonapi::document::{Identifier, Resource, ToMany, ToOne, related};
use crate::api::organizations;
use crate::app::PublicUrl;
use crate::domain::oauth::client::{AffectedWorkspaces, OAuthClient};
use crate::domain::timestamp::Timestamp;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    affected_workspaces: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    affected_workspaces_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    affected_policy_sets_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    affected_stacks_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    affected_registry_modules_count: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    organization: ToOne,
    projects: ToMany,
    oauth_tokens: ToMany,
    agent_pool: ToOne,
}

/// `affected`: for who asked to see them.
pub fn resource(
    client: &OAuthClient,
    affected: Option<AffectedWorkspaces>,
    public_url: &PublicUrl,
) -> Resource<Attributes, Relationships> {
    let OAuthClient {
        number: _,
        id,
        organization: _,
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
        has_secret: _,
        oauth_token,
        projects,
        agent_pool,
        created_at,
        updated_at,
    } = client;
    let count = |of: fn(&AffectedWorkspaces) -> u64| affected.as_ref().map(of);
    let (policy_sets, stacks) = (count(|affected| affected.policy_sets), count(|affected| affected.stacks));
    let registry_modules = count(|affected| affected.registry_modules);
    let (affected_workspaces, affected_workspaces_count) =
        affected.map(|affected| (affected.names, affected.count)).unzip();
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            created_at: *created_at,
            updated_at: *updated_at,
            uuid: callback.to_string(),
            callback_url: public_url.callback(callback),
            connect_path: client.connect_path(),
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
            affected_workspaces,
            affected_workspaces_count,
            affected_policy_sets_count: policy_sets,
            affected_stacks_count: stacks,
            affected_registry_modules_count: registry_modules,
        },
        relationships: Relationships {
            organization: ToOne {
                data: Some(Identifier { id: organization_name.clone(), kind: "organizations" }),
                links: Some(related(organizations::path(organization_name))),
            },
            projects: ToMany::to("projects", projects),
            oauth_tokens: ToMany {
                data: ToMany::to("oauth-tokens", oauth_token).data,
                // As in the sample of 2018, with the client's id where a token's is expected. Current clients read the
                // linkage, which the sample leaves empty. `oauth::tokens::show` serves the link as the list of the tokens.
                links: Some(related(format!("/api/v2/oauth-tokens/{id}"))),
            },
            agent_pool: match agent_pool {
                Some(pool) => ToOne {
                    data: Some(Identifier { id: pool.to_string(), kind: "agent-pools" }),
                    links: Some(related(format!("/api/v2/agent-pools/{pool}"))),
                },
                None => ToOne::none(),
            },
        },
        links: None,
    }
}
