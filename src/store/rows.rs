//! Many rows at once, as far as there is memory for them.

use rusqlite::types::ValueRef;
use rusqlite::{Params, Row};

use super::{Change, View};
use crate::domain::error::{Error, Result};
use crate::domain::timestamp::Timestamp;

/// Of texts that one request may read. What comes of them in an answer is a few times as much.
const MOST_BYTES: usize = 1024 * 1024;
/// What a row takes beside its texts.
const ROW_BYTES: usize = 32;
/// Of a resource whose document has much that is in no row.
pub(super) const LARGE_ROW_BYTES: usize = 512;

impl View<'_> {
    /// All rows of a query. Where it is read for a request, `TooMuch` as soon as they are more than one document may hold,
    /// and `Unavailable` while others have the memory.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.rows_of(ROW_BYTES, sql, params, read)
    }

    /// As [`View::rows`], where a row takes `row_bytes` beside its texts.
    pub(super) fn rows_of<T>(
        &self,
        row_bytes: usize,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params)?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            self.make_room_for(row, columns, row_bytes)?;
            items.push(read(row)?);
        }
        Ok(items)
    }

    fn make_room_for(&self, row: &Row<'_>, columns: usize, row_bytes: usize) -> Result<()> {
        let Some(memory) = self.memory else { return Ok(()) };
        let texts = (0..columns).map(|column| match row.get_ref(column) {
            Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => bytes.len(),
            _ => 0,
        });
        let bytes = row_bytes + texts.sum::<usize>();
        let read_bytes = self.read_bytes.get() + bytes;
        if read_bytes > MOST_BYTES {
            // Less after that begins anew.
            self.read_bytes.set(0);
            return Err(Error::too_much());
        }
        self.read_bytes.set(read_bytes);
        if memory.grow(bytes) { Ok(()) } else { Err(Error::unavailable("The server is busy; try again.")) }
    }
}
impl Change<'_> {
    /// Removes up to `most` rows of `table` that were made before `instant`, the oldest first. Gives how many it were.
    pub(super) fn remove_older(&self, table: &'static str, instant: Timestamp, most: usize) -> Result<usize> {
        let sql = format!(
            "DELETE FROM main.{table} WHERE number IN
               (SELECT number FROM {table} WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)"
        );
        self.execute(&sql, (instant.milliseconds(), most as i64))
    }
}
