//! The data directory: `bowline.db`, its witness `audit.head`, `bowline.reserve`, `master.key`, `bowline.lock`, a sandbox's
//! certificate, and who may use them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::options::{DataOptions, KeyOptions};
use super::tls::PemFiles;
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::secret::{Sealed, Secret};
use crate::domain::sources::Sources;
use crate::store;
use crate::store::{KeyChecks, RESERVE, Reserve, Store, Verified, WITNESS, place};
use crate::vault::{Keys, LockedKeyFile, TEMPORARY, Vault, key_number};

const DATABASE: &str = "bowline.db";
const UNFINISHED: &str = "bowline.db.new";
const KEY: &str = "master.key";
const LOCK: &str = "bowline.lock";
/// Between the gate and the server behind it.
pub const SOCKET: &str = "bowline.sock";
/// The certificate of a sandbox, and its key.
const CERTIFICATE: &str = "tls-self-signed.pem";
const CERTIFICATE_KEY: &str = "tls-self-signed.key";
/// Between the operators' gate and the server behind that.
pub const OPERATORS_SOCKET: &str = "operators.sock";
pub const BESIDE_SOCKET: &str = "beside.sock";
/// What is sealed and digested to recognise the key that belongs to a database.
const KEY_CHECK: &str = "bowline key check";

pub struct DataDir {
    path: PathBuf,
    key: PathBuf,
}

/// Held by a server for as long as it runs, and by whoever sets the directory up. The system gives it back when the
/// process ends, however it ends.
pub struct Lock {
    _file: File,
}

/// Held by a key rotation, beside a server or not. A database has one key file, and a key file may have been given to two
/// databases: nobody else may rotate either.
pub struct RotationLock {
    pub key_file: LockedKeyFile,
    _directory: File,
}

/// What only a key file that belongs to the database opens.
pub fn key_check(vault: &Vault) -> Result<Sealed> {
    vault.seal(&place::key_check(), &Secret::new(KEY_CHECK.to_owned()))
}

impl DataDir {
    pub fn new(options: &DataOptions) -> DataDir {
        DataDir::at(&options.data_dir, &options.key)
    }

    pub fn at(path: &Path, key: &KeyOptions) -> DataDir {
        let key = key.key_file.clone().unwrap_or_else(|| path.join(KEY));
        DataDir { path: path.to_owned(), key }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Where a certificate of the server's own making lies, or would.
    pub fn self_signed(&self) -> PemFiles {
        PemFiles { certificate: self.path.join(CERTIFICATE), key: self.path.join(CERTIFICATE_KEY) }
    }

    /// Takes the server's place, making the directory if there is none. A directory that is somebody else's is left
    /// untouched.
    pub fn lock(&self) -> Result<Lock> {
        if self.has_database()? {
            store::identify(&self.database())?;
            Vault::read(&self.key)?;
        } else {
            self.require_ours()?;
        }
        self.take()
    }

    /// Takes the place of a server that is not there yet, for `restore`.
    pub fn lock_empty(&self) -> Result<Lock> {
        self.require_empty()?;
        let lock = self.take()?;
        // Again, now that nobody can come in between.
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
            store::upgrade(&self.database(), &vault.trail_key()).map_err(|e| self.damaged(e))?;
        }
        self.open_current(on_fatal)
    }

    /// For a command that may be the first one: opens the database beside a running server, or makes it.
    pub fn open_or_create(&self) -> Result<(Store, Vault)> {
        if self.has_database()? {
            self.reserve().lend(|| self.open_current(|_| ()))
        } else {
            self.open_locked(&self.lock()?, |_| ())
        }
    }

    /// For a command that needs something to be there.
    pub fn open_existing(&self) -> Result<(Store, Vault)> {
        self.require_database()?;
        self.reserve().lend(|| self.open_current(|_| ()))
    }

    fn reserve(&self) -> Reserve {
        Reserve::beside(&self.database())
    }

