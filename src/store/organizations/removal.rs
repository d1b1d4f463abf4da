//! What is left of deleted organizations. They are gone for every caller from the moment of their deletion; their rows
//! follow, in small pieces between other changes, also after a restart.

use rusqlite::{Connection, OptionalExtension};

use crate::domain::error::Result;
use crate::store::engine::cascade::Cascade;
use crate::store::engine::writer::Leftovers;

/// The row of one that is deleted.
pub(in crate::store) const DELETED: &str = "SELECT number FROM organizations WHERE is_deleted = 1 LIMIT 1";

pub(in crate::store) fn leftovers(connection: &Connection) -> Result<Leftovers> {
    let cascade = Cascade::of(connection)?;
    let deleted = |connection: &Connection| {
        connection.prepare_cached(DELETED)?.query_row([], |row| row.get::<_, i64>(0)).optional()
    };
    Ok(Leftovers {
        exist: Box::new(move |connection| Ok(deleted(connection)?.is_some())),
        remove: Box::new(move |connection, end| {
            while let Some(number) = deleted(connection)? {
                if !cascade.remove(connection, "organizations", number, end)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }),
    })
}
