//! What stands around runs, on the wire. Nothing is run, sent or called.

pub mod notification_configurations;
pub mod run_tasks;
pub mod run_triggers;
pub mod workspace_tasks;
