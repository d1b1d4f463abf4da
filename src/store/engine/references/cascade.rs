//! The removal of a row and of everything that belongs to it, little by little: what the schema's references would do in
//! one statement, and in one long wait for all others.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::ffi::{Error as Code, SQLITE_CONSTRAINT_FOREIGNKEY};
use rusqlite::{CachedStatement, Connection};

use super::{Reference, Then, references};

/// Rows that one statement removes. Between two of them the time is looked at.
const AT_ONCE: usize = 100;

/// How many rows one step of a removal may take, and until when.
pub struct RemovalBudget {
    rows: Cell<usize>,
    end: Option<Instant>,
    has_begun: Cell<bool>,
    /// In milliseconds: when a row has changed whose reference is emptied, if it says when it was changed.
    at: i64,
}

impl RemovalBudget {
    pub fn of_rows(rows: usize, at: i64) -> RemovalBudget {
        RemovalBudget { rows: Cell::new(rows), end: None, has_begun: Cell::new(false), at }
    }

    /// Some work, and more of it until `end`.
    pub fn until(end: Instant, at: i64) -> RemovalBudget {
        RemovalBudget { end: Some(end), ..RemovalBudget::of_rows(usize::MAX, at) }
    }

    /// How many rows may go with the next statement; none once it is over.
    pub fn next(&self) -> usize {
        let is_late = self.has_begun.get() && self.end.is_some_and(|end| Instant::now() >= end);
        if is_late { 0 } else { self.rows.get().min(AT_ONCE) }
    }

    pub fn took(&self, rows: usize) {
        self.has_begun.set(true);
        self.rows.set(self.rows.get().saturating_sub(rows));
    }
}

/// The tables that belong to another one, and in which order their rows go.
pub struct Cascade {
    children: BTreeMap<String, Vec<Child>>,
    /// What holds a row: table and column.
    holding: BTreeMap<String, Vec<(String, String)>>,
}

/// A reference that takes rows along, or is emptied.
struct Child {
    table: String,
    column: String,
    /// The columns of the primary key, as a list.
    key: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Others belong to its rows: they are taken apart themselves. They have a number.
    Parent,
    Leaf,
    /// The rows stay, without the reference. Whether they say when they were changed.
    Emptied {
        has_time: bool,
    },
}

impl Cascade {
    /// As the schema of the database has it.
    pub fn of(connection: &Connection) -> rusqlite::Result<Cascade> {
        let references = references(connection)?;
        let mut cascade = Cascade { children: BTreeMap::new(), holding: BTreeMap::new() };
        for Reference { table, column, parent, then, .. } in &references {
            if *then == Then::Holds {
                cascade.holding.entry(parent.clone()).or_default().push((table.clone(), column.clone()));
                continue;
            }
            let of_table = |sql: &str| connection.query_row(sql, [table], |row| row.get::<_, Option<String>>(0));
            let key = of_table("SELECT group_concat(name, ', ') FROM pragma_table_info(?1, 'main') WHERE pk > 0")?;
            let time = of_table("SELECT max(name) FROM pragma_table_info(?1, 'main') WHERE name = 'updated_at'")?;
            let kind = match then {
                Then::IsEmptied => Kind::Emptied { has_time: time.is_some() },
                _ if references.iter().any(|other| other.then != Then::Holds && other.parent == *table) => Kind::Parent,
                _ => Kind::Leaf,
            };
            let child = Child { table: table.clone(), column: column.clone(), key: key.unwrap_or_default(), kind };
            cascade.children.entry(parent.clone()).or_default().push(child);
        }
        for siblings in cascade.children.values_mut() {
            put_in_order(siblings, &references);
        }
        Ok(cascade)
    }

