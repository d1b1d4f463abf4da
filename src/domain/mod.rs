//! What the product is: types, limits, rules. No I/O, no SQL, no HTTP.

pub mod access;
pub mod agent_pool;
pub mod default_execution;
pub mod error;
pub mod execution_mode;
pub mod field;
pub mod id;
pub mod new_oauth_client;
pub mod oauth_client;
pub mod oauth_client_change;
pub mod oauth_token;
pub mod organization;
pub mod organization_access;
pub mod page;
pub mod project;
pub mod secret;
pub mod service_provider;
pub mod ssh_key;
pub mod tag_binding;
pub mod team;
pub mod timestamp;
pub mod token;
pub mod url;
pub mod user;
pub mod vcs_repo;
pub mod workspace;
