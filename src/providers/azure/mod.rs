//! Azure DevOps: what Services and Server have in common.

mod rest;
mod server;
mod services;

pub(super) use server::Server;
pub(super) use services::Services;
