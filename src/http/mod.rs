//! The wire behind the gate: requests and replies as values, paths to handlers. Knows no product words.

pub mod accept;
pub mod body;
pub mod cookie;
pub mod form;
pub mod query;
pub mod reply;
pub mod request;
pub mod router;
pub mod same_origin;
pub mod server;
pub mod worker_slots;
