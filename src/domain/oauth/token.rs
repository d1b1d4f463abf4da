//! OAuth tokens: the credential of a connection, which workspaces refer to. A client has one, or none yet.

use super::credential::{Source, State};
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::timestamp::Timestamp;

/// An OAuth token without its secret.
#[derive(Clone, Debug)]
pub struct OAuthToken {
    /// The row; never on the wire.
    pub number: i64,
    pub id: OAuthTokenId,
    pub oauth_client: OAuthClientId,
    /// The row of the organization that the client belongs to.
    pub organization: i64,
    pub organization_id: OrganizationId,
    /// The VCS account behind the token; empty until the provider has told it.
    pub service_provider_user: String,
    pub has_ssh_key: bool,
    pub created_at: Timestamp,
    pub state: State,
    pub source: Source,
    /// When it was connected or given last, or since when it is broken.
    pub changed_at: Timestamp,
}
