//! The tables of all plain resources.

use super::stored::Table;
use super::{oauth, organizations, published, runs, variables};

/// In the order of the families.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    [oauth::TABLES, organizations::TABLES, published::TABLES, runs::TABLES, variables::TABLES].into_iter().flatten()
}

/// What the audit trail calls them.
pub fn events() -> impl Iterator<Item = &'static str> {
    tables().map(|table| table.event)
}
