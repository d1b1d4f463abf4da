//! What stands around runs: notifications, triggers, tasks.

mod notification_configurations;
mod run_tasks;
mod run_triggers;
mod workspace_tasks;

use rusqlite::Row;

use crate::domain::error::{Error, Result};
use crate::domain::runs::notification_configuration::NotificationConfiguration;
use crate::domain::runs::run_task::{RunTask, WorkspaceTask};
use crate::domain::runs::run_trigger::RunTrigger;
use crate::store::settings;
use crate::store::stored::Table;

pub use run_tasks::RunTaskInput;

/// The plain resources among them.
pub(super) const TABLES: &[Table] = &[
    Table::of::<NotificationConfiguration>(),
    Table::of::<RunTask>(),
    Table::of::<RunTrigger>(),
    Table::of::<WorkspaceTask>(),
];

/// A column with a JSON array of texts.
fn texts(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    settings::read(row, column)
}

fn json(texts: &[String]) -> Result<String> {
    serde_json::to_string(texts).map_err(Error::internal)
}
