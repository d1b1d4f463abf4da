//! Teams, and the access to workspaces and projects that they have.

pub mod grants;
pub mod levels;
pub mod team;
pub mod team_access;
