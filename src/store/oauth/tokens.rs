//! OAuth tokens. A client has one at the most.

use std::sync::LazyLock;

use rusqlite::{Row, params};

use super::credentials::{source, state};
use super::sealed_client::SealedToken;
use crate::domain::error::{Error, Result};
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId};
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::token::OAuthToken;
use crate::domain::oauth::vcs_event::NewVcsEvent;
use crate::domain::page::{Listed, Page};
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;
use crate::store::Owned;
use crate::store::audit::{EventKind, Resource};
use crate::store::pages::{SizedList, json_array};
use crate::store::{Change, View};

/// In the order that [`oauth_token`] reads.
pub(in crate::store) const SELECT: &str = "SELECT oauth_tokens.number, oauth_tokens.id, oauth_clients.id,
     oauth_clients.organization, organizations.external_id, oauth_tokens.service_provider_user,
     oauth_tokens.ssh_key_sealed IS NOT NULL, oauth_tokens.created_at, oauth_tokens.state, oauth_tokens.broken_reason,
     oauth_tokens.source, coalesce(oauth_tokens.changed_at, oauth_tokens.created_at)
     FROM oauth_clients
     JOIN oauth_tokens ON oauth_tokens.client = oauth_clients.number
     JOIN organizations ON organizations.number = oauth_clients.organization";

fn oauth_token(row: &Row<'_>) -> rusqlite::Result<OAuthToken> {
    Ok(OAuthToken {
        number: row.get(0)?,
        id: OAuthTokenId::from(row.get::<_, String>(1)?),
        oauth_client: OAuthClientId::from(row.get::<_, String>(2)?),
        organization: row.get(3)?,
        organization_id: OrganizationId::from(row.get::<_, String>(4)?),
        service_provider_user: row.get(5)?,
        has_ssh_key: row.get(6)?,
        created_at: Timestamp::from_milliseconds(row.get(7)?),
        state: state(row, 8)?,
        source: source(row, 10)?,
        changed_at: Timestamp::from_milliseconds(row.get(11)?),
    })
}

/// The clients of an organization that have a token, all of them or those of one service provider.
const WITH_TOKEN: &str = "FROM oauth_clients JOIN oauth_tokens ON oauth_tokens.client = oauth_clients.number
     WHERE oauth_clients.organization = ?1 AND (?2 IS NULL OR oauth_clients.service_provider = ?2)";

/// Which clients' tokens a page has, without reading more than it takes to know.
pub(in crate::store) static ON_PAGE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "oauth_clients.number IN
           (SELECT oauth_clients.number {WITH_TOKEN} ORDER BY oauth_clients.number LIMIT ?3 OFFSET ?4)"
    )
});

impl Owned for OAuthToken {
    fn load(view: &View, id: &str) -> Result<OAuthToken> {
        view.oauth_token(&OAuthTokenId::parse(id)?)
    }

    fn organization(&self) -> i64 {
        self.organization
    }
}

impl View<'_> {
    pub fn oauth_token(&self, id: &OAuthTokenId) -> Result<OAuthToken> {
        self.found(&format!("{SELECT} WHERE oauth_tokens.id = ?1"), [id.as_str()], oauth_token)
    }

    /// A page of an organization's tokens in the order of their clients' creation; with `provider`, of those whose
    /// client has it.
    pub fn oauth_tokens(&self, organization: i64, provider: Option<&str>, page: Page) -> Result<Listed<OAuthToken>> {
        let total = match provider {
            None => self.size_of(SizedList::OAuthTokens, organization)?,
            Some(_) => self.count(&format!("SELECT count(*) {WITH_TOKEN}"), (organization, provider))?,
        };
        let sql = format!("{SELECT} WHERE {} ORDER BY oauth_clients.number", *ON_PAGE);
        self.page_of(total, &sql, params![organization, provider], page, oauth_token)
    }

    /// Those of the clients that are given, for documents that include them.
    pub fn oauth_tokens_of(&self, clients: &[OAuthClient]) -> Result<Vec<OAuthToken>> {
        self.rows(
            &format!(
                "{SELECT} WHERE oauth_clients.number IN (SELECT value FROM json_each(?1))
                 ORDER BY oauth_clients.number"
            ),
            [json_array(clients.iter().map(|client| client.number))?],
            oauth_token,
        )
    }
}

impl Change<'_> {
    /// The first token of the client in row `client`, as a request brought it.
    pub(in crate::store) fn create_oauth_token(
        &self,
        client: i64,
        id: &OAuthTokenId,
        token: &Sealed,
        organization: &OrganizationId,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO main.oauth_tokens (id, client, token_sealed, source, created_at)
             VALUES (?1, ?2, ?3, 'api', ?4)",
            (id.as_str(), client, &token.0, self.now.milliseconds()),
        )?;
        self.record(EventKind::Create, Resource::OAuthToken, id.as_str(), Some(organization))
    }

    /// Puts a new text into the client's token, which keeps its id; without one, the client gets one. `Conflict` where
    /// the token is another one by now than the text was sealed for.
    pub(in crate::store) fn replace_oauth_token(&self, client: &OAuthClient, token: &SealedToken) -> Result<()> {
        match (&client.oauth_token, &token.replaced) {
            (None, _) => self.create_oauth_token(client.number, &token.new.0, &token.new.1, &client.organization_id),
            (Some(current), Some((id, sealed))) if current == id => {
                // All that the provider said about the old one is over.
                self.execute(
                    "UPDATE main.oauth_tokens SET token_sealed = ?2, refresh_token_sealed = NULL, expires_at = NULL,
                       scope = '', service_provider_user = '', state = 'usable', broken_reason = NULL, source = 'api',
                       changed_at = ?3, revision = revision + 1
                     WHERE client = ?1",
                    (client.number, &sealed.0, self.now.milliseconds()),
                )?;
                self.record(EventKind::Update, Resource::OAuthToken, id.as_str(), Some(&client.organization_id))
            }
            (Some(_), _) => {
                Err(Error::conflict("The client got another token at the same moment; nothing was changed. Try again."))
            }
        }
    }

    /// Puts an SSH key beside the token, or with `None` takes it away. `token` was found in this very transaction.
    pub fn set_ssh_key(&self, token: &OAuthToken, key: Option<&Sealed>) -> Result<OAuthToken> {
        self.execute(
            "UPDATE main.oauth_tokens SET ssh_key_sealed = ?2 WHERE number = ?1",
            (token.number, key.map(|key| &key.0)),
        )?;
        self.record(EventKind::Update, Resource::OAuthToken, token.id.as_str(), Some(&token.organization_id))?;
        self.oauth_token(&token.id)
    }

    /// With every link that uses it; the client stays. `token` was found in this very transaction.
    pub fn delete_oauth_token(&self, token: &OAuthToken) -> Result<()> {
        self.remove_row("oauth_tokens", token.number, Some(&token.organization_id))?;
        self.add_vcs_event(token.organization, &token.oauth_client, Some(&token.id), &NewVcsEvent::revoked())?;
        self.record(EventKind::Destroy, Resource::OAuthToken, token.id.as_str(), Some(&token.organization_id))
    }
}
