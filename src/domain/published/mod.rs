//! What is published from a repository: policy sets and stacks. They are records; nothing is executed.

pub mod policy_set;
pub mod stack;
