//! Variables and variable sets.

mod applying;
mod sets;
mod variable;

pub use applying::ProjectScope;
pub use sets::{Attached, NewVariableSet, VariableSetFilter};

#[cfg(test)]
pub(super) use applying::{APPLYING, IN_FORCE};

use crate::domain::variables::variable::Variable;
use crate::domain::variables::variable_set::VariableSet;
use crate::store::stored::Table;

/// The plain resources among them.
pub(super) const TABLES: &[Table] = &[Table::of::<Variable>(), Table::of::<VariableSet>()];
