//! JSON:API in and out; one file for each resource.

pub mod account;
pub mod agent_pools;
mod document;
mod input;
mod json;
pub mod oauth_clients;
pub mod oauth_tokens;
pub mod openapi;
pub mod organization_ssh_keys;
pub mod organizations;
mod page;
pub mod ping;
pub mod project_tag_bindings;
pub mod project_workspaces;
pub mod projects;
mod tag_bindings;
pub mod workspaces;

pub use document::{error, method_not_allowed};
