//! Workspaces through the API.

mod change;
mod create;
mod find;
mod link;

/// The collection that most tests create in.
const WORKSPACES: &str = "/organizations/my-organization/workspaces";
