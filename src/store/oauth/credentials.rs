//! OAuth tokens as providers are asked with them, and what providers say about them.

use std::sync::LazyLock;

use rusqlite::{Row, params};
use uuid::Uuid;

use super::clients::service_provider;
use crate::domain::error::Result;
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::oauth::credential::{Credential, Source, State};
use crate::domain::oauth::registration::Registration;
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;
use crate::store::audit::{EventKind, Resource};
use crate::store::{Change, View};

/// In the order that [`registration`] reads.
const OF_CLIENT: &str = "oauth_clients.id, oauth_clients.organization, organizations.external_id,
     oauth_clients.service_provider, oauth_clients.http_url, oauth_clients.api_url, oauth_clients.callback,
     oauth_clients.key, oauth_clients.secret_sealed, oauth_clients.ado_org_name, oauth_clients.ado_entra_tenant_id";

/// In the order that [`credential`] reads.
pub(in crate::store) static SELECT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {OF_CLIENT}, oauth_tokens.id, oauth_tokens.token_sealed, oauth_tokens.refresh_token_sealed,
           oauth_tokens.expires_at, oauth_tokens.scope, oauth_tokens.service_provider_user, oauth_tokens.state,
           oauth_tokens.broken_reason, oauth_tokens.source, oauth_tokens.revision
         FROM oauth_tokens
         JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
         JOIN organizations ON organizations.number = oauth_clients.organization"
    )
});

pub(in crate::store) const BROKEN: &str = "SELECT count(*) FROM oauth_tokens WHERE state = 'broken'";

fn registration(row: &Row<'_>) -> rusqlite::Result<Registration> {
    Ok(Registration {
        oauth_client: OAuthClientId::from(row.get::<_, String>(0)?),
        organization: row.get(1)?,
        organization_id: OrganizationId::from(row.get::<_, String>(2)?),
        service_provider: service_provider(row, 3)?,
        http_url: row.get(4)?,
        api_url: row.get(5)?,
        callback: Uuid::from_bytes(row.get(6)?),
        key: row.get(7)?,
        secret: row.get::<_, Option<Vec<u8>>>(8)?.map(Sealed),
        ado_org_name: row.get(9)?,
        ado_entra_tenant_id: row.get(10)?,
    })
}

fn credential(row: &Row<'_>) -> rusqlite::Result<Credential> {
    Ok(Credential {
        registration: registration(row)?,
        oauth_token: OAuthTokenId::from(row.get::<_, String>(11)?),
        text: Sealed(row.get(12)?),
        refresh_token: row.get::<_, Option<Vec<u8>>>(13)?.map(Sealed),
        expires_at: row.get::<_, Option<i64>>(14)?.map(Timestamp::from_milliseconds),
        scope: row.get(15)?,
        service_provider_user: row.get(16)?,
        state: state(row, 17)?,
        source: source(row, 19)?,
        revision: row.get(20)?,
    })
}

/// From the state, and the reason in the column after it.
pub(in crate::store) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let is_broken = row.get_ref(column)?.as_str()? == "broken";
    let reason = || row.get::<_, Option<String>>(column + 1).map(Option::unwrap_or_default);
    if is_broken { Ok(State::Broken { reason: reason()? }) } else { Ok(State::Usable) }
}

pub(in crate::store) fn source(row: &Row<'_>, column: usize) -> rusqlite::Result<Source> {
    Ok(if row.get_ref(column)?.as_str()? == "api" { Source::Api } else { Source::WebFlow })
}

/// A token as a provider gave it, sealed for its place.
pub struct Renewed {
    pub text: Sealed,
    pub refresh_token: Option<Sealed>,
    pub expires_at: Option<Timestamp>,
    /// `None`: the provider did not say, and what it granted before stays.
    pub scope: Option<String>,
}

impl View<'_> {
    pub fn credential(&self, token: &OAuthTokenId) -> Result<Credential> {
        self.found(&format!("{} WHERE oauth_tokens.id = ?1", *SELECT), [token.as_str()], credential)
    }

    /// What a client's web flow begins with.
    pub fn registration(&self, client: &OAuthClientId) -> Result<Registration> {
        let sql = format!(
            "SELECT {OF_CLIENT} FROM oauth_clients
             JOIN organizations ON organizations.number = oauth_clients.organization WHERE oauth_clients.id = ?1"
        );
        self.found(&sql, [client.as_str()], registration)
    }

    /// How many tokens the providers refuse.
    pub fn broken_oauth_tokens(&self) -> Result<u64> {
        self.count(BROKEN, [])
    }
}

impl Change<'_> {
    /// Puts the new token in the place of the one that it was given for. `false` where that is another one by now, or gone.
    pub fn keep_renewed(&self, credential: &Credential, renewed: &Renewed) -> Result<bool> {
        let kept = self.execute(
            "UPDATE main.oauth_tokens SET token_sealed = ?3, refresh_token_sealed = ?4, expires_at = ?5,
               scope = coalesce(?6, scope), state = 'usable', broken_reason = NULL, revision = revision + 1
             WHERE id = ?1 AND revision = ?2",
            params![
                credential.oauth_token.as_str(),
                credential.revision,
                renewed.text.0,
                renewed.refresh_token.as_ref().map(|sealed| &sealed.0),
                renewed.expires_at.map(Timestamp::milliseconds),
                renewed.scope,
            ],
        )?;
        self.record_token_change(credential, kept, "token")
    }

    /// Marks a token that its provider refuses. `false` where it is marked, another one, or gone.
    pub fn break_oauth_token(&self, credential: &Credential, reason: &str) -> Result<bool> {
        let marked = self.execute(
            "UPDATE main.oauth_tokens SET state = 'broken', broken_reason = ?3, changed_at = ?4
             WHERE id = ?1 AND revision = ?2 AND state = 'usable'",
            (credential.oauth_token.as_str(), credential.revision, reason, self.now.milliseconds()),
        )?;
        self.record_token_change(credential, marked, "state")
    }

    /// The provider takes the token, and says whose it is. `false` where that was known, or it is another one, or gone.
    pub fn confirm_oauth_token(&self, credential: &Credential, user: &str) -> Result<bool> {
        let confirmed = self.execute(
            "UPDATE main.oauth_tokens SET state = 'usable', broken_reason = NULL, service_provider_user = ?3
             WHERE id = ?1 AND revision = ?2 AND (state <> 'usable' OR service_provider_user <> ?3)",
            (credential.oauth_token.as_str(), credential.revision, user),
        )?;
        self.record_token_change(credential, confirmed, "state")
    }

    fn record_token_change(&self, credential: &Credential, rows: usize, what: &str) -> Result<bool> {
        if rows > 0 {
            let (id, organization) = (credential.oauth_token.as_str(), &credential.registration.organization_id);
            let meta = Change::changed(&[what]);
            self.record_with(EventKind::Update, Resource::OAuthToken, id, Some(organization), meta.as_ref())?;
        }
        Ok(rows > 0)
    }
}
