//! OAuth tokens.

use rusqlite::{OptionalExtension, Row};

use super::audit::{Deed, Resource};
use super::{Change, View};
use crate::domain::error::{Error, Result};
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::oauth_token::OAuthToken;
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;

/// In the order that [`oauth_token`] reads.
pub(super) const SELECT: &str = "SELECT oauth_tokens.id, oauth_clients.id, oauth_clients.organization,
     oauth_tokens.service_provider_user, oauth_tokens.created_at
     FROM oauth_tokens JOIN oauth_clients ON oauth_clients.number = oauth_tokens.oauth_client";

fn oauth_token(row: &Row<'_>) -> rusqlite::Result<OAuthToken> {
    Ok(OAuthToken {
        id: OAuthTokenId::from(row.get::<_, String>(0)?),
        oauth_client: OAuthClientId::from(row.get::<_, String>(1)?),
        organization: row.get(2)?,
        service_provider_user: row.get(3)?,
        created_at: Timestamp::from_milliseconds(row.get(4)?),
    })
}

impl View<'_> {
    pub fn oauth_token(&self, id: &OAuthTokenId) -> Result<OAuthToken> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE oauth_tokens.id = ?1"))?
            .query_row([id.as_str()], oauth_token)
            .optional()?
            .ok_or_else(Error::not_found)
    }
}

impl Change<'_> {
    pub(super) fn create_oauth_token(
        &self,
        oauth_client: i64,
        id: &OAuthTokenId,
        token: &Sealed,
        organization: &OrganizationId,
    ) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO oauth_tokens (id, oauth_client, token_sealed, created_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((id.as_str(), oauth_client, &token.0, self.now.milliseconds()))?;
        self.record(Deed::Create, Resource::OAuthToken, id.as_str(), Some(organization))
    }
}
