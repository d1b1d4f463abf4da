//! OAuth clients: the connection between an organization and a VCS provider.

use uuid::Uuid;

use super::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use super::service_provider::ServiceProvider;
use super::timestamp::Timestamp;

/// An OAuth client without its secrets.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// The row; never on the wire.
    pub number: i64,
    pub id: OAuthClientId,
    /// The row of the organization: the `organization_id` of the connect path.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub organization_name: String,
    /// Names the client in its callback URL and connect path.
    pub callback: Uuid,
    pub service_provider: ServiceProvider,
    /// As it was given: null and `""` are kept apart (docs/decisions/0005).
    pub name: Option<String>,
    pub http_url: String,
    pub api_url: String,
    pub key: Option<String>,
    pub rsa_public_key: Option<String>,
    pub organization_scoped: bool,
    pub ado_org_name: Option<String>,
    pub ado_entra_tenant_id: Option<String>,
    pub oauth_token: Option<OAuthTokenId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
