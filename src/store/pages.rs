//! Pages and sets in SQLite's terms.

use rusqlite::Row;

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

/// A set of rows as one parameter, for `IN (SELECT value FROM json_each(?))`.
pub fn numbers(rows: impl Iterator<Item = i64>) -> String {
    let rows: Vec<String> = rows.map(|row| row.to_string()).collect();
    format!("[{}]", rows.join(","))
}
