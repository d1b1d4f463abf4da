//! Run triggers: a run of one workspace would start one of another.

use crate::domain::id::{RunTriggerId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::timestamp::Timestamp;

/// Sources of one workspace.
pub const MOST_SOURCES: i64 = 20;

#[derive(Clone, Debug)]
pub struct RunTrigger {
    pub identity: Identity<RunTriggerId>,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    /// Whose runs would start one of the workspace.
    pub sourceable: WorkspaceId,
    pub sourceable_name: String,
    pub created_at: Timestamp,
}

/// Which triggers of a workspace a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Those that start its runs.
    Inbound,
    /// Those that its runs start.
    Outbound,
}
