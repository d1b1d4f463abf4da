//! OAuth clients and tokens, and what their providers answer.

pub mod clients;
pub mod github_app_installations;
pub mod repositories;
pub mod tokens;
pub mod vcs;
pub mod vcs_events;
pub mod vcs_repo;
