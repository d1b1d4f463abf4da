//! The application that is registered at a provider, as a client's row has it: with its secret, still sealed.

use uuid::Uuid;

use super::service_provider::ServiceProvider;
use crate::domain::id::{OAuthClientId, OrganizationId};
use crate::domain::secret::Sealed;

#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    pub oauth_client: OAuthClientId,
    /// The row of the organization.
    pub organization: i64,
    pub organization_id: OrganizationId,
    pub service_provider: ServiceProvider,
    pub http_url: String,
    pub api_url: String,
    /// Names the client in its callback URL.
    pub callback: Uuid,
    pub key: Option<String>,
    /// OAuth 2.0: the client's secret; OAuth 1.0a: its RSA private key as PEM.
    pub secret: Option<Sealed>,
    pub ado_org_name: Option<String>,
    pub ado_entra_tenant_id: Option<String>,
}
