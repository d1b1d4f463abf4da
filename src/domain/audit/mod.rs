//! The audit trail: its events and its key.

pub mod event;
pub mod trail_key;
