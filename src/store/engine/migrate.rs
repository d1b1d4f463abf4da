//! The versions of a schema: a new file is filled whole or not at all, an older one is brought up to date in one
//! transaction, a newer or foreign one is left alone.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::connection;
use super::{header, objects};
use crate::domain::error::{Error, Result};

/// What a program expects of its databases.
pub struct Schema {
    /// Marks our files (`PRAGMA application_id`).
    pub application_id: i64,
    /// Marks the files of development versions, which no release can read.
    pub development_id: i64,
    /// The present schema, whole.
    pub sql: &'static str,
    /// What turns an older file into one of the present schema: the first entry makes version 2 of version 1, and so on. Never
    /// edited after a release.
    pub migrations: &'static [&'static str],
}

impl Schema {
    pub fn version(&self) -> i64 {
        1 + self.migrations.len() as i64
    }

    /// Makes a new database under `path`, which must not exist, with what `fill` writes into it. It appears there whole and
    /// synced, or not at all.
    pub fn create(&self, path: &Path, fill: impl FnOnce(&Connection) -> Result<()>) -> Result<()> {
        let unfinished = path.with_extension("db.new");
        // Emptied, not removed: as long as it is there, an interruption can be told from a loss.
        File::create(&unfinished).map_err(|e| Error::invalid(format!("{} cannot be written: {e}.", path.display())))?;
        for leftover in [unfinished.with_extension("new-wal"), unfinished.with_extension("new-shm")] {
            if leftover.exists() {
                fs::remove_file(leftover).map_err(Error::internal)?;
            }
        }
        let connection = connection::creating(&unfinished)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let transaction = begin(&connection)?;
        transaction.execute_batch(self.sql)?;
        fill(&transaction)?;
        transaction.pragma_update(None, "application_id", self.application_id)?;
        transaction.pragma_update(None, "user_version", self.version())?;
        transaction.commit()?;
        // Closing the last connection folds the log into the file.
        connection.close().map_err(|(_, e)| e)?;
        let finished = || -> std::io::Result<()> {
            File::open(&unfinished)?.sync_all()?;
            fs::rename(&unfinished, path)?;
            File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        finished().map_err(|e| Error::invalid(format!("{} cannot be written: {e}.", path.display())))
    }

    /// `Invalid` where the file is not ours, a development version's or a newer program's.
    pub fn identify(&self, path: &Path) -> Result<()> {
        match header::marks(path)? {
            Some(marks) if marks.application_id == self.application_id => self.refuse_unknown(marks.user_version, path),
            Some(marks) if marks.application_id == self.development_id => Err(Error::invalid(format!(
                "{} was made by a development version of Bowline, which this version cannot read: start with an empty \
                 data directory, or keep using the version that made it.",
                path.display()
            ))),
            _ => Err(Error::invalid(format!("{} is not a Bowline database.", path.display()))),
        }
    }

    fn refuse_unknown(&self, version: i64, path: &Path) -> Result<()> {
        if version <= self.version() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{} was made by a newer Bowline (schema version {version}; this one knows {}).",
            path.display(),
            self.version()
        )))
    }

    /// Whether a database of ours is of this program's version, or an older one.
    pub fn is_current(&self, path: &Path) -> Result<bool> {
        self.identify(path)?;
        Ok(self.version_of(&connection::reading(path)?, path)? == self.version())
    }

    pub fn require_current(&self, connection: &Connection, path: &Path) -> Result<()> {
        if self.version_of(connection, path)? == self.version() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{} was made by an older Bowline; start `bowline serve` once to bring it up to date.",
            path.display()
        )))
    }

    /// The log may know it better than the file's header.
    fn version_of(&self, connection: &Connection, path: &Path) -> Result<i64> {
        let version = user_version(connection)?;
        self.refuse_unknown(version, path)?;
        Ok(version)
    }

    /// Brings a database of ours up to date. No other process may have it open.
    pub fn upgrade(&self, path: &Path) -> Result<()> {
        let connection = connection::writing(path)?;
        self.version_of(&connection, path)?;
        self.migrate(&connection)
    }

    /// All migrations that are missing, or none.
    fn migrate(&self, connection: &Connection) -> Result<()> {
        let transaction = begin(connection)?;
        let done = usize::try_from(user_version(&transaction)? - 1).unwrap_or(0);
        for migration in self.migrations.iter().skip(done) {
            transaction.execute_batch(migration)?;
        }
        if let Some(first) = objects::differences(&transaction, self.sql)?.first() {
            return Err(Error::invalid(format!("The database cannot be brought up to date: {first}.")));
        }
        transaction.pragma_update(None, "user_version", self.version())?;
        Ok(transaction.commit()?)
    }
}

fn begin(connection: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
}

