//! What a removal leaves behind for a while is seen by nobody. Driven by the schema alone: every table is filled, every row
//! that others refer to is removed, and every table must read as after the removal by SQLite itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::store::engine::references::cascade::{Cascade, RemovalBudget};
use crate::store::engine::references::shadows::{Shadows, Views};
use crate::store::engine::references::{Then, references};

const SCHEMA: &str = include_str!("../../../schema.sql");
const ROWS: i64 = 6;
const ROOTS: &str = "organizations";

struct Database {
    connection: Connection,
    cascade: Cascade,
    shadows: Shadows,
    parents: BTreeSet<String>,
    /// Every table, and how all of its rows are read.
    questions: Vec<(String, String)>,
}

fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
               AND name NOT IN ('installation', 'audit_events', 'audit_anchor', 'removals', 'list_sizes')
               AND name NOT GLOB 'sqlite_*' ORDER BY name";
    connection.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect()
}

/// But when a row was changed, which an emptied reference changes.
fn columns(connection: &Connection, table: &str) -> Vec<(String, String)> {
    let sql = "SELECT name, type FROM pragma_table_info(?1, 'main') WHERE name <> 'updated_at'";
    let mut columns = connection.prepare(sql).unwrap();
    columns.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(|column| column.unwrap()).collect()
}

