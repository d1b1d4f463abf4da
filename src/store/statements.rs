//! One statement and its answer. Statements stay prepared.

use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension, Params, Row};

use super::{Change, View};
use crate::domain::error::{Error, Result};

impl View<'_> {
    /// The row that there always is.
    pub(super) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, read)?)
    }

    /// The first column of the row that there always is.
    pub(super) fn value<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<T> {
        self.row(sql, params, |row| row.get(0))
    }

    /// A `count(*)`, which is never negative.
    pub(super) fn count(&self, sql: &str, params: impl Params) -> Result<u64> {
        Ok(self.value::<i64>(sql, params)?.unsigned_abs())
    }

    /// The first row, if there is one.
    pub(super) fn optional<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    /// The first column of the first row, if there is one.
    pub(super) fn optional_value<T: FromSql>(&self, sql: &str, params: impl Params) -> Result<Option<T>> {
        self.optional(sql, params, |row| row.get(0))
    }

    /// The first row. `NotFound` where there is none.
    pub(super) fn found<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.optional(sql, params, read)?.ok_or_else(Error::not_found)
    }

    /// Whether there is a row.
    pub(super) fn exists(&self, sql: &str, params: impl Params) -> Result<bool> {
        Ok(self.connection.prepare_cached(sql)?.exists(params)?)
    }
}

impl Change<'_> {
    /// Gives how many rows it has changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }
}
