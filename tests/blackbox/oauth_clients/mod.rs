//! OAuth clients through the API.

mod affected_workspaces;
mod agent_pool;
mod attributes;
mod create;
mod destroy;
mod filters;
mod include;
mod list;
mod projects;
mod rules;
mod unlinking;
mod update;
mod workspaces;

/// The collection that most tests create in.
const CLIENTS: &str = "/organizations/my-organization/oauth-clients";
