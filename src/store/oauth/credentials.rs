//! OAuth tokens as providers are asked with them, and what providers say about them.

use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use super::clients::service_provider;
use crate::domain::error::{Error, Result};
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::oauth::credential::{Credential, Source, State};
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::total;
use crate::store::{Change, View};

/// In the order that [`credential`] reads.
pub(in crate::store) const SELECT: &str = "SELECT oauth_tokens.id, oauth_clients.id, oauth_clients.organization,
     organizations.external_id, oauth_clients.service_provider, oauth_clients.http_url, oauth_clients.api_url,
     oauth_clients.callback, oauth_clients.key, oauth_clients.ado_org_name, oauth_clients.ado_entra_tenant_id,
     oauth_clients.secret_sealed, oauth_clients.private_key_sealed, oauth_tokens.token_sealed,
     oauth_tokens.refresh_token_sealed, oauth_tokens.expires_at, oauth_tokens.scope,
     oauth_tokens.service_provider_user, oauth_tokens.state, oauth_tokens.broken_reason, oauth_tokens.source,
     oauth_tokens.revision
     FROM oauth_tokens
     JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
     JOIN organizations ON organizations.number = oauth_clients.organization";

pub(in crate::store) const BROKEN: &str = "SELECT count(*) FROM oauth_tokens WHERE state = 'broken'";

fn credential(row: &Row<'_>) -> rusqlite::Result<Credential> {
    let is_broken = row.get_ref(18)?.as_str()? == "broken";
    Ok(Credential {
        oauth_token: OAuthTokenId::from(row.get::<_, String>(0)?),
        oauth_client: OAuthClientId::from(row.get::<_, String>(1)?),
        organization: row.get(2)?,
        organization_id: OrganizationId::from(row.get::<_, String>(3)?),
        service_provider: service_provider(row, 4)?,
        http_url: row.get(5)?,
        api_url: row.get(6)?,
        callback: Uuid::from_bytes(row.get(7)?),
        key: row.get(8)?,
        ado_org_name: row.get(9)?,
        ado_entra_tenant_id: row.get(10)?,
        secret: row.get::<_, Option<Vec<u8>>>(11)?.map(Sealed),
        private_key: row.get::<_, Option<Vec<u8>>>(12)?.map(Sealed),
        text: Sealed(row.get(13)?),
        refresh_token: row.get::<_, Option<Vec<u8>>>(14)?.map(Sealed),
        expires_at: row.get::<_, Option<i64>>(15)?.map(Timestamp::from_milliseconds),
        scope: row.get(16)?,
        service_provider_user: row.get(17)?,
        state: if is_broken {
            State::Broken { reason: row.get::<_, Option<String>>(19)?.unwrap_or_default() }
        } else {
            State::Usable
        },
        source: if row.get_ref(20)?.as_str()? == "api" { Source::Api } else { Source::WebFlow },
        revision: row.get(21)?,
    })
}

/// A token that a provider gave for an older one, sealed for its place.
pub struct Renewed {
    pub text: Sealed,
    pub refresh_token: Option<Sealed>,
    pub expires_at: Option<Timestamp>,
    /// `None`: the provider did not say, and what it granted before stays.
    pub scope: Option<String>,
}

impl View<'_> {
    pub fn credential(&self, token: &OAuthTokenId) -> Result<Credential> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE oauth_tokens.id = ?1"))?
            .query_row([token.as_str()], credential)
            .optional()?
            .ok_or_else(Error::not_found)
    }

    /// How many tokens the providers refuse.
    pub fn broken_oauth_tokens(&self) -> Result<u64> {
        Ok(self.connection.prepare_cached(BROKEN)?.query_row([], total)?)
    }
}

impl Change<'_> {
    /// Puts the new token in the place of the one that it was given for. `false` where that is another one by now, or gone.
    pub fn keep_renewed(&self, credential: &Credential, renewed: &Renewed) -> Result<bool> {
        let kept = self
            .connection
            .prepare_cached(
                "UPDATE oauth_tokens SET token_sealed = ?3, refresh_token_sealed = ?4, expires_at = ?5,
                   scope = coalesce(?6, scope), state = 'usable', broken_reason = NULL, revision = revision + 1
                 WHERE id = ?1 AND revision = ?2",
            )?
            .execute(params![
                credential.oauth_token.as_str(),
                credential.revision,
                renewed.text.0,
                renewed.refresh_token.as_ref().map(|sealed| &sealed.0),
                renewed.expires_at.map(Timestamp::milliseconds),
                renewed.scope,
            ])?;
        self.record_token_change(credential, kept, "token")
    }

    /// Marks a token that its provider refuses. `false` where it is marked, another one, or gone.
    pub fn break_oauth_token(&self, credential: &Credential, reason: &str) -> Result<bool> {
        let marked = self
            .connection
            .prepare_cached(
                "UPDATE oauth_tokens SET state = 'broken', broken_reason = ?3
                 WHERE id = ?1 AND revision = ?2 AND state = 'usable'",
            )?
            .execute((credential.oauth_token.as_str(), credential.revision, reason))?;
        self.record_token_change(credential, marked, "state")
    }

    /// The provider takes the token, and says whose it is. `false` where that was known, or it is another one, or gone.
    pub fn confirm_oauth_token(&self, credential: &Credential, user: &str) -> Result<bool> {
        let confirmed = self
            .connection
            .prepare_cached(
                "UPDATE oauth_tokens SET state = 'usable', broken_reason = NULL, service_provider_user = ?3
                 WHERE id = ?1 AND revision = ?2 AND (state <> 'usable' OR service_provider_user <> ?3)",
            )?
            .execute((credential.oauth_token.as_str(), credential.revision, user))?;
        self.record_token_change(credential, confirmed, "state")
    }

    fn record_token_change(&self, credential: &Credential, rows: usize, what: &str) -> Result<bool> {
        if rows > 0 {
            let (id, organization) = (credential.oauth_token.as_str(), &credential.organization_id);
            let meta = Change::changed(&[what]);
            self.record_with(EventKind::Update, Resource::OAuthToken, id, Some(organization), meta.as_ref())?;
        }
        Ok(rows > 0)
    }
}
