//! Tags of workspaces, and tag bindings of projects and workspaces.

pub mod binding;
pub mod tag;
