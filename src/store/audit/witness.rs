//! The witness: a copy of the end of the chain in a file of its own, `audit.head` beside the database.
//!
//! SQLite truncates a damaged write-ahead log silently, and a chain without its last events is still a valid chain. The
//! witness is written after each commit that added events and never synced, so it may be older than the database, after
//! a power loss or because two processes wrote at once, but never newer: one that is ahead proves that acknowledged
//! events are gone.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str;

use rusqlite::{Connection, OptionalExtension};

use super::chain;
use super::chain::{Head, Link};
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::{Error, Result};

/// Its name in the data directory.
pub const FILE_NAME: &str = "audit.head";
/// `bowline audit head`, the number, the link, the MAC: a line of one length, so that a write replaces all of it.
const HEADING: &str = "bowline audit head";
const LINE_BYTES: usize = HEADING.len() + 1 + 20 + 1 + 64 + 1 + 64 + 1;

/// The contents of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    Missing,
    /// Incomplete, unreadable, or made with another key.
    Garbled,
    Head {
        number: i64,
        link: Link,
    },
}

impl Witness {
    pub fn is_at(&self, event: i64) -> bool {
        matches!(self, Witness::Head { number, .. } if *number == event)
    }
}

/// The result of comparing the witness with the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The database has what the witness knows.
    Agrees,
    /// There is no witness.
    Unknown,
    /// The last `missing` events that were acknowledged are not in the database.
    Ahead { number: i64, missing: i64 },
    /// The event `number` differs from the acknowledged one.
    Differs { number: i64 },
}

pub fn path_beside(database: &Path) -> PathBuf {
    database.with_file_name(FILE_NAME)
}

impl Witness {
    pub fn read(database: &Path, key: &TrailKey) -> Witness {
        match fs::read(path_beside(database)) {
            Ok(bytes) => parse(&bytes, key).unwrap_or(Witness::Garbled),
            Err(e) if e.kind() == ErrorKind::NotFound => Witness::Missing,
            Err(_) => Witness::Garbled,
        }
    }

    /// Compares the witness with a state of the database that is not older.
    pub fn verdict(&self, connection: &Connection) -> rusqlite::Result<Verdict> {
        let Witness::Head { number, link } = self else { return Ok(Verdict::Unknown) };
        let head = chain::head(connection)?;
        if *number > head.number {
            return Ok(Verdict::Ahead { number: *number, missing: number - head.number });
        }
        let found: Option<Link> = if *number == head.number {
            Some(head.link)
        } else {
            connection
                .prepare_cached("SELECT link FROM audit_events WHERE number = ?1")?
                .query_row([number], |row| row.get(0))
                .optional()?
        };
        // Events that retention has removed cannot be compared any more.
        Ok(if found.is_none_or(|found| found == *link) {
            Verdict::Agrees
        } else {
            Verdict::Differs { number: *number }
        })
    }
}

fn line(key: &TrailKey, number: i64, link: &Link) -> String {
    format!("{HEADING} {number:020} {} {}\n", hex(link), hex(&chain::witness_mac(key, number, link)))
}

fn parse(bytes: &[u8], key: &TrailKey) -> Option<Witness> {
    let text = str::from_utf8(bytes).ok().filter(|text| text.len() == LINE_BYTES)?;
    let mut words = text.strip_prefix(HEADING)?.trim_ascii().split(' ');
    let (number, link) = (words.next()?.parse().ok()?, unhex(words.next()?)?);
    (text == line(key, number, &link)).then_some(Witness::Head { number, link })
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Option<Link> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |n, digit| n << 4 | *digit as u8)).collect();
    bytes.try_into().ok()
}

/// Writes the file.
pub struct Pen {
    path: PathBuf,
    file: Option<File>,
    has_complained: bool,
}

impl Pen {
    pub fn of(database: &Path) -> Pen {
        Pen { path: path_beside(database), file: None, has_complained: false }
    }

    /// Replaces the contents. If it cannot be written, the change is not refused, because it is on the disk already: the
    /// failure is logged once.
    pub fn write(&mut self, key: &TrailKey, head: &Head) {
        let line = line(key, head.number, &head.link);
        let written = match &self.file {
            Some(file) => file.write_all_at(line.as_bytes(), 0),
            None => open(&self.path).and_then(|file| {
                file.set_len(LINE_BYTES as u64)?;
                self.file.insert(file).write_all_at(line.as_bytes(), 0)
            }),
        };
        match written {
            Ok(()) => self.has_complained = false,
            Err(e) if !self.has_complained => {
                log::warn!(
                    "{} cannot be written: {e}; loss of the newest events would not be detected",
                    self.path.display()
                );
                self.has_complained = true;
            }
            Err(_) => {}
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Removes the witness of another database, before a database takes its place.
pub fn remove(database: &Path) -> Result<()> {
    let path = path_beside(database);
    match fs::remove_file(&path) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(Error::invalid(format!("{} cannot be removed: {e}.", path.display())))
        }
        _ => Ok(()),
    }
}

/// Writes the first witness of a database that was just created or restored.
pub fn begin(database: &Path, connection: &Connection, key: &TrailKey) -> Result<()> {
    Pen::of(database).write(key, &chain::head(connection)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn key() -> TrailKey {
        TrailKey::new([7; 32])
    }

    #[test]
    fn what_is_written_reads_back_with_the_same_key_alone() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("bowline.db");
        assert_eq!(Witness::read(&database, &key()), Witness::Missing);
        let mut pen = Pen::of(&database);
        for number in [1, 1_000_000_000_000, 20] {
            let link = [number as u8; 32];
            pen.write(&key(), &Head { number, link, at: 0 });
            assert_eq!(Witness::read(&database, &key()), Witness::Head { number, link });
        }
        assert_eq!(Witness::read(&database, &TrailKey::new([8; 32])), Witness::Garbled);
        let metadata = fs::metadata(path_beside(&database)).unwrap();
        assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (LINE_BYTES as u64, 0o600));
    }

    #[test]
    fn whatever_is_not_whole_proves_nothing() {
        let good = line(&key(), 12, &[3; 32]);
        assert!(parse(good.as_bytes(), &key()).is_some());
        for n in 0..good.len() {
            let mut other = good.clone().into_bytes();
            other[n] ^= 1;
            assert_eq!(parse(&other, &key()), None, "byte {n}");
            assert_eq!(parse(&good.as_bytes()[..n], &key()), None, "first {n} bytes");
        }
        assert_eq!(parse(&[0; LINE_BYTES], &key()), None);
        assert_eq!(parse(format!("{good}\n").as_bytes(), &key()), None);
    }
}
