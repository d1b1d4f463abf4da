//! OAuth clients, their tokens, and what is linked to a repository through them.

pub mod client_projects;
pub mod clients;
pub mod credentials;
pub mod github_app_installations;
pub mod repository_links;
pub mod sealed_client;
pub mod tokens;
pub mod vcs_events;
mod vcs_repos;
pub mod web_flows;

use crate::domain::oauth::github_app_installation::GithubAppInstallation;
use crate::store::stored::Table;

/// The plain resources among them.
pub(super) const TABLES: &[Table] = &[Table::of::<GithubAppInstallation>()];
