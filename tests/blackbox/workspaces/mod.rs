//! Workspaces through the API.

mod change;
mod consumers;
mod create;
mod delete;
mod execution;
mod filters;
mod find;
mod link;
mod lock;
mod projects;
mod races;
mod settings;
mod tag_bindings;
mod tags;

/// The collection that most tests create in.
const WORKSPACES: &str = "/organizations/my-organization/workspaces";
