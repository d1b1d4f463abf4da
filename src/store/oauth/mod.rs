//! OAuth clients and their tokens.

pub mod client_projects;
pub mod clients;
pub mod sealed_client;
pub mod tokens;
