//! OAuth clients.

use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use super::audit::{Deed, Resource};
use super::pages::{limit_offset, total};
use super::{Change, View};
use crate::domain::error::{Error, Result};
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::new_oauth_client::NewOAuthClient;
use crate::domain::oauth_client::OAuthClient;
use crate::domain::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::secret::Sealed;
use crate::domain::service_provider::ServiceProvider;
use crate::domain::timestamp::Timestamp;

/// In the order that [`oauth_client`] reads.
pub(super) const SELECT: &str = "SELECT
     oauth_clients.id, oauth_clients.organization, organizations.external_id, organizations.name,
     oauth_clients.callback, oauth_clients.service_provider, oauth_clients.name, oauth_clients.http_url,
     oauth_clients.api_url, oauth_clients.key, oauth_clients.rsa_public_key, oauth_clients.organization_scoped,
     oauth_clients.ado_org_name, oauth_clients.ado_entra_tenant_id, oauth_tokens.id, oauth_clients.created_at,
     oauth_clients.updated_at, oauth_clients.number
     FROM oauth_clients
     JOIN organizations ON organizations.number = oauth_clients.organization
     LEFT JOIN oauth_tokens ON oauth_tokens.oauth_client = oauth_clients.number";

fn oauth_client(row: &Row<'_>) -> rusqlite::Result<OAuthClient> {
    Ok(OAuthClient {
        number: row.get(17)?,
        id: OAuthClientId::from(row.get::<_, String>(0)?),
        organization: row.get(1)?,
        organization_id: OrganizationId::from(row.get::<_, String>(2)?),
        organization_name: row.get(3)?,
        callback: Uuid::from_bytes(row.get(4)?),
        service_provider: service_provider(row, 5)?,
        name: row.get(6)?,
        http_url: row.get(7)?,
        api_url: row.get(8)?,
        key: row.get(9)?,
        rsa_public_key: row.get(10)?,
        organization_scoped: row.get(11)?,
        ado_org_name: row.get(12)?,
        ado_entra_tenant_id: row.get(13)?,
        oauth_token: row.get::<_, Option<String>>(14)?.map(OAuthTokenId::from),
        created_at: Timestamp::from_milliseconds(row.get(15)?),
        updated_at: Timestamp::from_milliseconds(row.get(16)?),
    })
}

pub(super) fn service_provider(row: &Row<'_>, column: usize) -> rusqlite::Result<ServiceProvider> {
    let identifier = row.get_ref(column)?.as_str()?;
    ServiceProvider::from_identifier(identifier).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            format!("unknown service provider {identifier}").into(),
        )
    })
}

/// What a new client keeps in sealed form.
pub struct SealedOAuthClient {
    pub id: OAuthClientId,
    pub secret: Option<Sealed>,
    pub private_key: Option<Sealed>,
    /// The token that comes with the client, if one does.
    pub token: Option<(OAuthTokenId, Sealed)>,
}

impl View<'_> {
    pub fn oauth_client(&self, id: &OAuthClientId) -> Result<OAuthClient> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE oauth_clients.id = ?1"))?
            .query_row([id.as_str()], oauth_client)
            .optional()?
            .ok_or_else(Error::not_found)
    }

    /// A page of the organization's clients, in the order of their creation.
    pub fn oauth_clients(&self, organization: i64, page: Page) -> Result<Listed<OAuthClient>> {
        let (limit, offset) = limit_offset(page);
        let total = self
            .connection
            .prepare_cached("SELECT count(*) FROM oauth_clients WHERE organization = ?1")?
            .query_row([organization], total)?;
        let items = self
            .connection
            .prepare_cached(&format!(
                "{SELECT} WHERE oauth_clients.organization = ?1 ORDER BY oauth_clients.number LIMIT ?2 OFFSET ?3"
            ))?
            .query_map((organization, limit, offset), oauth_client)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Listed { items, total })
    }
}

impl Change<'_> {
    /// With its token, if it brings one. The caller has checked that the organization takes it.
    pub fn create_oauth_client(
        &self,
        organization: &Organization,
        new: NewOAuthClient,
        sealed: SealedOAuthClient,
    ) -> Result<OAuthClient> {
        let callback = Uuid::new_v4();
        self.connection
            .prepare_cached(
                "INSERT INTO oauth_clients
                   (id, organization, callback, service_provider, name, http_url, api_url, key, rsa_public_key,
                    secret_sealed, private_key_sealed, organization_scoped, ado_org_name, ado_entra_tenant_id,
                    created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)",
            )?
            .execute(params![
                sealed.id.as_str(),
                organization.number,
                callback.as_bytes(),
                new.service_provider.identifier(),
                new.name,
                new.http_url,
                new.api_url,
                new.key,
                new.rsa_public_key,
                sealed.secret.as_ref().map(|sealed| &sealed.0),
                sealed.private_key.as_ref().map(|sealed| &sealed.0),
                new.organization_scoped,
                new.ado_org_name,
                new.ado_entra_tenant_id,
                self.now.milliseconds(),
            ])?;
        let number = self.connection.last_insert_rowid();
        self.record(Deed::Create, Resource::OAuthClient, sealed.id.as_str(), Some(&organization.external_id))?;
        if let Some((id, token)) = &sealed.token {
            self.create_oauth_token(number, id, token, &organization.external_id)?;
        }
        // As it would be read back, without reading it while others wait.
        Ok(OAuthClient {
            number,
            id: sealed.id,
            organization: organization.number,
            organization_id: organization.external_id.clone(),
            organization_name: organization.name.clone(),
            callback,
            service_provider: new.service_provider,
            name: new.name,
            http_url: new.http_url,
            api_url: new.api_url,
            key: new.key,
            rsa_public_key: new.rsa_public_key,
            organization_scoped: new.organization_scoped,
            ado_org_name: new.ado_org_name,
            ado_entra_tenant_id: new.ado_entra_tenant_id,
            oauth_token: sealed.token.map(|(id, _)| id),
            created_at: self.now,
            updated_at: self.now,
        })
    }

    /// With its token; every workspace that used it is unlinked from its repository, and stays. `client` was found in
    /// this very transaction.
    pub fn delete_oauth_client(&self, client: &OAuthClient) -> Result<()> {
        self.record_unlinks(client.number, &client.organization_id)?;
        self.unlink_workspaces(client.number)?;
        if let Some(token) = &client.oauth_token {
            self.connection
                .prepare_cached("DELETE FROM oauth_tokens WHERE oauth_client = ?1")?
                .execute([client.number])?;
            self.record(Deed::Destroy, Resource::OAuthToken, token.as_str(), Some(&client.organization_id))?;
        }
        self.connection.prepare_cached("DELETE FROM oauth_clients WHERE number = ?1")?.execute([client.number])?;
        self.record(Deed::Destroy, Resource::OAuthClient, client.id.as_str(), Some(&client.organization_id))
    }
}
