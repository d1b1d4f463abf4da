//! Variables and variable sets.

mod applying;
mod sets;
mod variable;

pub use applying::ProjectScope;
pub use sets::{Attached, NewVariableSet, VariableSetFilter};

#[cfg(test)]
pub(super) use applying::{APPLYING, IN_FORCE};
