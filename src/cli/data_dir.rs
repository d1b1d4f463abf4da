//! The data directory: `bowline.db`, `master.key`, `bowline.lock`, and who may use them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{DataOptions, KeyOptions};
use crate::domain::error::{Error, Result};
use crate::domain::secret::Secret;
use crate::store::{self, KeyChecks, Store, place};
use crate::vault::Vault;

const DATABASE: &str = "bowline.db";
const UNFINISHED: &str = "bowline.db.new";
const KEY: &str = "master.key";
const LOCK: &str = "bowline.lock";
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

    /// Takes the server's place, making the directory if there is none.
    pub fn lock(&self) -> Result<Lock> {
        self.make()?;
        let path = self.path.join(LOCK);
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| self.unusable(&e))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(Error::invalid(format!("Another bowline server uses {}.", self.path.display())))
            }
            Err(TryLockError::Error(e)) => Err(self.unusable(&e)),
        }
    }

    /// For a server: opens the database, making or upgrading it first if need be.
    pub fn open_locked(&self, _lock: &Lock, on_fatal: impl FnOnce(String) + Send + 'static) -> Result<(Store, Vault)> {
        if !self.has_database()? {
            self.create()?;
        } else if !store::is_current(&self.database())? {
            log::info!("bringing {} up to date", self.database().display());
            store::upgrade(&self.database())?;
        }
        self.open_current(on_fatal)
    }

    /// For a command that may be the first one: opens the database beside a running server, or makes it.
    pub fn open_or_create(&self) -> Result<(Store, Vault)> {
        if self.has_database()? { self.open_current(|_| ()) } else { self.open_locked(&self.lock()?, |_| ()) }
    }

    /// For a command that needs something to be there.
    pub fn open_existing(&self) -> Result<(Store, Vault)> {
        self.require_database()?;
        self.open_current(|_| ())
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
        let store = Store::open(&self.database(), on_fatal)?;
        let vault = Vault::read(&self.key)?;
        let checks = store.reader()?.read(|view| view.key_checks())?;
        self.require_match(&vault, &checks)?;
        Ok((store, vault))
    }

    /// The key of a database or backup, if it is the right one.
    pub fn key_for(&self, checks: &KeyChecks) -> Result<Vault> {
        let vault = Vault::read(&self.key)?;
        self.require_match(&vault, checks)?;
        Ok(vault)
    }

    fn require_match(&self, vault: &Vault, checks: &KeyChecks) -> Result<()> {
        let opens = vault.open(&place::key_check(), &checks.seal_check).is_ok_and(|text| text.reveal() == KEY_CHECK);
        if opens && vault.digest(KEY_CHECK) == checks.digest_check {
            return Ok(());
        }
        Err(Error::invalid(format!("{} is not the master key of this database.", self.key.display())))
    }

    fn create(&self) -> Result<()> {
        self.require_empty()?;
        let vault = if self.key.exists() {
            Vault::read(&self.key)?
        } else {
            let vault = Vault::generate()?;
            vault.write_new(&self.key)?;
            vault
        };
        let seal_check = vault.seal(&place::key_check(), &Secret::new(KEY_CHECK.to_owned()))?;
        store::create(&self.database(), &seal_check, vault.digest(KEY_CHECK))?;
        log::info!("made a new database in {}", self.path.display());
        Ok(())
    }

    /// Refuses a directory that is used for something else, or has lost its database: a second, empty database must
    /// not appear in silence. What an interrupted creation left behind is ours.
    pub fn require_empty(&self) -> Result<()> {
        let names: Vec<String> = fs::read_dir(&self.path)
            .and_then(|entries| {
                entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<_>>()
            })
            .map_err(|e| self.unusable(&e))?;
        let was_interrupted = names.iter().any(|name| name == UNFINISHED);
        let is_expected = |name: &str| {
            name == LOCK
                || name == "lost+found"
                || name.starts_with(UNFINISHED)
                || (self.path.join(name) == self.key && (was_interrupted || !self.is_default_key()))
        };
        let shown = self.path.display();
        match names.iter().find(|name| !is_expected(name)) {
            None => Ok(()),
            Some(name) if name == KEY => Err(Error::invalid(format!(
                "{shown} holds a master key but no {DATABASE}: restore a backup, or take {KEY} away to begin anew."
            ))),
            Some(name) => Err(Error::invalid(format!(
                "{shown} is no empty directory (it holds {name}) and has no {DATABASE}; Bowline wants one of its own."
            ))),
        }
    }

    /// For `restore`: no database, and nothing foreign; the key may be there.
    pub fn require_no_database(&self) -> Result<()> {
        if self.has_database()? {
            return Err(Error::invalid(format!(
                "{} holds a database already; a backup is restored into an empty directory.",
                self.path.display()
            )));
        }
        match self.require_empty() {
            Err(_) if self.is_default_key() && self.key.exists() => {
                let others = fs::read_dir(&self.path).map_err(|e| self.unusable(&e))?.flatten().any(|entry| {
                    let name = entry.file_name();
                    name != KEY && name != LOCK && name != "lost+found"
                });
                if others { self.require_empty() } else { Ok(()) }
            }
            other => other,
        }
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
            Ok(metadata) if metadata.len() == 0 => {
                Err(Error::invalid(format!("{} is empty, not a Bowline database.", path.display())))
            }
            Ok(_) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(self.unusable(&e)),
        }
    }

    fn make(&self) -> Result<()> {
        match fs::metadata(&self.path) {
            Ok(metadata) if !metadata.is_dir() => {
                Err(Error::invalid(format!("{} is not a directory.", self.path.display())))
            }
            Ok(metadata) => {
                if metadata.permissions().mode() & 0o077 != 0 {
                    fs::set_permissions(&self.path, Permissions::from_mode(0o700)).map_err(|e| self.unusable(&e))?;
                    log::info!("made {} accessible to its owner alone", self.path.display());
                }
                Ok(())
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(&self.path).map_err(|e| self.unusable(&e))
            }
            Err(e) => Err(self.unusable(&e)),
        }
    }

    fn unusable(&self, e: &io::Error) -> Error {
        Error::invalid(format!("The data directory {} cannot be used: {e}.", self.path.display()))
    }
}