    /// Removes what belongs to the row `number` of `table`, or as much of it as the budget has room for. `true` once there
    /// is nothing.
    pub fn clear(
        &self,
        connection: &Connection,
        table: &str,
        number: i64,
        budget: &RemovalBudget,
    ) -> rusqlite::Result<bool> {
        for child in self.children.get(table).into_iter().flatten() {
            let is_done = match child.kind {
                Kind::Parent => self.clear_parents(connection, child, number, budget)?,
                Kind::Leaf | Kind::Emptied { .. } => clear_leaves(connection, child, number, budget)?,
            };
            if !is_done {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// As [`Cascade::clear`], and the row itself in the end. `true` once it is gone.
    pub fn remove(
        &self,
        connection: &Connection,
        table: &str,
        number: i64,
        budget: &RemovalBudget,
    ) -> rusqlite::Result<bool> {
        if !self.clear(connection, table, number, budget)? {
            return Ok(false);
        }
        connection.prepare_cached(&format!("DELETE FROM main.{table} WHERE number = ?1"))?.execute([number])?;
        budget.took(1);
        Ok(true)
    }

    /// Removes the rows, and leaves what belongs to them. It fails, as it does otherwise, where something holds one of them.
    pub fn detach(&self, connection: &Connection, table: &str, numbers: &[i64]) -> rusqlite::Result<()> {
        for (holder, column) in self.holding.get(table).into_iter().flatten() {
            let mut held = connection.prepare_cached(&format!("SELECT 1 FROM main.{holder} WHERE {column} = ?1"))?;
            for number in numbers {
                if held.exists([number])? {
                    let message = format!("{holder} still refers to row {number} of {table}");
                    return Err(rusqlite::Error::SqliteFailure(Code::new(SQLITE_CONSTRAINT_FOREIGNKEY), Some(message)));
                }
            }
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
        let removed = connection
            .prepare_cached(&format!("DELETE FROM main.{table} WHERE number = ?1"))
            .and_then(|mut delete| numbers.iter().try_for_each(|number| delete.execute([number]).map(drop)));
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        removed
    }

    fn clear_parents(
        &self,
        connection: &Connection,
        Child { table, column, .. }: &Child,
        number: i64,
        budget: &RemovalBudget,
    ) -> rusqlite::Result<bool> {
        let mut first: CachedStatement<'_> =
            connection.prepare_cached(&format!("SELECT number FROM main.{table} WHERE {column} = ?1 LIMIT 1"))?;
        while let Some(row) = first.query([number])?.next()? {
            if budget.next() == 0 || !self.remove(connection, table, row.get(0)?, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn clear_leaves(connection: &Connection, child: &Child, number: i64, budget: &RemovalBudget) -> rusqlite::Result<bool> {
    let Child { table, column, key, kind } = child;
    let some = format!("({key}) IN (SELECT {key} FROM main.{table} WHERE {column} = ?1 LIMIT ?2)");
    let mut some = connection.prepare_cached(&match kind {
        Kind::Emptied { has_time: true } => {
            format!("UPDATE main.{table} SET {column} = NULL, updated_at = ?3 WHERE {some}")
        }
        Kind::Emptied { has_time: false } => format!("UPDATE main.{table} SET {column} = NULL WHERE {some}"),
        Kind::Parent | Kind::Leaf => format!("DELETE FROM main.{table} WHERE {some}"),
    })?;
    let mut any = connection.prepare_cached(&format!("SELECT 1 FROM main.{table} WHERE {column} = ?1"))?;
    while any.exists([number])? {
        let most = budget.next();
        if most == 0 {
            return Ok(false);
        }
        let took = match kind {
            Kind::Emptied { has_time: true } => some.execute((number, most as i64, budget.at)),
            _ => some.execute((number, most as i64)),
        };
        budget.took(took?);
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
        let next = siblings.iter().position(|child| child.kind == Kind::Parent && is_free(child));
        let next = next.or_else(|| siblings.iter().position(is_free)).unwrap_or(0);
        ordered.push(siblings.remove(next));
    }
    *siblings = ordered;
}

#[cfg(test)]
mod tests {
    use super::*;

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
        while !cascade.remove(&connection, "houses", 1, &RemovalBudget::until(Instant::now(), 0)).unwrap() {
            let [houses, _, rooms, _] = counts(&connection);
            assert!(houses == 2 && rooms > 0, "the house stands to the end");
            pieces += 1;
        }
        assert!(pieces > 3, "{pieces}");
        assert_eq!(counts(&connection), [1, 1, 500, 1]);
        assert!(cascade.remove(&connection, "houses", 2, &RemovalBudget::of_rows(10_000, 0)).unwrap());
        assert_eq!(counts(&connection), [0, 0, 0, 0]);
    }
}
