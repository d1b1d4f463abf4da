//! What is published from a repository.

mod no_code_modules;
mod policy_sets;
mod registry_modules;
mod stacks;

pub use stacks::{StackFilter, StackOrder};
