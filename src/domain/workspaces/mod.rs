//! Workspaces and their links to repositories.

pub mod execution;
pub mod filter;
pub mod lock;
pub mod settings;
pub mod workspace;
