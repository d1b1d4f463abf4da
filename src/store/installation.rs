//! The database of an installation: how it is made, recognised, brought up to date and restored.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::audit;
use super::engine::migrate::Schema;
use super::engine::{backup, connection, header};
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::{Error, Result};
use crate::domain::secret::Sealed;
use crate::domain::timestamp::Timestamp;

/// The databases of development versions, which had another schema under each number, begin with "Bowl"; ours with "Bwln".
pub(super) const SCHEMA: Schema = Schema {
    application_id: 0x4277_6c6e,
    development_id: 0x426f_776c,
    sql: include_str!("../../schema.sql"),
    migrations: &[],
};

/// What only the right master key opens.
pub struct KeyChecks {
    pub seal_check: Sealed,
    pub digest_check: [u8; 32],
}

/// Makes a new database under `path`, which must not exist. It appears there whole and synced, or not at all.
pub fn create(
    path: &Path,
    seal_check: &Sealed,
    digest_check: [u8; 32],
    trail_key: &TrailKey,
    now: Timestamp,
) -> Result<()> {
    audit::remove_witness(path)?;
    SCHEMA.create(path, |connection| {
        connection.execute(
            "INSERT INTO main.installation (only_row, created_at, seal_check, digest_check) VALUES (1, ?1, ?2, ?3)",
            (now.milliseconds(), &seal_check.0, digest_check),
        )?;
        Ok(audit::begin_chain(connection, trail_key)?)
    })?;
    audit::begin_witness(path, &connection::reading(path)?, trail_key)
}

/// Looks at the file without opening it as a database: another program's is not to be touched. `Invalid` where it is not
/// ours, of a development version, or a newer program's.
pub fn identify(path: &Path) -> Result<()> {
    SCHEMA.identify(path)?;
    header::require_file_or_nothing(&path.with_file_name(audit::FILE_NAME))
}

/// Whether a database of ours is of this program's version, or an older one.
pub fn is_current(path: &Path) -> Result<bool> {
    SCHEMA.is_current(path)
}

/// Brings a database of ours up to date. No other process may have it open.
pub fn upgrade(path: &Path) -> Result<()> {
    SCHEMA.upgrade(path)
}

/// Makes a verified backup the database at `to`, which must not exist. Its trail ends where the backup does, so it begins
/// with a witness of its own.
pub fn install(backup: &Path, to: &Path, trail_key: &TrailKey) -> Result<()> {
    audit::remove_witness(to)?;
    backup::copy_into_place(backup, to)?;
    audit::begin_witness(to, &connection::reading(to)?, trail_key)
}

/// Those of the database at `path`, of whatever version.
pub fn key_checks_of(path: &Path) -> Result<KeyChecks> {
    identify(path)?;
    key_checks(&connection::reading(path)?)
}

/// Reads the key checks of a database that need not be open for writing anywhere.
pub(super) fn key_checks(connection: &Connection) -> Result<KeyChecks> {
    connection
        .query_row("SELECT seal_check, digest_check FROM installation", [], |row| {
            Ok(KeyChecks { seal_check: Sealed(row.get(0)?), digest_check: row.get(1)? })
        })
        .optional()?
        .ok_or_else(|| Error::invalid("The database does not say which master key it belongs to."))
}
