//! Reading the trail.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use uuid::Uuid;

use crate::domain::audit::event::AuditEvent;
use crate::domain::error::Result;
use crate::domain::id::OrganizationId;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::store::View;
use crate::store::pages::limit_offset;

/// A page of an organization's audit trail.
pub struct TrailPage<'a> {
    pub organization: &'a OrganizationId,
    pub since: Option<Timestamp>,
    /// What the events are about; none for all of them.
    pub resource_type: Option<&'a str>,
    /// The number of the last event that is on any page.
    pub last: i64,
    pub page: Page,
}

/// The events that an operator asks for.
#[derive(Clone, Debug, Default)]
pub struct Extract {
    pub organization: Option<OrganizationId>,
    pub since: Option<Timestamp>,
}

const SELECT: &str = "SELECT audit_events.number, audit_events.id, at, organization, organizations.name, request_id,
     actor_type, actor_id, actor_name, resource_type, resource_id, action, meta
     FROM audit_events LEFT JOIN organizations ON organizations.external_id = audit_events.organization
                            AND organizations.is_deleted = 0";
/// Events of the same millisecond are in the order of their numbers.
pub const OF_ORGANIZATION: &str = "SELECT audit_events.number, audit_events.id, at, organization, NULL, request_id,
     actor_type, actor_id, actor_name, resource_type, resource_id, action, meta
     FROM audit_events
     WHERE organization = ?1 AND at >= ?2 AND number <= ?3";
pub const NEWEST_FIRST: &str = "ORDER BY at DESC, number DESC LIMIT ?4 OFFSET ?5";
pub const COUNT_OF_ORGANIZATION: &str =
    "SELECT count(*) FROM audit_events WHERE organization = ?1 AND at >= ?2 AND number <= ?3";

fn event(row: &Row<'_>) -> rusqlite::Result<AuditEvent> {
    let meta = row.get_ref(12)?.as_str_or_null()?.map(serde_json::from_str).transpose();
    Ok(AuditEvent {
        number: row.get(0)?,
        id: Uuid::from_bytes(row.get(1)?),
        at: Timestamp::from_milliseconds(row.get(2)?),
        organization: row.get(3)?,
        organization_name: row.get(4)?,
        request_id: row.get::<_, Option<[u8; 16]>>(5)?.map(Uuid::from_bytes),
        actor_type: row.get(6)?,
        actor_id: row.get(7)?,
        actor_name: row.get(8)?,
        resource_type: row.get(9)?,
        resource_id: row.get(10)?,
        action: row.get(11)?,
        meta: meta.map_err(|e| rusqlite::Error::FromSqlConversionFailure(12, Type::Text, Box::new(e)))?,
    })
}

impl View<'_> {
    /// The number of the last event of all.
    pub fn last_event(&self) -> Result<i64> {
        Ok(super::chain::head(self.connection)?.number)
    }

    /// Events of an organization, the newest first.
    pub fn trail(&self, asked: &TrailPage<'_>) -> Result<Listed<AuditEvent>> {
        let items = self.trail_events(asked, limit_offset(asked.page))?;
        let since = asked.since.map_or(i64::MIN, Timestamp::milliseconds);
        let (organization, last) = (asked.organization.as_str(), asked.last);
        // A list of everything is counted in the index alone.
        let total = match asked.resource_type {
            None => self.count(COUNT_OF_ORGANIZATION, params![organization, since, last])?,
            Some(resource_type) => self.count(
                &format!("{COUNT_OF_ORGANIZATION} AND resource_type = ?4"),
                params![organization, since, last, resource_type],
            )?,
        };
        Ok(Listed { items, total })
    }

    /// As [`View::trail`], without counting what may be very many, and whether there is another page.
    pub fn trail_page(&self, asked: &TrailPage<'_>) -> Result<(Vec<AuditEvent>, bool)> {
        let (limit, offset) = limit_offset(asked.page);
        let mut items = self.trail_events(asked, (limit.saturating_add(1), offset))?;
        let has_more = items.len() as i64 > limit;
        items.truncate(limit as usize);
        Ok((items, has_more))
    }

    fn trail_events(&self, asked: &TrailPage<'_>, (limit, offset): (i64, i64)) -> Result<Vec<AuditEvent>> {
        let since = asked.since.map_or(i64::MIN, Timestamp::milliseconds);
        let sql = format!("{OF_ORGANIZATION} AND (?6 IS NULL OR resource_type = ?6) {NEWEST_FIRST}");
        let parameters = params![asked.organization.as_str(), since, asked.last, limit, offset, asked.resource_type];
        self.rows(&sql, parameters, event)
    }

    /// The newest events of the extract, at most `limit` of them, the oldest of those first.
    pub fn latest_events(&self, extract: &Extract, limit: u64) -> Result<Vec<AuditEvent>> {
        self.events(extract, i64::MIN, "DESC", limit).map(|mut events| {
            events.reverse();
            events
        })
    }

    /// Events of the extract after the one with that number, in their order.
    pub fn events_after(&self, number: i64, extract: &Extract, limit: u64) -> Result<Vec<AuditEvent>> {
        self.events(extract, number, "ASC", limit)
    }

    fn events(&self, extract: &Extract, after: i64, direction: &str, limit: u64) -> Result<Vec<AuditEvent>> {
        let sql = format!(
            "{SELECT} WHERE (?1 IS NULL OR organization = ?1) AND at >= ?2 AND audit_events.number > ?3
             ORDER BY audit_events.number {direction} LIMIT ?4"
        );
        let organization = extract.organization.as_ref().map(OrganizationId::as_str);
        let since = extract.since.map_or(i64::MIN, Timestamp::milliseconds);
        self.rows(&sql, params![organization, since, after, i64::try_from(limit).unwrap_or(i64::MAX)], event)
    }

    /// The organization whose trail a token may read: the organization's own token and its audit-trail token. `None` for
    /// every other token, and for an invalid one.
    pub fn trail_reader(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<OrganizationId>> {
        let id = self.optional_value::<String>(
            "SELECT organizations.external_id FROM api_tokens
             JOIN organizations ON organizations.number = api_tokens.organization AND organizations.is_deleted = 0
             WHERE api_tokens.digest = ?1 AND (api_tokens.expires_at IS NULL OR api_tokens.expires_at > ?2)",
            (digest, now.milliseconds()),
        )?;
        Ok(id.map(OrganizationId::from))
    }
}
