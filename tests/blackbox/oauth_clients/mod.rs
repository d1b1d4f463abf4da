//! OAuth clients through the API.

mod attributes;
mod create;
mod destroy;
mod list;
mod rules;
mod unlinking;

/// The collection that most tests create in.
const CLIENTS: &str = "/organizations/my-organization/oauth-clients";
