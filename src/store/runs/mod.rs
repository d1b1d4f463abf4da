//! What stands around runs: notifications, triggers, tasks.

mod notification_configurations;
mod run_tasks;
mod run_triggers;
mod workspace_tasks;

use rusqlite::Row;

use crate::domain::error::{Error, Result};
use crate::store::settings;

pub use run_tasks::RunTaskInput;

/// A column with a JSON array of texts.
fn texts(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    settings::read(row, column)
}

fn json(texts: &[String]) -> Result<String> {
    serde_json::to_string(texts).map_err(Error::internal)
}
