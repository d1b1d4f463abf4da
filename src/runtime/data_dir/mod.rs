//! The data directory: `bowline.db`, its witness `audit.head`, `bowline.reserve`, `master.key`, `bowline.lock`, a sandbox's
//! certificate, and who may use them.

mod contents;
mod find;
mod installed;
mod owner;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use self::contents::require_file_or_nothing;
pub use self::installed::Installed;
use super::options::KeyOptions;
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::secret::{Sealed, Secret};
use crate::domain::sources::Sources;
use crate::store;
use crate::store::{KeyChecks, Reserve, Store, Verified, place};
use crate::vault::{Keys, LockedKeyFile, Vault, key_number};

const DATABASE: &str = "bowline.db";
const UNFINISHED: &str = "bowline.db.new";
const KEY: &str = "master.key";
const LOCK: &str = "bowline.lock";
/// Between the gate and the server behind it.
pub const SOCKET: &str = "bowline.sock";
/// The certificate of a sandbox, and its key.
pub const CERTIFICATE: &str = "tls-self-signed.pem";
pub const CERTIFICATE_KEY: &str = "tls-self-signed.key";
/// Between the operators' gate and the server behind that.
pub const OPERATORS_SOCKET: &str = "operators.sock";
/// Between a demo's providers and the server behind them.
pub const PROVIDERS_SOCKET: &str = "providers.sock";
/// What is sealed and digested to recognise the key that belongs to a database.
const KEY_CHECK: &str = "bowline key check";

pub struct DataDir {
    path: PathBuf,
    key: PathBuf,
}

/// Held by a server for as long as it runs, and by the command that sets the directory up. The system gives it back when the
/// process ends, however it ends.
pub struct Lock {
    _file: File,
}

/// Held by a key rotation, beside a server or not. A database has one key file, and a key file may have been given to two
/// databases: no other process may rotate either.
pub struct RotationLock {
    pub key_file: LockedKeyFile,
    _directory: File,
}

/// What only a key file that belongs to the database opens.
pub fn key_check(vault: &Vault) -> Result<Sealed> {
    vault.seal(&place::key_check(), &Secret::new(KEY_CHECK.to_owned()))
}

