//! Teams, and which teams a caller may see.

pub mod team;
pub mod visibility;