/// With rows that refer to all rows of their parents in turn, and to none where they may.
fn database() -> Database {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    connection.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
    let references = references(&connection).unwrap();
    for table in tables(&connection) {
        let mut columns = columns(&connection, &table);
        columns.extend(
            connection
                .prepare(&format!("SELECT updated_at FROM {table}"))
                .is_ok()
                .then(|| ("updated_at".to_owned(), "INTEGER".to_owned())),
        );
        let own: Vec<_> = references.iter().filter(|reference| reference.table == table).collect();
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let places = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
        for n in 1..=ROWS {
            let values = columns.iter().map(|(name, kind)| {
                if let Some(place) = own.iter().position(|reference| reference.column == *name) {
                    let turn = n + place as i64;
                    let is_empty = own[place].is_nullable && turn % 4 == 0;
                    return if is_empty { Value::Null } else { Value::Integer(1 + turn % ROWS) };
                }
                match kind.as_str() {
                    "TEXT" => Value::Text(format!("t{n}")),
                    "BLOB" => Value::Blob(vec![n as u8]),
                    _ => Value::Integer(n),
                }
            });
            connection.execute(&sql, params_from_iter(values)).unwrap_or_else(|e| panic!("{table}: {e}"));
        }
    }
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    assert!(!connection.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
    let views = Arc::new(Views::of(&connection, ROOTS).unwrap());
    let parents =
        references.iter().filter(|one| one.then != Then::Holds && one.parent != ROOTS).map(|one| one.parent.clone());
    let questions = tables(&connection).into_iter().map(|table| {
        let names: Vec<String> = columns(&connection, &table).into_iter().map(|(name, _)| name).collect();
        let sql = format!("SELECT {0} FROM {table} ORDER BY {0}", names.join(", "));
        (table, sql)
    });
    let (parents, questions) = (parents.collect(), questions.collect());
    let (cascade, shadows) = (Cascade::of(&connection).unwrap(), Shadows::new(views));
    Database { connection, cascade, shadows, parents, questions }
}

impl Database {
    /// What is read by the names of the tables.
    fn read(&self) -> Vec<(&str, Vec<Vec<Value>>)> {
        let rows = |sql: &str| {
            let mut statement = self.connection.prepare_cached(sql).unwrap();
            let count = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| (0..count).map(|n| row.get(n)).collect::<rusqlite::Result<_>>();
            statement.query_map([], row).unwrap().map(|row| row.unwrap()).collect()
        };
        self.questions.iter().map(|(table, sql)| (table.as_str(), rows(sql))).collect()
    }

    /// In a transaction, as the writer has it, and taken back.
    fn try_out<T>(&self, what: impl FnOnce() -> T) -> T {
        self.connection.execute_batch("BEGIN; SAVEPOINT change").unwrap();
        let result = what();
        self.connection.execute_batch("ROLLBACK").unwrap();
        result
    }

    /// As SQLite does it. `false` where something holds the row.
    fn delete(&self, table: &str, number: i64) -> bool {
        self.connection.execute(&format!("DELETE FROM {table} WHERE number = ?1"), [number]).is_ok()
    }

    /// As little as can be: the row alone.
    fn let_go(&self, table: &str, number: i64) -> rusqlite::Result<()> {
        if self.cascade.clear(&self.connection, table, number, &RemovalBudget::of_rows(0, 0))? {
            self.connection.execute(&format!("DELETE FROM main.{table} WHERE number = ?1"), [number])?;
            return Ok(());
        }
        self.cascade.detach(&self.connection, table, &[number])?;
        self.connection.execute("INSERT INTO removals (parent, number) VALUES (?1, ?2)", (table, number))?;
        self.shadows.settle(&self.connection)
    }

    /// The rest, row by row; `look` is asked after each.
    fn finish(&self, table: &str, number: i64, look: impl Fn()) {
        while !self.cascade.clear(&self.connection, table, number, &RemovalBudget::of_rows(1, 0)).unwrap() {
            look();
        }
        self.connection.execute("DELETE FROM removals WHERE parent = ?1 AND number = ?2", (table, number)).unwrap();
        self.shadows.settle(&self.connection).unwrap();
        look();
    }

    fn assert_is_whole(&self) {
        assert!(!self.connection.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
        assert!(!self.connection.prepare("SELECT 1 FROM temp.sqlite_schema").unwrap().exists([]).unwrap());
        let references: bool = self.connection.pragma_query_value(None, "foreign_keys", |row| row.get(0)).unwrap();
        assert!(references, "references count again");
    }
}

#[test]
fn nobody_sees_what_a_removal_leaves_behind() {
    let (expected, actual) = (database(), database());
    assert!(actual.parents.len() > 15, "{:?}", actual.parents);
    let mut left_something = 0;
    for table in &actual.parents {
        for number in 1..=ROWS {
            let after = expected.try_out(|| expected.delete(table, number).then(|| expected.read()));
            actual.try_out(|| {
                let Some(after) = after else {
                    assert!(actual.let_go(table, number).is_err(), "{table} {number} is held");
                    return;
                };
                actual.let_go(table, number).unwrap();
                let look = || assert!(actual.read() == after, "{table} {number}");
                look();
                let all = "SELECT count(*) FROM removals";
                left_something += actual.connection.query_row(all, [], |row| row.get::<_, i64>(0)).unwrap();
                actual.finish(table, number, look);
                actual.assert_is_whole();
            });
        }
    }
    assert!(left_something > 50, "{left_something}");
}

#[test]
fn several_removals_at_once_leave_nothing_either() {
    let (expected, actual) = (database(), database());
    let references = references(&actual.connection).unwrap();
    let refers = |table: &str, parent: &str| references.iter().any(|one| one.table == table && one.parent == parent);
    let mut pairs = 0;
    for first in &actual.parents {
        let meets = |second: &&String| {
            refers(first, second)
                || refers(second, first)
                || references.iter().any(|one| one.parent == *first && refers(&one.table, second))
        };
        for second in actual.parents.iter().filter(meets) {
            pairs += 1;
            let (gone, after) = expected.try_out(|| {
                let goes = |(table, number): &(&String, i64)| expected.delete(table, *number);
                let gone: Vec<_> = [(first, 2), (second, 3)].into_iter().filter(goes).collect();
                (gone, expected.read())
            });
            actual.try_out(|| {
                gone.iter().for_each(|(table, number)| actual.let_go(table, *number).unwrap());
                assert!(actual.read() == after, "{first} and {second}");
                for (table, number) in &gone {
                    actual.finish(table, *number, || {});
                    assert!(actual.read() == after, "{first} and {second}, without {table}");
                }
                actual.assert_is_whole();
            });
        }
    }
    assert!(pairs > 40, "{pairs}");
}

#[test]
fn a_removal_that_is_taken_back_leaves_everything_as_it_was() {
    let database = database();
    let before = database.read();
    for table in &database.parents {
        // Where something holds the row, it stays in any case.
        let _held = database.try_out(|| database.let_go(table, 1));
        database.shadows.settle(&database.connection).unwrap();
        assert!(database.read() == before, "{table}");
        database.assert_is_whole();
    }
}

/// The writer settles what is hidden once a batch, and not again before each change.
#[test]
fn a_removal_that_is_taken_back_leaves_its_batch_as_the_changes_before_it_made_it() {
    let database = database();
    let run = |sql| database.connection.execute_batch(sql).unwrap();
    for table in &database.parents {
        run("BEGIN; SAVEPOINT change");
        // Where something holds the row, it stays in any case.
        let _held = database.let_go(table, 1);
        run("RELEASE change");
        let hidden = database.read();
        run("SAVEPOINT change");
        let _held = database.let_go(table, 2);
        run("ROLLBACK TO change; RELEASE change");
        assert!(database.read() == hidden, "{table}");
        run("ROLLBACK");
    }
}

/// What refers to a row that is gone must never refer to another one.
#[test]
fn numbers_that_others_refer_to_are_never_used_again() {
    let Database { connection, parents, .. } = database();
    for table in parents {
        let sql = "SELECT instr(sql, 'INTEGER PRIMARY KEY AUTOINCREMENT') FROM sqlite_schema WHERE name = ?1";
        let is_told: bool = connection.query_row(sql, [&table], |row| row.get(0)).unwrap();
        assert!(is_told, "{table}");
    }
}

/// A row that nobody sees may still be in the way of a new one. Where it can, the change that would meet it removes it
/// first: a link through a source that is gone (`put_link`), and a set of a project that is gone (`free_name`). For all
/// others, the columns are of one owner, which is never used again, or are drawn by lot.
#[test]
fn what_nobody_sees_is_in_nobodys_way() {
    let Database { connection, .. } = database();
    let references = references(&connection).unwrap();
    let sql = "SELECT tables.name, group_concat(columns.name, ' ') FROM pragma_table_list AS tables,
                      pragma_index_list(tables.name) AS indexes, pragma_index_info(indexes.name) AS columns
               WHERE tables.schema = 'main' AND indexes.\"unique\" GROUP BY tables.name, indexes.name";
    let mut indexes = connection.prepare(sql).unwrap();
    let indexes = indexes.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(|index| index.unwrap());
    let mut met = BTreeSet::new();
    for (table, columns) in indexes.collect::<Vec<(String, String)>>() {
        let columns: BTreeSet<&str> = columns.split(' ').collect();
        let own = references.iter().filter(|one| one.table == table && one.parent != ROOTS && one.then == Then::Goes);
        let others: Vec<&str> = own.map(|one| one.column.as_str()).filter(|one| !columns.contains(one)).collect();
        let by_lot = columns.contains("id") || columns.contains("digest") || columns.contains("callback");
        if !others.is_empty() && !by_lot {
            met.insert(format!("{table} ({})", columns.into_iter().collect::<Vec<_>>().join(", ")));
        }
    }
    // Met and removed are the links and the sets. The other rows have an owner that is in the index, and no other.
    let known = [
        "api_tokens (is_for_audit_trail, organization)",
        "api_tokens (team)",
        "organization_memberships (email, organization)",
        "repository_links (policy_set)",
        "repository_links (registry_module)",
        "repository_links (stack)",
        "repository_links (workspace)",
        "team_access (project, team)",
        "team_access (team, workspace)",
        "variable_sets (name, organization)",
        "variables (category, key, variable_set)",
        "variables (category, key, workspace)",
        "variables (key, policy_set)",
    ];
    assert_eq!(met.iter().map(String::as_str).collect::<Vec<_>>(), known);
}

fn sources(below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(below).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Otherwise a write would meet a view as soon as a removal has not ended, and only then.
#[test]
fn what_writes_names_the_table_itself() {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut checked = 0;
    for path in
        sources(&store).into_iter().filter(|path| !path.starts_with(store.join("tests")) && !path.ends_with("tests.rs"))
    {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for verb in ["INSERT INTO ", "INSERT OR IGNORE INTO ", "INSERT OR REPLACE INTO ", "DELETE FROM ", "UPDATE "] {
            for (at, _) in code.match_indices(verb) {
                let (before, after) = (&code[..at], &code[at + verb.len()..]);
                if before.ends_with("DO ") || before.ends_with("BEFORE ") {
                    continue;
                }
                assert!(after.starts_with("main."), "{}: {verb}{}", path.display(), &after[..after.len().min(30)]);
                checked += 1;
            }
        }
    }
    assert!(checked > 80, "{checked}");
}
