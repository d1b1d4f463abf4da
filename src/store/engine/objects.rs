//! What a file brings along, compared with what it should have. Every table, index, view and trigger is part of what a
//! statement does: one that was added, changed or removed breaks a rule, or makes a request expensive.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};

use crate::domain::error::Result;

/// Rows are numbered up from 1, and no database comes this far. The highest number there is leaves no room for a new row.
const HIGHEST_NUMBER: i64 = 1 << 53;
/// Of a text from the file.
const SHOWN_CHARACTERS: usize = 80;

/// Each difference between the objects of a database and those that `sql` makes, text by text.
pub fn differences(connection: &Connection, sql: &str) -> Result<Vec<String>> {
    let ours = Connection::open_in_memory()?;
    ours.execute_batch(sql)?;
    let (found, ours) = (objects(connection)?, objects(&ours)?);
    let mut differences = Vec::new();
    for object in &found {
        if !ours.contains(object) {
            differences.push(match ours.iter().any(|our| our.is_named_as(object)) {
                true => {
                    format!("{} {} is not as in the schema: {}", object.kind, object.shown_name(), object.shown_sql())
                }
                false => format!("unexpected {} {}: {}", object.kind, object.shown_name(), object.shown_sql()),
            });
        }
    }
    for our in ours.iter().filter(|our| !found.iter().any(|object| object.is_named_as(our))) {
        differences.push(format!("missing {} {}", our.kind, our.name));
    }
    Ok(differences)
}

/// Tables whose numbers leave no room for new rows, or are none. For a database without differences.
pub fn wrong_numbers(connection: &Connection) -> Result<Vec<String>> {
    let tables = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT wr
                  AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let tables: Vec<String> =
        connection.prepare(tables)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut wrong = Vec::new();
    for table in &tables {
        let ends = format!("SELECT coalesce(min(rowid), 0), coalesce(max(rowid), 0) FROM main.\"{table}\"");
        let (first, last): (i64, i64) = connection.query_row(&ends, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for number in [first, last].into_iter().filter(|number| !(0..HIGHEST_NUMBER).contains(number)) {
            wrong.push(format!("table {table} has a row with the number {number}"));
        }
    }
    let sequences =
        "SELECT name, typeof(seq) = 'integer' AND seq BETWEEN 0 AND ?1, count(*) OVER (PARTITION BY name) = 1
                     FROM sqlite_sequence ORDER BY name";
    let has_sequences = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'", [], |_| Ok(()))
        .optional()?
        .is_some();
    if has_sequences {
        let mut statement = connection.prepare(sequences)?;
        let mut rows = statement.query([HIGHEST_NUMBER])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get_ref(0)?.as_str_or_null().ok().flatten().unwrap_or_default().to_owned();
            if !(tables.contains(&name) && row.get(1)? && row.get(2)?) {
                wrong.push(format!("the sequence of table {} is out of bounds", shown(&name)));
            }
        }
    }
    Ok(wrong)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

impl Object {
    fn is_named_as(&self, other: &Object) -> bool {
        self.kind == other.kind && self.name == other.name
    }

    fn shown_name(&self) -> String {
        shown(&self.name)
    }

    fn shown_sql(&self) -> String {
        shown(&self.sql)
    }
}

/// On one line, and no longer than fits there.
fn shown(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_CHARACTERS).collect()
}

/// Indexes without a text belong to a constraint of their table, and are as that says.
fn objects(connection: &Connection) -> rusqlite::Result<BTreeSet<Object>> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL OR type <> 'index'";
    let object = |row: &rusqlite::Row<'_>| {
        let text = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(column)?.unwrap_or_default());
        Ok(Object { kind: text(0)?, name: text(1)?, table: text(2)?, sql: text(3)? })
    };
    connection.prepare(sql)?.query_map([], object)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str =
        "CREATE TABLE notes (number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT UNIQUE CHECK (text <> '')) STRICT;
                       CREATE INDEX notes_by_text ON notes (text);
                       CREATE TRIGGER notes_stay BEFORE DELETE ON notes BEGIN SELECT RAISE(ABORT, 'no'); END;
                       CREATE TABLE words (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;";

    fn database(more: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SQL).unwrap();
        connection.execute_batch(more).unwrap();
        connection
    }

    #[test]
    fn every_object_is_compared_by_its_text() {
        assert!(differences(&database(""), SQL).unwrap().is_empty());
        for (change, said) in [
            ("CREATE TABLE more (x)", "unexpected table more: CREATE TABLE more (x)"),
            (
                "CREATE INDEX costly ON notes (hex(zeroblob(9999)))",
                "unexpected index costly: CREATE INDEX costly ON notes (hex(zeroblob(9999)))",
            ),
            ("CREATE VIEW v AS SELECT 1", "unexpected view v: CREATE VIEW v AS SELECT 1"),
            ("DROP INDEX notes_by_text", "missing index notes_by_text"),
            ("DROP TRIGGER notes_stay", "missing trigger notes_stay"),
            ("DROP TABLE words", "missing table words"),
            (
                "DROP TABLE words; CREATE TABLE words (word TEXT PRIMARY KEY);",
                "table words is not as in the schema: CREATE TABLE words (word TEXT PRIMARY KEY)",
            ),
            (
                "DROP INDEX notes_by_text; CREATE INDEX notes_by_text ON notes (lower(text))",
                "index notes_by_text is not as in the schema: CREATE INDEX notes_by_text ON notes (lower(text))",
            ),
        ] {
            assert_eq!(differences(&database(change), SQL).unwrap(), [said], "{change}");
        }
        let long = format!("CREATE VIEW v AS SELECT '{}'", "x".repeat(1000));
        let said = differences(&database(&long), SQL).unwrap();
        assert!(said[0].len() < 120, "{said:?}");
    }

    #[test]
    fn numbers_leave_room_for_more() {
        assert!(wrong_numbers(&database("")).unwrap().is_empty());
        assert!(wrong_numbers(&database("INSERT INTO notes VALUES (7, 'a')")).unwrap().is_empty());
        for (change, said) in [
            (
                "INSERT INTO notes VALUES (9223372036854775807, 'a')",
                "table notes has a row with the number 9223372036854775807",
            ),
            ("INSERT INTO notes VALUES (-1, 'a')", "table notes has a row with the number -1"),
            ("INSERT INTO sqlite_sequence VALUES ('notes', 9223372036854775807)", "the sequence of table notes is out"),
            ("INSERT INTO sqlite_sequence VALUES ('notes', 'x')", "the sequence of table notes is out"),
            ("INSERT INTO sqlite_sequence VALUES ('other', 1)", "the sequence of table other is out"),
            ("INSERT INTO sqlite_sequence VALUES ('notes', 1), ('notes', 2)", "the sequence of table notes is out"),
            ("INSERT INTO sqlite_sequence VALUES (x'00', 1)", "the sequence of table  is out"),
        ] {
            let wrong = wrong_numbers(&database(change)).unwrap();
            assert!(wrong.iter().any(|line| line.starts_with(said)), "{change}: {wrong:?}");
        }
    }
}
