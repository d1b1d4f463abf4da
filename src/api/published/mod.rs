//! What is published from a repository, on the wire.

pub mod no_code_modules;
pub mod policy_sets;
pub mod registry_modules;
pub mod stacks;
