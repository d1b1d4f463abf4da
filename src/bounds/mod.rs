//! What one process may use, for how long, and which addresses count as one client.

pub mod memory_budget;
pub mod network;
pub mod pieces;
pub mod slow_reads;
