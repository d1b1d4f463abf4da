//! Resources around runs, including agents, on the wire. Nothing is run, sent or called.

mod agent_pools;
mod agent_tokens;
pub mod notification_configurations;
pub mod run_tasks;
pub mod run_triggers;
pub mod workspace_tasks;
