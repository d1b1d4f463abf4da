//! Copies of the database, made while it is in use.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use tempfile::NamedTempFile;

use super::connection;
use crate::domain::error::{Error, Result};

/// How the name of a copy begins that is not whole yet.
const UNFINISHED: &str = ".bowline-backup-";

/// Writes a consistent copy of the database at `from` to `to`, which must not exist: 0600, synced, whole or absent.
/// Writers go on meanwhile.
pub fn copy_of(from: &Path, to: &Path) -> Result<()> {
    if to.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(Error::invalid(format!("{} is not a name for a file.", to.display())));
    }
    if to.symlink_metadata().is_ok() {
        return Err(Error::invalid(format!("{} exists already; a backup never overwrites.", to.display())));
    }
    // A backup is one file: in the log's mode, opening it would leave a log and an index beside it.
    copy(from, to, "DELETE")
}

/// Writes a copy that is ready to be opened for writing to `to`, which must not exist.
pub fn copy_into_place(from: &Path, to: &Path) -> Result<()> {
    copy(from, to, "WAL")
}

fn copy(from: &Path, to: &Path, journal_mode: &str) -> Result<()> {
    let failed = |e: io::Error| Error::invalid(format!("{} cannot be written: {e}.", to.display()));
    let directory = directory_of(to);
    let unfinished = unfinished_in(&directory).map_err(failed)?;
    let source = connection::reading(from)?;
    let mut target = connection::creating(unfinished.path())?;
    let backup = Backup::new(&source, &mut target)?;
    // All pages in one step: one read transaction, so that no writer makes it begin anew.
    match backup.step(-1)? {
        StepResult::Done => {}
        other => return Err(Error::unavailable(format!("The database could not be copied: {other:?}."))),
    }
    drop(backup);
    target.pragma_update(None, "journal_mode", journal_mode)?;
    target.close().map_err(|(_, e)| e)?;
    unfinished.as_file().sync_all().map_err(failed)?;
    unfinished.persist_noclobber(to).map_err(|e| failed(e.error))?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

/// A file to fill, and the end of those that were left by who was killed while filling them: a lock tells them from what
/// is still at work.
fn unfinished_in(directory: &Path) -> io::Result<NamedTempFile> {
    for entry in fs::read_dir(directory)?.flatten() {
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes());
        if is_ours && entry.file_type()?.is_file() && is_abandoned(&entry.path()) {
            // Another process may have made it first.
            let _ = fs::remove_file(entry.path());
        }
    }
    loop {
        let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(directory)?;
        file.as_file().lock()?;
        // Between the two it may have looked abandoned.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// What SQLite keeps beside a file for as long as it is at work on it has no lock of its own.
fn is_abandoned(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy();
    let main = ["-journal", "-wal", "-shm"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    match File::open(main) {
        Ok(file) => file.try_lock().is_ok(),
        Err(e) => e.kind() == io::ErrorKind::NotFound,
    }
}

fn directory_of(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
