//! Whether the file is sound, and whether a copy is.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Row;

use super::View;
use super::engine::references::shadows::{Shadows, Views};
use super::engine::references::{Reference, references};
use super::engine::{connection, objects};
use super::finding::Finding;
use super::installation;
use super::installation::{KeyChecks, SCHEMA, identify};
use super::pages::SizedList;
use super::removals::ROOTS;
use crate::domain::error::{Error, Result};

/// What a sound copy says of its keys.
pub struct Verified {
    pub key_checks: KeyChecks,
    /// The numbers of the keys that its secrets are sealed under.
    pub seal_keys: Vec<u32>,
}

/// Reads a copy from end to end. `Invalid` where it is not a sound Bowline database that this program knows.
pub fn verify_copy(path: &Path) -> Result<Verified> {
    match fs::metadata(path) {
        Err(e) => return Err(Error::invalid(format!("{} cannot be read: {e}.", path.display()))),
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::invalid(format!("{} is not a file.", path.display())));
        }
        Ok(_) => {}
    }
    identify(path)?;
    let damaged = |what: String| Error::invalid(format!("{} is damaged: {what}.", path.display()));
    let connection = connection::reading(path).map_err(|e| damaged(e.told_to_operators()))?;
    let view = View::of(&connection);
    // The objects of an older version are compared when it is brought up to date.
    let is_older = view.schema_version().is_ok_and(|version| version < SCHEMA.version());
    let questions: [fn(&View) -> Finding; 4] =
        [|view| view.objects(), |view| view.integrity(), |view| view.foreign_keys(), |view| view.numbers()];
    for question in questions.into_iter().skip(usize::from(is_older)) {
        if let Some(first) = question(&view).wrong.first() {
            return Err(damaged(first.clone()));
        }
    }
    if !is_older {
        // What a removal left behind may be sealed under a key that is no longer needed.
        Shadows::new(Arc::new(Views::of(&connection, ROOTS)?)).settle(&connection)?;
    }
    Ok(Verified { key_checks: view.key_checks()?, seal_keys: view.seal_keys()? })
}

impl View<'_> {
    /// The version of the schema.
    pub fn schema_version(&self) -> Result<i64> {
        Ok(self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    pub fn key_checks(&self) -> Result<KeyChecks> {
        installation::key_checks(self.connection)
    }

    /// SQLite's own examination of every page and index.
    pub fn integrity(&self) -> Finding {
        let lines = self.answers("PRAGMA integrity_check", |row| row.get(0));
        Finding { question: "integrity", wrong: lines.into_iter().filter(|line| line != "ok").collect(), notes: vec![] }
    }

    /// Rows that refer to something that is not there, and whose removal has not begun.
    pub fn foreign_keys(&self) -> Finding {
        let question = "foreign keys";
        let all = match references(self.connection) {
            Ok(all) => all,
            Err(e) => return Finding { question, wrong: vec![e.to_string()], notes: vec![] },
        };
        let wrong = all.iter().flat_map(|Reference { table, column, parent, .. }| {
            let sql = format!(
                "SELECT {column}, count(*) FROM main.{table} AS referring
                 WHERE {column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM main.{parent} WHERE number = referring.{column})
                   AND NOT EXISTS (SELECT 1 FROM main.removals AS removed
                                   WHERE removed.parent = '{parent}' AND removed.number = referring.{column})
                 GROUP BY {column}"
            );
            self.answers(&sql, |row| {
                let (number, count): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok(format!("{table} refers to the missing row {number} of {parent} ({count})"))
            })
        });
        let removals = self.count_removals().unwrap_or_default();
        let notes = (removals > 0).then(|| format!("unfinished removals: {removals}; a running server continues them"));
        Finding { question, wrong: wrong.collect(), notes: notes.into_iter().collect() }
    }

    /// Lists that have another number of items than is kept beside them.
    pub fn list_sizes(&self) -> Finding {
        let wrong = SizedList::ALL.iter().flat_map(|list| {
            let name = list.name();
            let items = match list {
                SizedList::OAuthTokens => "oauth_tokens JOIN oauth_clients ON oauth_clients.number = client",
                _ => name,
            };
            let sql = format!(
                "SELECT coalesce(counted.organization, kept.organization), coalesce(counted.size, 0), coalesce(kept.size, 0)
                 FROM (SELECT organization, count(*) AS size FROM {items} GROUP BY organization) AS counted
                 FULL JOIN (SELECT * FROM list_sizes WHERE list = '{name}') AS kept
                   ON kept.organization = counted.organization
                 WHERE coalesce(counted.size, 0) <> coalesce(kept.size, 0)"
            );
            self.answers(&sql, |row| {
                let (organization, counted, kept): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(format!("{name} of organization {organization}: counted {counted} rows, the stored count is {kept}"))
            })
        });
        Finding { question: "list sizes", wrong: wrong.collect(), notes: vec![] }
    }

    /// Whether the file has what `schema.sql` makes and nothing else. To be asked before anything else: what is unexpected
    /// may run, or cost much, as soon as its table is looked at.
    pub fn objects(&self) -> Finding {
        let wrong = objects::differences(self.connection, SCHEMA.sql).unwrap_or_else(|e| vec![e.told_to_operators()]);
        Finding { question: "schema", wrong, notes: vec![] }
    }

    /// Whether new rows can be numbered.
    pub fn numbers(&self) -> Finding {
        let wrong = objects::wrong_numbers(self.connection).unwrap_or_else(|e| vec![e.told_to_operators()]);
        Finding { question: "row numbers", wrong, notes: vec![] }
    }

    /// A line for each row; a question that cannot be asked is answered by the reason.
    fn answers(&self, sql: &str, line: impl FnMut(&Row<'_>) -> rusqlite::Result<String>) -> Vec<String> {
        let asked = self.connection.prepare(sql).and_then(|mut statement| statement.query_map([], line)?.collect());
        asked.unwrap_or_else(|e: rusqlite::Error| vec![e.to_string()])
    }
}
