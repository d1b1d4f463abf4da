//! What is published from a repository.

mod no_code_modules;
mod policy_sets;
mod registry_modules;
mod stacks;

pub use stacks::{StackFilter, StackOrder};

use crate::domain::published::no_code_module::NoCodeModule;
use crate::domain::published::policy_set::PolicySet;
use crate::domain::published::registry_module::RegistryModule;
use crate::domain::published::stack::Stack;
use crate::store::stored::Table;

/// The plain resources among them.
pub(super) const TABLES: &[Table] =
    &[Table::of::<NoCodeModule>(), Table::of::<PolicySet>(), Table::of::<RegistryModule>(), Table::of::<Stack>()];
