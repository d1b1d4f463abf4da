//! VCS events: written with what they tell of, listed newest first, removed after ten days.

use rusqlite::{Row, params};

use crate::domain::error::Result;
use crate::domain::id::{OAuthClientId, OAuthTokenId, VcsEventId};
use crate::domain::oauth::vcs_event::{Level, NewVcsEvent, VcsEvent, VcsEventFilter};
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::store::pages::json_array;
use crate::store::{Change, View};

/// In the order that [`vcs_event`] reads.
pub(in crate::store) const SELECT: &str =
    "SELECT id, organization, oauth_client, oauth_token, level, message, suggested_action, created_at FROM vcs_events";

pub(in crate::store) const LISTED: &str = "organization = ?1 AND created_at BETWEEN ?2 AND ?3
     AND level IN (SELECT value FROM json_each(?4))
     AND (?5 IS NULL OR oauth_client IN (SELECT value FROM json_each(?5)))";

pub(in crate::store) const ORDER: &str = "created_at DESC, number DESC";

fn vcs_event(row: &Row<'_>) -> rusqlite::Result<VcsEvent> {
    Ok(VcsEvent {
        id: VcsEventId::from(row.get::<_, String>(0)?),
        organization: row.get(1)?,
        oauth_client: OAuthClientId::from(row.get::<_, String>(2)?),
        oauth_token: row.get::<_, Option<String>>(3)?.map(OAuthTokenId::from),
        level: row.get(4)?,
        message: row.get(5)?,
        suggested_action: row.get(6)?,
        created_at: Timestamp::from_milliseconds(row.get(7)?),
    })
}

impl View<'_> {
    /// A page of an organization's events, the newest first.
    pub fn vcs_events(&self, organization: i64, filter: &VcsEventFilter, page: Page) -> Result<Listed<VcsEvent>> {
        let levels = json_array(filter.levels.iter().map(|level: &Level| level.identifier()))?;
        let clients = filter.oauth_clients.as_ref().map(json_array).transpose()?;
        let (from, to) = (filter.from.milliseconds(), filter.to.milliseconds());
        let parameters = params![organization, from, to, levels, clients];
        let total = self.count(&format!("SELECT count(*) FROM vcs_events WHERE {LISTED}"), parameters)?;
        let sql = format!("{SELECT} WHERE {LISTED} ORDER BY {ORDER} LIMIT ?6 OFFSET ?7");
        self.page_of(total, &sql, parameters, page, vcs_event)
    }
}

/// An error of one kind about one connection, with the same advice, is not written again within this time: a client that asks
/// in a loop must not fill the list.
const REPEATED_AFTER_MS: i64 = 10 * 60 * 1000;

impl Change<'_> {
    pub fn add_vcs_event(
        &self,
        organization: i64,
        client: &OAuthClientId,
        token: Option<&OAuthTokenId>,
        event: &NewVcsEvent,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO main.vcs_events
               (id, organization, oauth_client, oauth_token, kind, level, message, suggested_action, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                VcsEventId::generate(self.sources).as_str(),
                organization,
                client.as_str(),
                token.map(OAuthTokenId::as_str),
                event.kind.identifier(),
                event.kind.level().identifier(),
                &event.message,
                event.suggested_action,
                self.now.milliseconds(),
            ),
        )?;
        Ok(())
    }

    /// For an error that comes with every request.
    pub fn add_vcs_event_unless_told(
        &self,
        organization: i64,
        client: &OAuthClientId,
        token: Option<&OAuthTokenId>,
        event: &NewVcsEvent,
    ) -> Result<()> {
        let is_told = self.exists(
            "SELECT 1 FROM vcs_events WHERE oauth_token IS ?1 AND created_at > ?2 AND oauth_client = ?3 AND kind = ?4
               AND suggested_action IS ?5",
            (
                token.map(OAuthTokenId::as_str),
                self.now.milliseconds().saturating_sub(REPEATED_AFTER_MS),
                client.as_str(),
                event.kind.identifier(),
                event.suggested_action,
            ),
        )?;
        if is_told { Ok(()) } else { self.add_vcs_event(organization, client, token, event) }
    }

    /// Removes up to `most` events from before `instant`, the oldest first. Gives how many it were.
    pub fn expire_vcs_events(&self, instant: Timestamp, most: usize) -> Result<usize> {
        self.remove_older("vcs_events", instant, most)
    }
}
