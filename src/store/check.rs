//! Whether the file is sound.

use rusqlite::Row;

use super::View;
use super::engine::migrate;
use super::engine::migrate::KeyChecks;
use crate::domain::error::Result;

/// One question asked of the database, and the answer.
#[derive(Debug)]
pub struct Finding {
    pub question: &'static str,
    /// What was found wrong; empty where all is well.
    pub wrong: Vec<String>,
    /// What is worth knowing all the same.
    pub notes: Vec<String>,
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
    pub fn integrity(&self) -> Finding {
        let lines = self.answers("PRAGMA integrity_check", |row| row.get(0));
        Finding { question: "integrity", wrong: lines.into_iter().filter(|line| line != "ok").collect(), notes: vec![] }
    }

    /// Rows that refer to something that is not there.
    pub fn foreign_keys(&self) -> Finding {
        let wrong = self.answers("PRAGMA foreign_key_check", |row| {
            let (table, number, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("{table} row {} refers to a missing row of {parent}", number.unwrap_or_default()))
        });
        Finding { question: "foreign keys", wrong, notes: vec![] }
    }

    /// What a client's row repeats of its projects, where it is not what they are.
    pub fn copies(&self) -> Finding {
        let wrong = self.answers(
            "SELECT oauth_clients.id FROM oauth_clients
             JOIN few_projects_of_oauth_clients ON few_projects_of_oauth_clients.oauth_client = oauth_clients.number
             WHERE oauth_clients.few_project_ids IS NOT few_projects_of_oauth_clients.project_ids",
            |row| Ok(format!("{} says of its projects what they are not", row.get::<_, String>(0)?)),
        );
        Finding { question: "copies", wrong, notes: vec![] }
    }

    /// Triggers and views that somebody has added, changed or taken away. They would be run with everything that is changed.
    pub fn code(&self) -> Finding {
        let wrong = self.foreign_code().unwrap_or_else(|e| vec![e.told_to_operators()]);
        Finding { question: "triggers", wrong, notes: vec![] }
    }

    fn foreign_code(&self) -> Result<Vec<String>> {
        let (found, ours) = (migrate::code(self.connection)?, migrate::code_of_version(self.schema_version()?)?);
        let named = |sql: &String| sql.split('\n').next().unwrap_or_default().chars().take(80).collect::<String>();
        let added = found.difference(&ours).map(|sql| format!("it has {}, which is none of Bowline's", named(sql)));
        let missing = ours.difference(&found).map(|sql| format!("it lacks {}", named(sql)));
        Ok(added.chain(missing).collect())
    }

    /// A line for each row; a question that cannot be asked is answered by the reason.
    fn answers(&self, sql: &str, line: impl FnMut(&Row<'_>) -> rusqlite::Result<String>) -> Vec<String> {
        let asked = self.connection.prepare(sql).and_then(|mut statement| statement.query_map([], line)?.collect());
        asked.unwrap_or_else(|e: rusqlite::Error| vec![e.to_string()])
    }
}
