//! Why a whole batch of changes was not committed.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::domain::error::Error;
use crate::store::{is_disk_failure, is_want_of_room};

/// Everyone in the batch is told the same.
pub enum CommitFailure {
    /// The transaction could not be begun or committed.
    Commit(rusqlite::Error),
    /// A statement's failure made SQLite give up the whole transaction.
    Lost { is_disk_full: bool },
    /// A statement met a failing disk.
    DiskFailed,
    /// Committed to a deleted or replaced file.
    Misplaced(PathBuf),
    /// The disk failed before; nothing may be written any more.
    Halted,
}

impl CommitFailure {
    pub fn error(&self) -> Error {
        match self {
            // After these it is unknown whether something was changed.
            CommitFailure::Commit(e) if is_disk_failure(e) => Error::internal(e.to_string()),
            CommitFailure::Commit(rusqlite::Error::SqliteFailure(code, message)) => {
                rusqlite::Error::SqliteFailure(*code, message.clone()).into()
            }
            CommitFailure::Commit(other) => Error::internal(other.to_string()),
            CommitFailure::Lost { is_disk_full: true } => Error::storage_full(),
            CommitFailure::Lost { is_disk_full: false } => {
                Error::internal("a statement failed and SQLite rolled back the transaction")
            }
            CommitFailure::DiskFailed => Error::internal("a statement failed with a disk error"),
            CommitFailure::Misplaced(path) => {
                Error::internal(format!("{} was removed or replaced while in use", path.display()))
            }
            CommitFailure::Halted => Error::unavailable("The server is stopping; nothing was changed."),
        }
    }

    pub fn is_for_want_of_room(&self) -> bool {
        match self {
            CommitFailure::Commit(e) => is_want_of_room(e),
            CommitFailure::Lost { is_disk_full } => *is_disk_full,
            CommitFailure::DiskFailed | CommitFailure::Misplaced(_) | CommitFailure::Halted => false,
        }
    }

    /// After a failed write or sync the pages in memory and on disk may differ, and the next commit would succeed over
    /// lost ones: only a restart, which reads the disk anew, is safe. A full disk and a busy file are harmless.
    pub fn is_fatal(&self) -> bool {
        match self {
            CommitFailure::Commit(e) => {
                let is_busy =
                    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
                !is_busy && !is_want_of_room(e)
            }
            CommitFailure::Lost { is_disk_full } => !is_disk_full,
            CommitFailure::DiskFailed | CommitFailure::Misplaced(_) => true,
            CommitFailure::Halted => false,
        }
    }
}
