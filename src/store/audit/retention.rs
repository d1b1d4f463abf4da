//! Removes old events: the oldest first, and the anchor moves with them.

use super::chain;
use super::chain::Link;
use crate::domain::error::Result;
use crate::domain::timestamp::Timestamp;
use crate::store::{Change, View};

/// What was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    pub count: usize,
    pub oldest: Timestamp,
    pub newest: Timestamp,
}

impl View<'_> {
    /// When the last event was made, by the clock of then.
    pub fn newest_event(&self) -> Result<Option<Timestamp>> {
        self.optional("SELECT at FROM audit_events ORDER BY number DESC LIMIT 1", [], |row| {
            row.get(0).map(Timestamp::from_milliseconds)
        })
    }

    /// The last event that may go: none before it is younger than `instant`. One from the future was made while the clock
    /// was wrong; it goes with what was made after it.
    fn last_expired(&self, instant: Timestamp, now: Timestamp) -> Result<Option<i64>> {
        let (instant, now) = (instant.milliseconds(), now.milliseconds());
        let kept: Option<i64> = self.optional_value(
            "SELECT number FROM audit_events WHERE at >= ?1 AND at <= ?2 ORDER BY number LIMIT 1",
            [instant, now],
        )?;
        self.optional_value(
            "SELECT number FROM audit_events WHERE number < ?1 AND at < ?2 ORDER BY number DESC LIMIT 1",
            [kept.unwrap_or(i64::MAX), instant],
        )
    }
}

impl Change<'_> {
    /// Removes events from before `instant`, at most `limit` of them, and says which.
    pub fn expire_events(&self, instant: Timestamp, limit: usize) -> Result<Option<Expired>> {
        let Some(last) = self.last_expired(instant, self.now)? else { return Ok(None) };
        let mut select = self
            .connection
            .prepare_cached("SELECT number, at, link FROM audit_events WHERE number <= ?1 ORDER BY number LIMIT ?2")?;
        let mut rows = select.query([last, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut end: Option<(i64, Link)> = None;
        let (mut count, mut oldest, mut newest) = (0, i64::MAX, i64::MIN);
        while let Some(row) = rows.next()? {
            let at = row.get(1)?;
            (oldest, newest) = (oldest.min(at), newest.max(at));
            end = Some((row.get(0)?, row.get(2)?));
            count += 1;
        }
        drop(rows);
        let Some((number, link)) = end else { return Ok(None) };
        self.execute("DELETE FROM main.audit_events WHERE number <= ?1", [number])?;
        chain::anchor(self.connection, self.trail.key, number, &link)?;
        let (oldest, newest) = (Timestamp::from_milliseconds(oldest), Timestamp::from_milliseconds(newest));
        Ok(Some(Expired { count, oldest, newest }))
    }
}