impl DataDir {
    pub fn at(path: &Path, key: &KeyOptions) -> DataDir {
        let key = key.key_file.clone().unwrap_or_else(|| path.join(KEY));
        DataDir { path: path.to_owned(), key }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the master key lies, or would, from the root.
    pub fn key(&self) -> PathBuf {
        std::path::absolute(&self.key).unwrap_or_else(|_| self.key.clone())
    }

    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Takes the server's place, making the directory if there is none. A directory of another user is left
    /// untouched.
    pub fn lock(&self) -> Result<Lock> {
        if self.has_database()? {
            store::identify(&self.database())?;
            Vault::read(&self.key)?;
            owner::require_own(&self.database())?;
        } else {
            self.require_ours()?;
        }
        self.take()
    }

    /// Takes the place of a server that is not there yet, for `restore`.
    pub fn lock_empty(&self) -> Result<Lock> {
        self.require_empty()?;
        owner::require_own(&self.path)?;
        let lock = self.take()?;
        // Again, now that no other process can come in between.
        self.require_empty()?;
        Ok(lock)
    }

    fn take(&self) -> Result<Lock> {
        self.make()?;
        require_file_or_nothing(&self.path.join(LOCK))?;
        if self.path.join(SOCKET).is_dir() {
            return Err(Error::invalid(format!("{} is a directory.", self.path.join(SOCKET).display())));
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path.join(LOCK))
            .map_err(|e| self.unusable(&e))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(Error::invalid(format!("Another bowline server uses {}.", self.path.display())))
            }
            Err(TryLockError::Error(e)) => Err(self.unusable(&e)),
        }
    }

    pub fn lock_for_rotation(&self) -> Result<RotationLock> {
        let taken = || Error::invalid(format!("Another key rotation is at work on {}.", self.path.display()));
        let directory = File::open(&self.path).map_err(|e| self.unusable(&e))?;
        match directory.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken()),
            Err(TryLockError::Error(e)) => return Err(self.unusable(&e)),
        }
        let key_file = LockedKeyFile::take(&self.key)?.ok_or_else(taken)?;
        Ok(RotationLock { key_file, _directory: directory })
    }

    /// For a server: opens the database, making or upgrading it first if need be.
    pub fn open_locked(&self, _lock: &Lock, on_fatal: impl FnOnce(String) + Send + 'static) -> Result<(Store, Vault)> {
        self.reserve().lend(|| self.open_or_make(on_fatal))
    }

    fn open_or_make(&self, on_fatal: impl FnOnce(String) + Send + 'static) -> Result<(Store, Vault)> {
        if !self.has_database()? {
            self.create()?;
        } else if !store::is_current(&self.database()).map_err(|e| self.damaged(e))? {
            log::info!("bringing {} up to date", self.database().display());
            let vault = Vault::read(&self.key)?;
            let checks = store::key_checks_of(&self.database()).map_err(|e| self.damaged(e))?;
            self.require_match(&vault, &checks)?;
            store::upgrade(&self.database()).map_err(|e| self.damaged(e))?;
        }
        self.open_current(on_fatal)
    }

    /// For `init`: a new database, and nothing but that.
    pub fn create_new(&self) -> Result<()> {
        self.require_no_database()?;
        owner::require_own(&self.path)?;
        let lock = self.lock()?;
        // Again, now that no other process can come in between.
        self.require_no_database()?;
        let (store, _) = self.open_locked(&lock, |_| ())?;
        store.close();
        Ok(())
    }

    fn require_no_database(&self) -> Result<()> {
        if !self.has_database()? {
            return Ok(());
        }
        Err(Error::invalid(format!("There is a Bowline database in {} already.", self.absolute().display())))
    }

    /// For a command beside a server: opens the database that [`DataDir::find`] has found.
    pub fn open_existing(&self) -> Result<(Store, Vault)> {
        self.reserve().lend(|| self.open_current(|_| ()))
    }

    fn reserve(&self) -> Reserve {
        Reserve::beside(&self.database())
    }

    fn open_current(&self, on_fatal: impl FnOnce(String) + Send + 'static) -> Result<(Store, Vault)> {
        let damaged = |e| self.damaged(e);
        store::identify(&self.database())?;
        let vault = Vault::read(&self.key)?;
        let store = Store::open(&self.database(), vault.trail_key(), Sources::system(), on_fatal).map_err(damaged)?;
        let checks = store.read(|view| view.key_checks()).map_err(damaged);
        match checks.and_then(|checks| self.require_match(&vault, &checks)) {
            Ok(()) => Ok((store, vault)),
            Err(e) => {
                store.close();
                Err(e)
            }
        }
    }

    /// An error of SQLite's, with the file that it is about.
    pub fn damaged(&self, e: Error) -> Error {
        match e.kind {
            Kind::Internal => {
                Error::invalid(format!("{} cannot be used: {}.", self.database().display(), e.told_to_operators()))
            }
            _ => e,
        }
    }

    /// Refuses a backup whose keys are not there. What its audit trail goes on with otherwise.
    pub fn require_keys(&self, backup: &Verified) -> Result<TrailKey> {
        let vault = Vault::read(&self.key)?;
        self.require_match(&vault, &backup.key_checks)?;
        match backup.seal_keys.iter().find(|number| !vault.has_key(**number)) {
            Some(number) => Err(self.lacks(*number)),
            None => Ok(vault.trail_key()),
        }
    }

    fn require_match(&self, vault: &Vault, checks: &KeyChecks) -> Result<()> {
        let opens = vault.open(&place::key_check(), &checks.seal_check).is_ok_and(|text| text.reveal() == KEY_CHECK);
        let has_its_digests = vault.digest(KEY_CHECK) == checks.digest_check;
        if opens && has_its_digests {
            return Ok(());
        }
        match key_number(&checks.seal_check) {
            Some(number) if has_its_digests && !vault.has_key(number) => Err(self.lacks(number)),
            _ => Err(Error::invalid(format!("{} is not the master key of this database.", self.key.display()))),
        }
    }

    fn lacks(&self, key: u32) -> Error {
        let shown = self.key.display();
        Error::invalid(format!(
            "{shown} has no key {key}, which secrets of this database are sealed under: use a copy of the key file from the \
             time when the database was as it is."
        ))
    }

    fn create(&self) -> Result<()> {
        self.require_ours()?;
        require_file_or_nothing(&self.path.join(UNFINISHED))?;
        // From here on an interruption can be told from a loss: see `require_ours`.
        File::create(self.path.join(UNFINISHED)).map_err(|e| self.unusable(&e))?;
        if !self.key.exists() {
            Keys::generate()?.write_new(&self.key)?;
        }
        let vault = Vault::read(&self.key)?;
        store::create(
            &self.database(),
            &key_check(&vault)?,
            vault.digest(KEY_CHECK),
            &vault.trail_key(),
            Sources::system().now(),
        )?;
        log::info!("made a new database in {}", self.absolute().display());
        self.warn_beside_service();
        Ok(())
    }

    fn unusable(&self, e: &io::Error) -> Error {
        let what_to_do = match e.kind() {
            ErrorKind::PermissionDenied if owner::is_root() => "",
            ErrorKind::PermissionDenied if self.is_absent() => {
                " Name a directory that you may write to with --data-dir."
            }
            ErrorKind::PermissionDenied => " Run the command as root, or as the directory's owner.",
            _ => "",
        };
        Error::invalid(format!("The data directory {} cannot be used: {e}.{what_to_do}", self.absolute().display()))
    }

    /// As far as this user may know.
    fn is_absent(&self) -> bool {
        self.path.symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::NotFound)
    }
}
