//! Secrets on their way into the database, each sealed for the place that it goes to.

use uuid::Uuid;

use super::App;
use crate::domain::error::Result;
use crate::domain::field::Field;
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::client_change::OAuthClientChange;
use crate::domain::oauth::new_client::NewOAuthClient;
use crate::domain::oauth::token::OAuthToken;
use crate::domain::secret::{Sealed, Secret};
use crate::store::{SealedOAuthClient, SealedOAuthClientChange, SealedToken, place};

/// Seals the secrets of a new client for the ids that it will have. `callback` names it in its callback URL.
pub fn new_client(
    app: &App,
    organization: &OrganizationId,
    callback: Uuid,
    new: &NewOAuthClient,
) -> Result<SealedOAuthClient> {
    let App { vault, sources, .. } = app;
    let id = OAuthClientId::generate(sources);
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
            let id = OAuthTokenId::generate(sources);
            let sealed = vault.seal(&place::token_text(&id, organization), text)?;
            Some((id, sealed))
        }
        None => None,
    };
    Ok(SealedOAuthClient { id, organization: organization.clone(), callback, secret, private_key, token })
}

/// Seals the secrets that a change brings.
pub fn client_change(app: &App, current: &OAuthClient, change: &OAuthClientChange) -> Result<SealedOAuthClientChange> {
    let App { vault, sources, .. } = app;
    let OAuthClient { id, organization_id: organization, .. } = current;
    let secret = match &change.secret {
        Field::Absent => Field::Absent,
        Field::Null => Field::Null,
        Field::Value(secret) => Field::Value(vault.seal(&place::client_secret(id, organization), secret)?),
    };
    let private_key = match &change.private_key {
        Some(key) => Some(vault.seal(&place::client_private_key(id, organization), key)?),
        None => None,
    };
    let token = match &change.oauth_token_string {
        Some(text) => {
            let sealed = |id: OAuthTokenId| -> Result<_> {
                let sealed = vault.seal(&place::token_text(&id, organization), text)?;
                Ok((id, sealed))
            };
            let replaced = current.oauth_token.clone().map(sealed).transpose()?;
            Some(SealedToken { replaced, new: sealed(OAuthTokenId::generate(sources))? })
        }
        None => None,
    };
    Ok(SealedOAuthClientChange { secret, private_key, token })
}

/// Seals an SSH key for the token that it belongs to.
pub fn ssh_key(app: &App, token: &OAuthToken, key: String) -> Result<Sealed> {
    app.vault.seal(&place::token_ssh_key(&token.id, &token.organization_id), &Secret::new(key))
}
