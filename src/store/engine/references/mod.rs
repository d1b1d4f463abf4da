//! What refers to what, as the schema says it, and what that means for a row that goes.

pub mod cascade;
pub mod shadows;

use rusqlite::{Connection, Row};

/// A column that names a row of another table.
pub struct Reference {
    pub table: String,
    pub column: String,
    pub parent: String,
    /// What becomes of the row once the other one goes.
    pub then: Then,
    pub is_nullable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Goes,
    IsEmptied,
    /// It holds the other one: that cannot go.
    Holds,
}

/// All that there are, in the order of tables and columns.
pub fn references(connection: &Connection) -> rusqlite::Result<Vec<Reference>> {
    let sql =
        "SELECT tables.name, reference.\"from\", reference.\"table\", reference.on_delete, columns.\"notnull\" = 0
               FROM pragma_table_list AS tables, pragma_foreign_key_list(tables.name, 'main') AS reference
               JOIN pragma_table_info(tables.name, 'main') AS columns ON columns.name = reference.\"from\"
               WHERE tables.schema = 'main' ORDER BY tables.name, reference.\"from\"";
    let reference = |row: &Row<'_>| {
        let then = match row.get_ref(3)?.as_str()? {
            "CASCADE" => Then::Goes,
            "SET NULL" => Then::IsEmptied,
            _ => Then::Holds,
        };
        let (table, column, parent) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Reference { table, column, parent, then, is_nullable: row.get(4)? })
    };
    connection.prepare(sql)?.query_map([], reference)?.collect()
}
