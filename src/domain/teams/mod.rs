//! Teams, and which teams a caller may see.

pub mod grants;
pub mod levels;
pub mod team;
pub mod team_access;
pub mod visibility;
