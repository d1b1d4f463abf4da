//! The versions of the schema: a new file is filled whole or not at all, an older one is brought up to date in one
//! transaction, a newer or foreign one is left alone.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::connection;
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::{Error, Result};
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;
use crate::store::audit;

/// In order, never edited after a release. The n-th brings a database to version n.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../schema.sql"),
    include_str!("../../../migrations/0002_todays_contract.sql"),
    include_str!("../../../migrations/0003_audit_trail.sql"),
    include_str!("../../../migrations/0004_key_rotation.sql"),
    include_str!("../../../migrations/0005_tokens_beside_their_clients.sql"),
    include_str!("../../../migrations/0006_one_row_for_a_client_and_its_token.sql"),
    include_str!("../../../migrations/0007_few_projects_in_their_clients_row.sql"),
];
/// The version that made the audit trail a chain, for which SQL has no words.
const WITH_CHAIN: i64 = 3;

/// "Bowl" in ASCII: tells our files from others' (`PRAGMA application_id`).
const APPLICATION_ID: i64 = 0x426f_776c;

/// The header of an SQLite file (https://sqlite.org/fileformat2.html, section 1.3).
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const USER_VERSION_AT: usize = 60;
const APPLICATION_ID_AT: usize = 68;

/// Makes a new database under `path`, which must not exist. It appears there whole and synced, or not at all.
pub fn create(path: &Path, seal_check: &Sealed, digest_check: [u8; 32], trail_key: &TrailKey) -> Result<()> {
    audit::remove_witness(path)?;
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
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate(&connection, MIGRATIONS, trail_key)?;
    connection.execute(
        "INSERT INTO installation (only_row, created_at, seal_check, digest_check) VALUES (1, ?1, ?2, ?3)",
        (Timestamp::now().milliseconds(), &seal_check.0, digest_check),
    )?;
    // Closing the last connection folds the log into the file.
    connection.close().map_err(|(_, e)| e)?;
    let finished = || -> std::io::Result<()> {
        File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    finished().map_err(|e| Error::invalid(format!("{} cannot be written: {e}.", path.display())))?;
    audit::begin_witness(path, &connection::reading(path)?, trail_key)
}

/// Reads the file's header, without opening it as a database: somebody else's is not to be touched. Where that is noise, the
/// log is asked. `Invalid` where it is not ours, or a newer program's.
pub fn identify(path: &Path) -> Result<()> {
    let shown = path.display();
    let mut header = [0; HEADER_BYTES];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let is_whole = match read {
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => false,
        other => other.map(|()| true).map_err(|e| Error::invalid(format!("{shown} cannot be read: {e}.")))?,
    };
    // SQLite would go on without a log, and lose what is written; a pipe would keep us waiting.
    let beside = |suffix: &str| PathBuf::from([path.as_os_str(), OsStr::new(suffix)].into_iter().collect::<OsString>());
    for other in [beside("-wal"), beside("-shm"), path.with_file_name(audit::FILE_NAME)] {
        if fs::symlink_metadata(&other).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Error::invalid(format!("{} is not a file.", other.display())));
        }
    }
    let version = if header.starts_with(MAGIC) {
        (number_at(&header, APPLICATION_ID_AT) == APPLICATION_ID).then(|| number_at(&header, USER_VERSION_AT))
    } else if is_whole {
        version_in_log(path, &beside("-wal"))
    } else {
        // SQLite removes the log of an empty file.
        None
    };
    let version = version.ok_or_else(|| Error::invalid(format!("{shown} is not a Bowline database.")))?;
    refuse_newer(version, path)
}

/// The version of a database of ours whose first page broke while it was folded: the log has it whole. Who only
/// reads folds nothing.
fn version_in_log(path: &Path, log: &Path) -> Option<i64> {
    fs::metadata(log).ok().filter(|metadata| metadata.len() > 0)?;
    let connection = connection::reading(path).ok()?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).ok();
    if pragma("application_id")? == APPLICATION_ID { pragma("user_version") } else { None }
}

