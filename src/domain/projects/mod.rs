//! Projects.

pub mod activity_duration;
pub mod project;
