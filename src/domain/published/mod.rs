//! What is published from a repository: policy sets, stacks and registry modules. They are records; nothing is executed.

pub mod no_code_module;
pub mod policy_set;
pub mod registry_module;
pub mod stack;