fn number_at(header: &[u8; HEADER_BYTES], at: usize) -> i64 {
    header[at..at + 4].iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
}

fn refuse_newer(version: i64, path: &Path) -> Result<()> {
    if version <= current() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{} was made by a newer Bowline (schema version {version}; this one knows {}).",
        path.display(),
        current()
    )))
}

/// Whether a database of ours is of this program's version, or an older one.
pub fn is_current(path: &Path) -> Result<bool> {
    identify(path)?;
    Ok(version(&connection::reading(path)?, path)? == current())
}

/// Brings the open database up to date. Nobody else may have it open.
pub fn upgrade(path: &Path, trail_key: &TrailKey) -> Result<()> {
    let connection = connection::writing(path)?;
    let from = version(&connection, path)?;
    migrate(&connection, MIGRATIONS, trail_key)?;
    if from < WITH_CHAIN {
        audit::begin_witness(path, &connection, trail_key)?;
    }
    Ok(())
}

pub fn require_current(connection: &Connection, path: &Path) -> Result<()> {
    if version(connection, path)? == current() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{} was made by an older Bowline; start `bowline serve` once to bring it up to date.",
        path.display()
    )))
}

fn current() -> i64 {
    MIGRATIONS.len() as i64
}

/// All that are missing, or none.
fn migrate(connection: &Connection, migrations: &[&str], trail_key: &TrailKey) -> Result<()> {
    let transaction = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let from: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for migration in migrations.iter().skip(usize::try_from(from).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    if (from..migrations.len() as i64).contains(&(WITH_CHAIN - 1)) {
        audit::begin_chain(&transaction, trail_key)?;
    }
    transaction.pragma_update(None, "user_version", migrations.len() as i64)?;
    transaction.commit()?;
    Ok(())
}

/// What the write-ahead log may know better than the file's header.
fn version(connection: &Connection, path: &Path) -> Result<i64> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    refuse_newer(version, path)?;
    Ok(version)
}

/// What runs by itself in a database of this version: its triggers and views.
pub fn code_of_version(version: i64) -> Result<BTreeSet<String>> {
    let connection = Connection::open_in_memory()?;
    for migration in MIGRATIONS.iter().take(usize::try_from(version).unwrap_or(0)) {
        connection.execute_batch(migration)?;
    }
    code(&connection)
}

