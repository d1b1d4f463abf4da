//! Removes old events: the oldest first, and the anchor moves with them.

use super::chain;
use super::chain::Link;
use crate::domain::error::Result;
use crate::domain::timestamp::Timestamp;
use crate::store::Change;

impl Change<'_> {
    /// Removes events from before `instant`, at most `limit` of them, and returns how many.
    pub fn expire_events(&self, instant: Timestamp, limit: usize) -> Result<usize> {
        let mut select =
            self.connection.prepare_cached("SELECT number, at, link FROM audit_events ORDER BY number LIMIT ?1")?;
        let mut rows = select.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut last: Option<(i64, Link)> = None;
        let mut expired = 0;
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>(1)? >= instant.milliseconds() {
                break;
            }
            last = Some((row.get(0)?, row.get(2)?));
            expired += 1;
        }
        drop(rows);
        if let Some((number, link)) = last {
            self.connection.prepare_cached("DELETE FROM audit_events WHERE number <= ?1")?.execute([number])?;
            chain::anchor(self.connection, self.trail.key, number, &link)?;
        }
        Ok(expired)
    }
}
