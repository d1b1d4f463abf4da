//! The removal of a row and of everything that belongs to it, little by little: what the schema's references would do in
//! one statement, and in one long wait for all others.

use std::collections::BTreeMap;
use std::time::Instant;

use rusqlite::{CachedStatement, Connection};

/// Rows that one statement removes. Between two of them the time is looked at.
const AT_ONCE: usize = 100;

/// The tables that belong to another one, and in which order their rows go.
pub struct Cascade {
    children: BTreeMap<String, Vec<Child>>,
}

/// A reference that takes rows along.
struct Child {
    table: String,
    column: String,
    /// The columns of the primary key, as a list.
    key: String,
    /// Rows to which others belong are taken apart themselves; they have a number.
    is_parent: bool,
}

struct Reference {
    table: String,
    column: String,
    parent: String,
    takes_along: bool,
}

impl Cascade {
    /// As the schema of the database has it.
    pub fn of(connection: &Connection) -> rusqlite::Result<Cascade> {
        let sql = "SELECT tables.name, reference.\"from\", reference.\"table\", reference.on_delete = 'CASCADE'
                   FROM pragma_table_list AS tables, pragma_foreign_key_list(tables.name) AS reference
                   WHERE tables.schema = 'main' ORDER BY tables.name, reference.\"from\"";
        let references: Vec<Reference> = connection
            .prepare(sql)?
            .query_map([], |row| {
                Ok(Reference { table: row.get(0)?, column: row.get(1)?, parent: row.get(2)?, takes_along: row.get(3)? })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let mut children: BTreeMap<String, Vec<Child>> = BTreeMap::new();
        for reference in references.iter().filter(|reference| reference.takes_along) {
            let key: String = connection.query_row(
                "SELECT group_concat(name, ', ') FROM pragma_table_info(?1) WHERE pk > 0",
                [&reference.table],
                |row| row.get(0),
            )?;
            let is_parent = references.iter().any(|other| other.takes_along && other.parent == reference.table);
            let child = Child { table: reference.table.clone(), column: reference.column.clone(), key, is_parent };
            children.entry(reference.parent.clone()).or_default().push(child);
        }
        for siblings in children.values_mut() {
            put_in_order(siblings, &references);
        }
        Ok(Cascade { children })
    }

    /// Removes the row `number` of `table`, or as much of what belongs to it as can be had by `end`. `true` once the row is
    /// gone.
    pub fn remove(&self, connection: &Connection, table: &str, number: i64, end: Instant) -> rusqlite::Result<bool> {
        for child in self.children.get(table).into_iter().flatten() {
            let is_done = if child.is_parent {
                self.remove_parents(connection, child, number, end)?
            } else {
                remove_leaves(connection, child, number, end)?
            };
            if !is_done {
                return Ok(false);
            }
        }
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE number = ?1"))?.execute([number])?;
        Ok(true)
    }

    fn remove_parents(
        &self,
        connection: &Connection,
        Child { table, column, .. }: &Child,
        number: i64,
        end: Instant,
    ) -> rusqlite::Result<bool> {
        let mut first: CachedStatement<'_> =
            connection.prepare_cached(&format!("SELECT number FROM {table} WHERE {column} = ?1 LIMIT 1"))?;
        while let Some(row) = first.query([number])?.next()? {
            // The time is looked at after some work, so that each piece has some, however late it begins.
            if !self.remove(connection, table, row.get(0)?, end)? || Instant::now() >= end {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn remove_leaves(
    connection: &Connection,
    Child { table, column, key, .. }: &Child,
    number: i64,
    end: Instant,
) -> rusqlite::Result<bool> {
    let mut some = connection.prepare_cached(&format!(
        "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {column} = ?1 LIMIT {AT_ONCE})"
    ))?;
    while some.execute([number])? == AT_ONCE {
        if Instant::now() >= end {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A table comes before those that it refers to: then nothing refers to a row any more when that goes.
fn put_in_order(siblings: &mut Vec<Child>, references: &[Reference]) {
    let mut ordered: Vec<Child> = Vec::with_capacity(siblings.len());
    while !siblings.is_empty() {
        let is_free = |child: &Child| {
            siblings.iter().all(|other| {
                other.table == child.table
                    || !references.iter().any(|it| it.table == other.table && it.parent == child.table)
            })
        };
        // What counts the rows of others goes after them. Where tables refer to each other in a circle, any of them.
        let next = siblings.iter().position(|child| child.is_parent && is_free(child));
        let next = next.or_else(|| siblings.iter().position(is_free)).unwrap_or(0);
        ordered.push(siblings.remove(next));
    }
    *siblings = ordered;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SCHEMA: &str = "PRAGMA foreign_keys = ON;
        CREATE TABLE houses (number INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE floors (number INTEGER PRIMARY KEY, house INTEGER NOT NULL REFERENCES houses ON DELETE CASCADE) STRICT;
        CREATE TABLE rooms (number INTEGER PRIMARY KEY, house INTEGER NOT NULL REFERENCES houses ON DELETE CASCADE,
                            floor INTEGER NOT NULL REFERENCES floors) STRICT;
        CREATE TABLE doors (room INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
                            other INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
                            PRIMARY KEY (room, other)) STRICT, WITHOUT ROWID;
        CREATE INDEX doors_by_other ON doors (other);
        INSERT INTO houses VALUES (1), (2);
        INSERT INTO floors VALUES (1, 1), (2, 2);
        WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000)
          INSERT INTO rooms SELECT x, 1 + x % 2, 1 + x % 2 FROM n;
        WITH RECURSIVE n (x) AS (SELECT 3 UNION ALL SELECT x + 2 FROM n LIMIT 450) INSERT INTO doors SELECT 2, x - 1 FROM n;
        INSERT INTO doors VALUES (4, 2), (1, 3);";

    fn counts(connection: &Connection) -> [i64; 4] {
        ["houses", "floors", "rooms", "doors"]
            .map(|table| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap())
    }

    #[test]
    fn what_belongs_to_a_row_goes_in_pieces_and_nothing_else() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let cascade = Cascade::of(&connection).unwrap();
        let tables: Vec<&str> = cascade.children["houses"].iter().map(|child| child.table.as_str()).collect();
        assert_eq!(tables, ["rooms", "floors"], "rooms refer to floors");
        let mut pieces = 0;
        while !cascade.remove(&connection, "houses", 1, Instant::now()).unwrap() {
            let [houses, _, rooms, _] = counts(&connection);
            assert!(houses == 2 && rooms > 0, "the house stands to the end");
            pieces += 1;
        }
        assert!(pieces > 3, "{pieces}");
        assert_eq!(counts(&connection), [1, 1, 500, 1]);
        assert!(cascade.remove(&connection, "houses", 2, Instant::now() + Duration::from_secs(600)).unwrap());
        assert_eq!(counts(&connection), [0, 0, 0, 0]);
    }
}