/// What runs by itself in this database, each as it was written.
pub fn code(connection: &Connection) -> Result<BTreeSet<String>> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type NOT IN ('table', 'index')";
    Ok(connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// What only the right master key opens.
pub struct KeyChecks {
    pub seal_check: Sealed,
    pub digest_check: [u8; 32],
}

/// Those of the database at `path`, of whatever version.
pub fn key_checks_of(path: &Path) -> Result<KeyChecks> {
    identify(path)?;
    key_checks(&connection::reading(path)?)
}

/// Reads the key checks of a database that nobody need have open.
pub fn key_checks(connection: &Connection) -> Result<KeyChecks> {
    connection
        .query_row("SELECT seal_check, digest_check FROM installation", [], |row| {
            Ok(KeyChecks { seal_check: Sealed(row.get(0)?), digest_check: row.get(1)? })
        })
        .optional()?
        .ok_or_else(|| Error::invalid("The database does not say which master key it belongs to."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TrailKey {
        TrailKey::new([7; 32])
    }

    fn fresh() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    fn state(connection: &Connection) -> (i64, i64) {
        let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        (version, tables)
    }

    #[test]
    fn each_migration_runs_once() {
        let connection = fresh();
        let (first, second) = ("CREATE TABLE a (x INTEGER) STRICT", "CREATE TABLE b (x INTEGER) STRICT");
        migrate(&connection, &[first], &key()).unwrap();
        assert_eq!(state(&connection), (1, 1));
        for _ in 0..2 {
            migrate(&connection, &[first, second], &key()).unwrap();
            assert_eq!(state(&connection), (2, 2));
        }
    }

    /// Whoever was somebody in version 1 is the same in version 2.
    #[test]
    fn version_2_gives_each_organization_a_project_and_each_member_of_a_team_a_membership() {
        let connection = fresh();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        migrate(&connection, &MIGRATIONS[..1], &key()).unwrap();
        connection
            .execute_batch(
                "INSERT INTO users VALUES (7, 'user-1111111111111111', 'ada', 'a@b', 0, 0),
                                          (8, 'user-2222222222222222', 'bea', 'b@b', 0, 0);
                 INSERT INTO organizations VALUES (1, 'org-1111111111111111', 'one', 'a@b', 5),
                                                  (2, 'org-2222222222222222', 'two', 'a@b', 6);
                 INSERT INTO teams VALUES (1, 'team-1111111111111111', 1, 'owners', 5),
                                          (2, 'team-2222222222222222', 2, 'owners', 6);
                 INSERT INTO team_members VALUES (1, 7), (1, 8), (2, 7);
                 INSERT INTO workspaces VALUES (1, 'ws-1111111111111111', 2, 'w', NULL, 7, 7);
                 INSERT INTO audit_events (at, actor_type, actor_name, resource_type, resource_id, action)
                   VALUES (1, 'System', 'x', 'user', 'user-1111111111111111', 'create');",
            )
            .unwrap();
        migrate(&connection, MIGRATIONS, &key()).unwrap();
        let rows = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
        };
        let members = "SELECT teams.organization || ' ' || users.username FROM team_members
                       JOIN teams ON teams.number = team_members.team
                       JOIN organization_memberships ON organization_memberships.number = team_members.membership
                       JOIN users ON users.number = organization_memberships.user ORDER BY 1";
        assert_eq!(rows(members), ["1 ada", "1 bea", "2 ada"]);
        let projects = "SELECT projects.organization || ' ' || projects.name || ' ' || count(workspaces.number)
                        FROM projects LEFT JOIN workspaces ON workspaces.project = projects.number
                        GROUP BY projects.number ORDER BY 1";
        assert_eq!(rows(projects), ["1 Default Project 0", "2 Default Project 1"]);
        assert_eq!(rows("SELECT resource_id FROM audit_events"), ["user-1111111111111111"]);
        let ids = rows("SELECT id FROM projects UNION SELECT id FROM organization_memberships");
        assert_eq!(ids.len(), 5, "each has an id of its own");
        assert!(rows("SELECT \"table\" FROM pragma_foreign_key_check").is_empty());
    }

    #[test]
    fn a_migration_that_fails_leaves_the_version_before_it() {
        let connection = fresh();
        migrate(&connection, &["CREATE TABLE a (x INTEGER) STRICT"], &key()).unwrap();
        let half = "CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE a (x INTEGER) STRICT;";
        assert!(migrate(&connection, &["", half], &key()).is_err());
        assert_eq!(state(&connection), (1, 1));
    }

    #[test]
    fn a_database_is_made_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bowline.db");
        // What a killed process may have left.
        fs::write(path.with_extension("db.new"), "half").unwrap();
        create(&path, &Sealed(vec![0; 64]), [0; 32], &key()).unwrap();
        assert!(is_current(&path).unwrap());
        let names = fs::read_dir(directory.path()).unwrap().flatten().map(|entry| entry.file_name());
        assert!(names.into_iter().all(|name| !name.to_string_lossy().contains("new")));
    }

    #[test]
    fn what_is_not_ours_is_told_by_its_header() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.db");
        for bytes in [&b""[..], b"SQLite format 3\0", &[0; 200]] {
            fs::write(&path, bytes).unwrap();
            assert!(identify(&path).is_err());
        }
        fs::remove_file(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE a (x)").unwrap();
        assert!(identify(&path).is_err());
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        assert!(identify(&path).is_ok());
        connection.pragma_update(None, "user_version", current() + 1).unwrap();
        assert!(identify(&path).unwrap_err().to_string().contains("newer"));
    }
}
