//! The organizations of a user, and what belongs to an organization as a whole.

pub mod audit_trail;
pub mod index;
pub mod members;
pub mod new;
pub mod vcs_events;
pub mod welcome;
