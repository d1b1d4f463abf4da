//! What is published from a repository.

mod policy_sets;
mod stacks;

pub use stacks::{StackFilter, StackOrder};
