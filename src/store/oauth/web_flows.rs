//! Web flows: begun by a person at a page, and taken by the answer that the browser brings back.

use rusqlite::params;

use super::credentials::Renewed;
use crate::domain::error::{Error, Result};
use crate::domain::id::OAuthTokenId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::vcs_event::NewVcsEvent;
use crate::domain::oauth::web_flow::{LIFE, MOST, NewWebFlow};
use crate::domain::timestamp::Timestamp;
use crate::store::Change;
use crate::store::audit::{EventKind, Resource};

/// A provider's answer, sealed for the place that it goes to. Whether the client has a token by then is only known when it
/// is written.
pub struct SealedGrant {
    /// The id of the token that there was, and what is sealed for it.
    pub replaced: Option<(OAuthTokenId, Renewed)>,
    /// A new id, should there be none.
    pub new: (OAuthTokenId, Renewed),
    /// The provider's user.
    pub user: String,
}

fn begun_after(now: Timestamp) -> i64 {
    now.milliseconds().saturating_sub(LIFE.as_millis() as i64)
}

impl Change<'_> {
    /// `Unauthenticated` where the session has ended. Beyond [`MOST`] of a session, the oldest one goes. `Conflict` where
    /// another client's flow has the same mark: with OAuth 1.0a, providers choose it.
    pub fn create_web_flow(&self, client: &OAuthClient, session: &[u8; 32], flow: &NewWebFlow) -> Result<()> {
        let session: i64 = self
            .optional_value("SELECT number FROM sessions WHERE digest = ?1", [session])?
            .ok_or_else(Error::signed_out)?;
        self.execute(
            "DELETE FROM main.web_flows WHERE number IN
               (SELECT number FROM web_flows WHERE session = ?1 ORDER BY created_at DESC, number DESC
                LIMIT -1 OFFSET ?2)",
            (session, MOST - 1),
        )?;
        let begun = self.execute(
            "INSERT INTO main.web_flows (digest, oauth_client, session, redirect_uri, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (digest) DO UPDATE SET session = excluded.session, redirect_uri = excluded.redirect_uri,
               created_at = excluded.created_at WHERE oauth_client = excluded.oauth_client",
            params![flow.digest, client.number, session, flow.redirect_uri, self.now.milliseconds()],
        )?;
        if begun == 0 {
            return Err(Error::conflict("The provider gave a request token that was given before. Try again."));
        }
        Ok(())
    }

    /// The redirect URI that the flow was begun with; it is used up now. `None` for a flow that is unknown, used or too old,
    /// and for one of another client or session.
    pub fn take_web_flow(&self, client: &OAuthClient, session: &[u8; 32], digest: &[u8; 32]) -> Result<Option<String>> {
        self.optional_value(
            "DELETE FROM main.web_flows
             WHERE digest = ?1 AND oauth_client = ?2 AND created_at > ?4
               AND session = (SELECT number FROM sessions WHERE digest = ?3)
             RETURNING redirect_uri",
            params![digest, client.number, session, begun_after(self.now)],
        )
    }

    /// Removes up to `most` flows from before `instant`. Gives how many it were.
    pub fn expire_web_flows(&self, instant: Timestamp, most: usize) -> Result<usize> {
        self.remove_older("web_flows", instant, most)
    }

    /// A person was refused by the provider, or refused there.
    pub fn note_refused_web_flow(&self, client: &OAuthClient, reason: &str, advice: &'static str) -> Result<()> {
        let event = NewVcsEvent::not_connected(client.service_provider, self.actor.name(), reason, advice);
        self.add_vcs_event_unless_told(client.organization, &client.id, client.oauth_token.as_ref(), &event)
    }

    /// Puts what a provider gave into the client's token, which keeps its id and its links; without one, the client gets
    /// one. `Conflict` where the token is another one by now than the grant was sealed for.
    pub fn connect_oauth_client(&self, client: &OAuthClient, grant: &SealedGrant) -> Result<OAuthTokenId> {
        let (id, sealed) = match (&client.oauth_token, &grant.replaced) {
            (None, _) => &grant.new,
            (Some(current), Some(replaced)) if *current == replaced.0 => replaced,
            (Some(_), _) => {
                return Err(Error::conflict(
                    "The client got another token at the same moment; nothing was changed. Try again.",
                ));
            }
        };
        // In a new row, all but the identity is the same.
        self.execute(
            "INSERT INTO main.oauth_tokens (id, client, token_sealed, refresh_token_sealed, expires_at, scope,
               service_provider_user, source, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'web flow', ?8)
             ON CONFLICT (client) DO UPDATE SET token_sealed = excluded.token_sealed,
               refresh_token_sealed = excluded.refresh_token_sealed, expires_at = excluded.expires_at,
               scope = excluded.scope, service_provider_user = excluded.service_provider_user,
               source = excluded.source, state = 'usable', broken_reason = NULL, changed_at = ?8,
               revision = revision + 1",
            params![
                id.as_str(),
                client.number,
                sealed.text.0,
                sealed.refresh_token.as_ref().map(|sealed| &sealed.0),
                sealed.expires_at.map(Timestamp::milliseconds),
                sealed.scope.as_deref().unwrap_or_default(),
                grant.user,
                self.now.milliseconds(),
            ],
        )?;
        let event = NewVcsEvent::connected(client.service_provider, &grant.user, self.actor.name());
        self.add_vcs_event(client.organization, &client.id, Some(id), &event)?;
        let kind = if client.oauth_token.is_some() { EventKind::Update } else { EventKind::Create };
        self.record(kind, Resource::OAuthToken, id.as_str(), Some(&client.organization_id))?;
        Ok(id.clone())
    }
}
