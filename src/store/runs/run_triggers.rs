//! Run triggers.

use rusqlite::Row;

use crate::domain::error::{Problems, Result};
use crate::domain::id::{RunTriggerId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::page::{Listed, Page};
use crate::domain::runs::run_trigger::{Direction, MOST_SOURCES, RunTrigger};
use crate::domain::timestamp::Timestamp;
use crate::domain::workspaces::workspace::Workspace;
use crate::store::stored::{FIRST, Stored};
use crate::store::{Change, View};

impl Stored for RunTrigger {
    type Id = RunTriggerId;
    const TABLE: &'static str = "run_triggers";
    const EVENT: &'static str = "run_trigger";
    const ONE: &'static str = "run trigger";
    const NAME: &'static str = "";
    const BELOW: &'static [&'static str] = &["workspace", "sourceable"];
    const JOINS: &'static str = "JOIN workspaces ON workspaces.number = run_triggers.workspace
         JOIN workspaces AS sources ON sources.number = run_triggers.sourceable
         JOIN organizations ON organizations.number = workspaces.organization";
    const COLUMNS: &'static str = "workspaces.id, workspaces.name, sources.id, sources.name, run_triggers.created_at";

    fn read(identity: Identity<RunTriggerId>, row: &Row<'_>) -> rusqlite::Result<RunTrigger> {
        Ok(RunTrigger {
            identity,
            workspace: WorkspaceId::from(row.get::<_, String>(FIRST)?),
            workspace_name: row.get(FIRST + 1)?,
            sourceable: WorkspaceId::from(row.get::<_, String>(FIRST + 2)?),
            sourceable_name: row.get(FIRST + 3)?,
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 4)?),
        })
    }

    fn identity(&self) -> &Identity<RunTriggerId> {
        &self.identity
    }
}

impl View<'_> {
    pub fn run_triggers(&self, of: &Workspace, direction: Direction, page: Page) -> Result<Listed<RunTrigger>> {
        let column = match direction {
            Direction::Inbound => "workspace",
            Direction::Outbound => "sourceable",
        };
        self.stored_below(column, of.number, page)
    }
}

impl Change<'_> {
    /// `Invalid` where the source is none of the organization's, the workspace itself, or a source already.
    pub fn create_run_trigger(&self, of: &Workspace, id: &RunTriggerId, source: &str) -> Result<RunTrigger> {
        let at = "/data/relationships/sourceable/data";
        let mut problems = Problems::default();
        let source = self.workspace_row(source, of.organization)?;
        match source {
            None => problems.at(at, "There is no such workspace in the organization."),
            Some(source) if source == of.number => problems.at(at, "A workspace cannot trigger its own runs."),
            Some(source) => {
                let same: [(&str, &dyn rusqlite::types::ToSql); 2] =
                    [("workspace", &of.number), ("sourceable", &source)];
                if self.is_taken::<RunTrigger>(&same, None)? {
                    problems.at(at, "The workspace has this source already.");
                }
            }
        }
        let sql = "SELECT count(*) FROM run_triggers WHERE workspace = ?1";
        let sources: i64 = self.value(sql, [of.number])?;
        if sources >= MOST_SOURCES {
            problems.at(at, "A workspace has at most 20 sources.");
        }
        problems.finish()?;
        self.insert(id, &of.organization_id, &[("workspace", &of.number), ("sourceable", &source)])
    }
}
