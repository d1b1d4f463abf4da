//! How the file is opened: the settings that durability and safety hang on, the same for everyone.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use crate::domain::error::{Error, Result};

/// How long a connection waits for another process, and how often it looks.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);
/// Statements kept prepared on each connection: more than there are.
const STATEMENTS: usize = 256;
/// A reader's page cache, in KiB. The system's own cache is behind it, and there are many workers.
const READER_CACHE_KIB: i64 = 256;
const WRITER_CACHE_KIB: i64 = 2048;
/// Pages of the write-ahead log (16 MiB) after which it is folded into the database: most pages are in it many times by
/// then, and are written once.
const LOG_PAGES: i64 = 4000;
const MAX_SQL_BYTES: i32 = 64 * 1024;

/// For the one writer. Creates nothing.
pub fn writing(path: &Path) -> Result<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Every commit is synced before it is acknowledged; the setting is not stored in the file.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted, secrets above all, leaves the file.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    // What a large change may have to take back goes to a nameless file beside the database: elsewhere there may be no
    // room, or nothing may be written at all.
    if let Some(directory) = path.parent().and_then(Path::to_str).filter(|directory| !directory.is_empty()) {
        connection.pragma_update(None, "temp_store_directory", directory)?;
    }
    Ok(connection)
}

/// Of any file, also one from another place.
pub fn reading(path: &Path) -> Result<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

/// One of many, which answer requests from the file that the writer has open.
pub fn serving(path: &Path) -> Result<Connection> {
    let connection = reading(path)?;
    // Of a damaged page it can spread nothing. Looking at every cell of each page that comes from a large file, rather than
    // at those that are asked for, takes a tenth of the pace.
    connection.pragma_update(None, "cell_size_check", false)?;
    Ok(connection)
}

/// SQLite's own timeout looks less and less often; beside a busy writer, which takes the lock again as soon as it has
/// let go of it, that would hardly ever be at the right moment.
pub fn wait_for_others(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|looks: i32| {
        thread::sleep(BETWEEN_LOOKS);
        u128::from(looks.unsigned_abs()) < BUSY_TIMEOUT.as_millis() / BETWEEN_LOOKS.as_millis()
    }))
}

/// For a file that is yet to be filled.
pub fn creating(path: &Path) -> Result<Connection> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection> {
    settled(path, flags).map_err(|e| Error::internal(format!("{} cannot be opened: {e}", path.display())))
}

fn settled(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // Each connection stays on one thread at a time, so SQLite needs no lock of its own.
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // First, so that everything after it waits for a busy file.
    wait_for_others(&mut connection)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Plans do not depend on what is bound; otherwise almost every statement would be prepared anew at each run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_BYTES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_create_may_have_to_take_back_stays_in_memory() {
        let memory = Connection::open_in_memory().unwrap();
        let options = "SELECT count(*) FROM pragma_compile_options WHERE compile_options = 'STMTJRNL_SPILL=126976'";
        assert_eq!(memory.query_row(options, [], |row| row.get::<_, i64>(0)).unwrap(), 1, "see .cargo/config.toml");
    }
}
