//! What one process may use, and which addresses count as one client.

pub mod memory_budget;
pub mod network;
