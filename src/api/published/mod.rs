//! What is published from a repository, on the wire.

pub mod policy_sets;
pub mod stacks;
