//! The public socket, over raw bytes.

mod bodies;
mod crowds;
mod framing;
mod heads;
mod memory;
mod methods;
mod pipelining;
pub mod raw;
mod slowness;
mod stopping;
