//! A running server: wiring, TLS, housekeeping, supervision, the data directory, the operators' listener.

pub mod allocator;
pub mod data_dir;
pub mod housekeeping;
pub mod network;
pub mod operations;
pub mod options;
pub mod provider_options;
mod retention;
pub mod server;
pub mod supervisor;
pub mod values;
