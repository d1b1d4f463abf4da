//! Whether the file is sound.

use super::View;
use super::migrate::{self, KeyChecks};
use crate::domain::error::Result;

/// One question asked of the database, and the answer.
#[derive(Debug)]
pub struct Finding {
    pub question: &'static str,
    /// What was found wrong; empty where all is well.
    pub wrong: Vec<String>,
}

impl View<'_> {
    /// The version of the schema.
    pub fn schema_version(&self) -> Result<i64> {
        Ok(self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    pub fn key_checks(&self) -> Result<KeyChecks> {
        migrate::key_checks(self.connection)
    }

    /// SQLite's own examination of every page and index.
    pub fn integrity(&self) -> Result<Finding> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check")?;
        let lines: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let wrong = if lines == ["ok"] { vec![] } else { lines };
        Ok(Finding { question: "integrity", wrong })
    }

    /// Rows that refer to something that is not there.
    pub fn foreign_keys(&self) -> Result<Finding> {
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let wrong = statement
            .query_map([], |row| {
                let (table, number, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(format!("{table} row {} refers to a missing row of {parent}", number.unwrap_or_default()))
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Finding { question: "foreign keys", wrong })
    }
}
