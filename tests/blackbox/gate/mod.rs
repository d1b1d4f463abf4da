//! The public socket, over raw bytes.

mod bodies;
mod framing;
mod heads;
mod many_connections;
mod memory;
mod methods;
mod pipelining;
pub mod raw;
mod slowness;
mod stopping;