fn user_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;

    const FIRST: Schema = Schema {
        application_id: 7,
        development_id: 8,
        sql: "CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;",
        migrations: &[],
    };
    const THIRD: Schema = Schema {
        sql: "CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL, length INTEGER) STRICT;
              CREATE TABLE words (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
              CREATE TRIGGER words_stay BEFORE DELETE ON words BEGIN SELECT RAISE(ABORT, 'a word stays'); END;",
        migrations: &[
            "ALTER TABLE notes ADD COLUMN length INTEGER; UPDATE notes SET length = length(text);",
            "CREATE TABLE words (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
             INSERT INTO words SELECT DISTINCT text FROM notes;
             CREATE TRIGGER words_stay BEFORE DELETE ON words BEGIN SELECT RAISE(ABORT, 'a word stays'); END;",
        ],
        ..FIRST
    };
    const NOTES: i64 = 300;

    /// A database of the first version with notes of 100 characters.
    fn older() -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.db");
        FIRST
            .create(&path, |connection| {
                let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                           INSERT INTO notes (text) SELECT printf('%0100d', i) FROM n";
                connection.execute(sql, [NOTES])?;
                Ok(())
            })
            .unwrap();
        (directory, path)
    }

    fn number(connection: &Connection, sql: &str) -> i64 {
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    const ALL_NOTES: &str = "SELECT count(*) FROM notes WHERE text = printf('%0100d', number)";

    #[track_caller]
    fn is_third(path: &Path) {
        assert!(THIRD.is_current(path).unwrap());
        let connection = connection::reading(path).unwrap();
        THIRD.require_current(&connection, path).unwrap();
        for sql in [ALL_NOTES, "SELECT count(*) FROM notes WHERE length = 100", "SELECT count(*) FROM words"] {
            assert_eq!(number(&connection, sql), NOTES, "{sql}");
        }
    }

    #[test]
    fn each_migration_runs_once() {
        let (_directory, path) = older();
        assert!(!THIRD.is_current(&path).unwrap());
        let said = THIRD.require_current(&connection::reading(&path).unwrap(), &path).unwrap_err().to_string();
        assert!(said.contains("start `bowline serve` once"), "{said}");
        for _ in 0..2 {
            THIRD.upgrade(&path).unwrap();
            is_third(&path);
        }
        assert!(FIRST.upgrade(&path).unwrap_err().to_string().contains("newer"));
    }

    #[test]
    fn a_migration_that_fails_leaves_the_version_before_it() {
        let (_directory, path) = older();
        const HALF: Schema = Schema {
            migrations: &[THIRD.migrations[0], "CREATE TABLE words (x INTEGER) STRICT; CREATE TABLE notes (x INTEGER)"],
            ..THIRD
        };
        assert!(HALF.upgrade(&path).is_err());
        assert!(FIRST.is_current(&path).unwrap());
        assert_eq!(number(&connection::reading(&path).unwrap(), "SELECT count(*) FROM pragma_table_info('notes')"), 2);
    }

    #[test]
    fn a_database_with_a_foreign_trigger_is_not_brought_up_to_date() {
        let (_directory, path) = older();
        let trigger = "CREATE TRIGGER evil AFTER INSERT ON notes BEGIN DELETE FROM notes; END";
        connection::writing(&path).unwrap().execute_batch(trigger).unwrap();
        let said = THIRD.upgrade(&path).unwrap_err().to_string();
        assert!(said.contains("CREATE TRIGGER evil"), "{said}");
        assert!(FIRST.is_current(&path).unwrap());
    }

    /// A killed process leaves a prefix of what it wrote to the log.
    #[test]
    fn an_upgrade_that_is_killed_at_any_write_begins_again_and_ends_with_everything_there() {
        let (directory, path) = older();
        let connection = connection::writing(&path).unwrap();
        THIRD.migrate(&connection).unwrap();
        let (database, log) = (fs::read(&path).unwrap(), fs::read(path.with_extension("db-wal")).unwrap());
        // https://sqlite.org/fileformat2.html, section 4.1.
        let (header, frame) = (32, 24 + 4096);
        let frames = (log.len() - header) / frame;
        assert!(frames > 10 && (log.len() - header) % frame == 0, "{} bytes", log.len());
        for written in 0..=frames {
            for torn in [0, 1000] {
                let killed = directory.path().join(format!("killed-{written}-{torn}.db"));
                fs::write(&killed, &database).unwrap();
                let end = (header + written * frame + torn).min(log.len());
                fs::write(killed.with_extension("db-wal"), &log[..end]).unwrap();
                let found = connection::writing(&killed).unwrap();
                assert_eq!(user_version(&found).unwrap(), if written == frames { 3 } else { 1 }, "{written} frames");
                assert_eq!(number(&found, ALL_NOTES), NOTES, "{written} frames");
                drop(found);
                THIRD.upgrade(&killed).unwrap();
                is_third(&killed);
            }
        }
    }

    #[test]
    fn a_database_is_made_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bowline.db");
        // What a killed process may have left.
        fs::write(path.with_extension("db.new"), "half").unwrap();
        assert!(THIRD.create(&path, |_| Err(Error::not_found())).is_err());
        assert!(!path.exists());
        THIRD.create(&path, |_| Ok(())).unwrap();
        assert!(THIRD.is_current(&path).unwrap());
        let names = fs::read_dir(directory.path()).unwrap().flatten().map(|entry| entry.file_name());
        assert!(names.into_iter().all(|name| !name.to_string_lossy().contains("new")));
    }

    #[test]
    fn what_is_not_ours_is_told_by_its_header() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.db");
        for bytes in [&b""[..], b"SQLite format 3\0", &[0; 200]] {
            fs::write(&path, bytes).unwrap();
            assert!(THIRD.identify(&path).is_err());
        }
        fs::remove_file(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE a (x)").unwrap();
        for (application_id, version, refused) in [
            (0, 1, Some("is not a Bowline database")),
            (THIRD.application_id, 1, None),
            (THIRD.application_id, 3, None),
            (THIRD.application_id, 4, Some("newer")),
            (THIRD.development_id, 1, Some("development version")),
        ] {
            connection.pragma_update(None, "application_id", application_id).unwrap();
            connection.pragma_update(None, "user_version", version).unwrap();
            let said = THIRD.identify(&path).err().map(|e| e.to_string());
            assert_eq!(said.is_some(), refused.is_some(), "{said:?}");
            assert!(said.unwrap_or_default().contains(refused.unwrap_or_default()));
        }
    }
}