    pub fn require_database(&self) -> Result<()> {
        if self.has_database()? {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "There is no Bowline database in {}; `bowline serve` or `bowline user create` makes one.",
            self.path.display()
        )))
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
        log::info!("made a new database in {}", self.path.display());
        Ok(())
    }

    /// Refuses a directory that is used for something else, or has lost its database: a second, empty database must
    /// not appear in silence. What an interrupted creation left behind is ours.
    fn require_ours(&self) -> Result<()> {
        let names = self.foreign_names()?;
        let was_interrupted = self.path.join(UNFINISHED).exists();
        let is_expected = |name: &&String| match name.as_str() {
            KEY => was_interrupted || !self.is_default_key(),
            WITNESS => was_interrupted,
            _ => false,
        };
        let shown = self.path.display();
        match names.iter().find(|name| !is_expected(name)) {
            None => Ok(()),
            Some(_) if names.iter().all(|name| is_remnant(name)) => {
                let (what, taken) = if names.iter().any(|name| name == KEY) {
                    ("a master key", KEY)
                } else {
                    ("the trail's end", WITNESS)
                };
                Err(Error::invalid(format!(
                    "{shown} holds {what} but no {DATABASE}: restore a backup, or take {taken} away to begin anew."
                )))
            }
            Some(name) => Err(Error::invalid(format!(
                "{shown} is no empty directory (it holds {name}) and has no {DATABASE}; Bowline wants one of its own."
            ))),
        }
    }

    /// For `restore`: no database, and nothing but perhaps the key, and the witness of a database that is gone.
    fn require_empty(&self) -> Result<()> {
        let shown = self.path.display();
        if self.has_database()? {
            return Err(Error::invalid(format!(
                "{shown} holds a database already; a backup is restored into an empty directory."
            )));
        }
        match self.foreign_names()?.iter().find(|name| ![KEY, WITNESS].contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(Error::invalid(format!(
                "{shown} is no empty directory (it holds {name}); a backup is restored into an empty one."
            ))),
        }
    }

    /// What lies in the directory, less what a server or an interrupted creation leaves there. Nothing, if there is no
    /// directory.
    fn foreign_names(&self) -> Result<Vec<String>> {
        let entries = match fs::read_dir(&self.path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(vec![]),
            other => other.map_err(|e| self.unusable(&e))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(|e| self.unusable(&e))?.file_name().to_string_lossy().into_owned();
            let is_left_over = name.starts_with(UNFINISHED) || name.starts_with(TEMPORARY);
            const OURS: [&str; 8] =
                [LOCK, SOCKET, OPERATORS_SOCKET, BESIDE_SOCKET, CERTIFICATE, CERTIFICATE_KEY, RESERVE, "lost+found"];
            if !OURS.contains(&name.as_str()) && !is_left_over {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn is_default_key(&self) -> bool {
        self.key == self.path.join(KEY)
    }

    fn has_database(&self) -> Result<bool> {
        let path = self.database();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                Err(Error::invalid(format!("{} is a directory, not a Bowline database.", path.display())))
            }
            Ok(metadata) if !metadata.is_file() => {
                Err(Error::invalid(format!("{} is not a file, and so no Bowline database.", path.display())))
            }
            Ok(metadata) if metadata.len() == 0 => {
                Err(Error::invalid(format!("{} is empty, not a Bowline database.", path.display())))
            }
            Ok(_) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound && path.is_symlink() => {
                Err(Error::invalid(format!("{} is a link to nothing.", path.display())))
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(self.unusable(&e)),
        }
    }

    fn make(&self) -> Result<()> {
        if !self.path.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.path).map_err(|e| self.unusable(&e))?;
            // A new directory is on the disk only when the one that it is in is.
            let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(|e| self.unusable(&e))?;
        }
        let metadata = fs::metadata(&self.path).map_err(|e| self.unusable(&e))?;
        if metadata.permissions().mode() & 0o1000 != 0 {
            return Err(Error::invalid(format!(
                "{} is a directory for everybody; Bowline wants one of its own.",
                self.path.display()
            )));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(&self.path, Permissions::from_mode(0o700)).map_err(|e| self.unusable(&e))?;
            log::info!("made {} accessible to its owner alone", self.path.display());
        }
        Ok(())
    }

    fn unusable(&self, e: &io::Error) -> Error {
        Error::invalid(format!("The data directory {} cannot be used: {e}.", self.path.display()))
    }
}

/// A pipe would keep us waiting, a link would lead out of the directory.
fn require_file_or_nothing(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(Error::invalid(format!("{} is not a file.", path.display()))),
        _ => Ok(()),
    }
}

/// What is left where only the database was taken away.
fn is_remnant(name: &str) -> bool {
    [KEY, WITNESS].contains(&name) || name.strip_prefix(DATABASE).is_some_and(|rest| ["-wal", "-shm"].contains(&rest))
}
