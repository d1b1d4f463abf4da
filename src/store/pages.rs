//! Pages and sets in SQLite's terms.

use rusqlite::Row;

use crate::domain::error::{Error, Result};
use crate::domain::page::Page;

/// For LIMIT and OFFSET. As much as SQLite can count; beyond it there is nothing anyway.
pub fn limit_offset(page: Page) -> (i64, i64) {
    let number = |n| i64::try_from(n).unwrap_or(i64::MAX);
    (number(page.size), number(page.offset()))
}

/// A `count(*)`, which is never negative.
pub fn total(row: &Row<'_>) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(0)?.unsigned_abs())
}

/// A JSON array for `json_each`: one parameter for any number of values.
pub fn json_array<T: serde::Serialize>(values: impl IntoIterator<Item = T>) -> Result<String> {
    serde_json::to_string(&values.into_iter().collect::<Vec<T>>()).map_err(Error::internal)
}
