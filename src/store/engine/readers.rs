//! Connections for reading: as many as are used at the same moment. The one given back last is taken first: what it
//! knows of the file is still warm.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::connection;
use crate::domain::error::Result;

pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub fn of(path: &Path) -> Readers {
        Readers { path: path.to_owned(), idle: Mutex::default() }
    }

    /// Runs `query` in a transaction.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::serving(&self.path)?,
        };
        let run = |sql| connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        run("BEGIN")?;
        let result = query(&connection);
        // Not after a panic or a failed transaction: then it is closed, and the next one is opened anew.
        match run("COMMIT") {
            Ok(_) => self.idle().push(connection),
            // What was read is as good as it was: of a damaged file that there is damage.
            Err(e) => log::warn!("a connection for reading is given up: {e}"),
        }
        result
    }

    pub fn how_many_idle(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing that holds the lock can leave it half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives back what a connection has in its cache.
pub fn shrink(connection: &Connection) {
    if let Err(e) = connection.execute_batch("PRAGMA shrink_memory") {
        log::warn!("a connection for reading keeps its cache: {e}");
    }
}
