//! What a database file says it is, read without opening it as a database: a file of another program is left untouched.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::connection;
use crate::domain::error::{Error, Result};

/// The header of an SQLite file (https://sqlite.org/fileformat2.html, section 1.3).
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const USER_VERSION_AT: usize = 60;
const APPLICATION_ID_AT: usize = 68;

/// What tells one kind of database from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    pub application_id: i64,
    pub user_version: i64,
}

/// `None` where it is no database. Where the header is noise, the log is asked. `Invalid` where it cannot be read.
pub fn marks(path: &Path) -> Result<Option<Marks>> {
    let mut header = [0; HEADER_BYTES];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let is_whole = match read {
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => false,
        other => {
            other.map(|()| true).map_err(|e| Error::invalid(format!("{} cannot be read: {e}.", path.display())))?
        }
    };
    // SQLite would go on without a log, and lose what is written; a pipe would keep us waiting.
    let log = beside(path, "-wal");
    require_file_or_nothing(&log)?;
    require_file_or_nothing(&beside(path, "-shm"))?;
    Ok(if header.starts_with(MAGIC) {
        let (application_id, user_version) =
            (number_at(&header, APPLICATION_ID_AT), number_at(&header, USER_VERSION_AT));
        Some(Marks { application_id, user_version })
    } else if is_whole {
        marks_in_log(path, &log)
    } else {
        // SQLite removes the log of an empty file.
        None
    })
}

/// `Invalid` where something else than a file is under this path.
pub fn require_file_or_nothing(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Error::invalid(format!("{} is not a file.", path.display())));
    }
    Ok(())
}

/// Of a database whose first page broke while the log was folded into it: the log has that page whole. A connection that
/// only reads folds nothing.
fn marks_in_log(path: &Path, log: &Path) -> Option<Marks> {
    fs::metadata(log).ok().filter(|metadata| metadata.len() > 0)?;
    let connection = connection::reading(path).ok()?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).ok();
    Some(Marks { application_id: pragma("application_id")?, user_version: pragma("user_version")? })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from([path.as_os_str(), OsStr::new(suffix)].into_iter().collect::<OsString>())
}

fn number_at(header: &[u8; HEADER_BYTES], at: usize) -> i64 {
    header[at..at + 4].iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
}
