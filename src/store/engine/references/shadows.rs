//! Rows whose parent was deleted are hidden until they are removed.
//!
//! While there are any, each connection has a temporary view before every table that may have some, with the table's own
//! name: what is read by that name is read through the view. The view leaves out the rows whose parent is gone, or is left
//! out itself, and shows a column that would be emptied as empty. So a statement need not know of removals; only what
//! writes says `main.` before the name of the table. The rest of the time there is no view, and it costs nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::{Reference, Then, references};

/// The views of a schema.
pub struct Views {
    /// By the table that a row is gone from: the tables whose rows refer to it, or to what goes with it.
    concerned: BTreeMap<String, BTreeSet<String>>,
    /// By the name of the table.
    texts: BTreeMap<String, String>,
}

impl Views {
    /// References to `roots` do not count: their rows go after everything that refers to them.
    pub fn of(connection: &Connection, roots: &str) -> rusqlite::Result<Views> {
        let mut all = references(connection)?;
        all.retain(|reference| reference.parent != roots && reference.then != Then::Holds);
        let mut views = Views { concerned: BTreeMap::new(), texts: BTreeMap::new() };
        for reference in &all {
            let mut found = BTreeSet::new();
            collect(&all, &reference.parent, &mut found);
            views.concerned.insert(reference.parent.clone(), found);
            let own: Vec<&Reference> = all.iter().filter(|other| other.table == reference.table).collect();
            views.texts.insert(reference.table.clone(), text(connection, &reference.table, &own)?);
        }
        Ok(views)
    }
}

fn collect(all: &[Reference], parent: &str, found: &mut BTreeSet<String>) {
    for reference in all.iter().filter(|reference| reference.parent == parent) {
        if found.insert(reference.table.clone()) && reference.then == Then::Goes {
            collect(all, &reference.table, found);
        }
    }
}

/// The parent is asked by its name, so that its own view answers where it has one. As a scalar, because SQLite would make a
/// join of EXISTS, and might begin with the parents.
fn text(connection: &Connection, table: &str, own: &[&Reference]) -> rusqlite::Result<String> {
    let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1, 'main')")?;
    let columns: Vec<String> = columns
        .query_map([table], |row| row.get::<_, String>(0))?
        .map(|column| {
            let column = column?;
            let emptied = own.iter().find(|reference| reference.then == Then::IsEmptied && reference.column == column);
            Ok(match emptied {
                Some(Reference { parent, .. }) => {
                    format!("(SELECT number FROM {parent} WHERE number = here.{column}) AS {column}")
                }
                None => format!("here.{column}"),
            })
        })
        .collect::<rusqlite::Result<_>>()?;
    let conditions = own.iter().filter(|reference| reference.then == Then::Goes).map(|reference| {
        let Reference { column, parent, .. } = reference;
        let is_there = format!("(SELECT 1 FROM {parent} WHERE number = here.{column})");
        if reference.is_nullable { format!("(here.{column} IS NULL OR {is_there})") } else { is_there }
    });
    let conditions: Vec<String> = conditions.chain(["1".to_owned()]).collect();
    let (columns, conditions) = (columns.join(", "), conditions.join(" AND "));
    Ok(format!("CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table} AS here WHERE {conditions};"))
}

/// Those of one connection.
pub struct Shadows {
    views: Arc<Views>,
    may_be_up: AtomicBool,
}

impl Shadows {
    pub fn new(views: Arc<Views>) -> Shadows {
        Shadows { views, may_be_up: AtomicBool::new(false) }
    }

    /// Within each transaction before anything is read, and after a removal that has not ended.
    pub fn settle(&self, connection: &Connection) -> rusqlite::Result<()> {
        let has_removals: bool = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM main.removals)")?
            .query_row([], |row| row.get(0))?;
        if !has_removals && !self.may_be_up.load(Ordering::Relaxed) {
            return Ok(());
        }
        let wanted: BTreeSet<&String> = names(connection, "SELECT DISTINCT parent FROM main.removals")?
            .iter()
            .filter_map(|parent| self.views.concerned.get(parent))
            .flatten()
            .collect();
        // A transaction that was given up takes its views along, so the connection is asked for them.
        let up = names(connection, "SELECT name FROM temp.sqlite_schema WHERE type = 'view'")?;
        let mut sql = String::new();
        for name in up.iter().filter(|name| !wanted.contains(name)) {
            sql.push_str(&format!("DROP VIEW temp.{name};"));
        }
        sql.extend(
            wanted.iter().filter(|name| !up.contains(**name)).filter_map(|name| self.views.texts.get(*name)).cloned(),
        );
        self.may_be_up.store(true, Ordering::Relaxed);
        if !sql.is_empty() {
            // A connection that only reads refuses these, too.
            let is_for_reading: bool = connection.pragma_query_value(None, "query_only", |row| row.get(0))?;
            connection.pragma_update(None, "query_only", false)?;
            let done = connection.execute_batch(&sql);
            connection.pragma_update(None, "query_only", is_for_reading)?;
            done?;
        }
        // What was dropped now comes back where the transaction is given up.
        self.may_be_up.store(has_removals || !sql.is_empty(), Ordering::Relaxed);
        Ok(())
    }
}

fn names(connection: &Connection, sql: &str) -> rusqlite::Result<BTreeSet<String>> {
    connection.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect()
}
