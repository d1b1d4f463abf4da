//! What only `bowline demo` has. Nothing else in the program reaches it (`tests/layers.rs`).

mod alarm;
pub mod provider;
pub mod provider_listener;
