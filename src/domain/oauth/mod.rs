//! OAuth clients and their tokens.

pub mod client;
pub mod client_change;
pub mod credential;
pub mod github_app_installation;
pub mod link_move;
pub mod new_client;
pub mod private_key;
pub mod registration;
pub mod service_provider;
pub mod token;
pub mod vcs_event;
pub mod vcs_repo;
pub mod web_flow;
