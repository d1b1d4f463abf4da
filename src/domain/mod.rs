//! Types, limits and rules of the product. No I/O, no SQL, no HTTP.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod error;
pub mod field;
pub mod id;
pub mod identity;
pub mod names;
pub mod nearest;
pub mod oauth;
pub mod organizations;
pub mod page;
pub mod permissions;
pub mod projects;
pub mod published;
pub mod runs;
pub mod secret;
pub mod sessions;
pub mod sources;
pub mod tags;
pub mod teams;
pub mod timestamp;
pub mod url;
pub mod variables;
pub mod workspaces;
