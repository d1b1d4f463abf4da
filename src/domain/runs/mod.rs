//! What stands around runs: notifications, triggers, tasks. Bowline keeps these and runs nothing.

pub mod notification_configuration;
pub mod run_task;
pub mod run_trigger;
