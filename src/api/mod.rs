//! JSON:API in and out: a folder for each family of resources.

pub mod accounts;
pub mod audit_trail;
mod bindings;
pub mod jsonapi;
pub mod oauth;
pub mod organizations;
pub mod projects;
pub mod published;
pub mod runs;
pub mod service;
pub mod teams;
pub mod variables;
pub mod workspaces;

pub use jsonapi::document::{error, method_not_allowed};
