//! JSON:API in and out; one file for each resource.

pub mod account;
pub mod agent_pools;
pub mod audit_trail;
pub mod authentication_tokens;
pub mod discovery;
mod document;
pub mod empty_lists;
pub mod entitlement_sets;
pub mod feature_sets;
mod input;
mod json;
pub mod oauth_clients;
pub mod oauth_tokens;
pub mod openapi;
pub mod organization_memberships;
pub mod organization_ssh_keys;
pub mod organization_tokens;
pub mod organizations;
mod page;
pub mod ping;
pub mod project_tag_bindings;
pub mod project_workspaces;
pub mod projects;
pub mod subscriptions;
mod tag_bindings;
pub mod tags;
pub mod team_members;
pub mod team_tokens;
pub mod teams;
pub mod users;
pub mod workspaces;

pub use document::{error, method_not_allowed};
