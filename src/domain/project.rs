//! Projects: groups of workspaces. Every organization has a default one.

pub const DEFAULT: &str = "Default Project";
