//! Organizations and what belongs to one directly.

pub mod agent_pool;
pub mod agent_token;
pub mod default_execution;
pub mod execution_mode;
pub mod feature_set;
pub mod membership;
pub mod options;
pub mod organization;
pub mod ssh_key;
