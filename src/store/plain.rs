//! The tables of all plain resources.

use super::stored::Table;
use super::{oauth, organizations, published, runs, variables};

/// In the order of the families.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    [oauth::TABLES, organizations::TABLES, published::TABLES, runs::TABLES, variables::TABLES].into_iter().flatten()
}

/// One of what an event of the audit trail is about, in words. `None` where that is no plain resource.
pub fn in_words(event: &str) -> Option<&'static str> {
    tables().find(|table| table.event == event).map(|table| table.one)
}

/// What the audit trail calls them.
pub fn events() -> impl Iterator<Item = &'static str> {
    tables().map(|table| table.event)
}
