//! What lies in a data directory: whether it is ours, empty, or used for something else.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::{
    CERTIFICATE, CERTIFICATE_KEY, DATABASE, DataDir, KEY, LOCK, OPERATORS_SOCKET, PROVIDERS_SOCKET, SOCKET, UNFINISHED,
};
use crate::domain::error::{Error, Result};
use crate::store::{RESERVE, WITNESS};
use crate::vault::TEMPORARY;

impl DataDir {
    /// Refuses a directory that is used for something else, or has lost its database: a second, empty database must
    /// not appear in silence. What an interrupted creation left behind is ours.
    pub(super) fn require_ours(&self) -> Result<()> {
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
                let left = if names.iter().any(|name| name == KEY) { KEY } else { WITNESS };
                Err(Error::invalid(format!(
                    "{shown} contains {left} but no {DATABASE}: restore a backup, or move {left} away to start empty."
                )))
            }
            Some(name) => {
                Err(Error::invalid(format!("{shown} contains {name} and no {DATABASE}. Use an empty directory.")))
            }
        }
    }

    /// For `restore`: no database, and nothing but perhaps the key, and the witness of a database that is gone.
    pub(super) fn require_empty(&self) -> Result<()> {
        let shown = self.path.display();
        if self.has_database()? {
            return Err(Error::invalid(format!(
                "{shown} already contains {DATABASE}. Restore into an empty directory."
            )));
        }
        match self.foreign_names()?.iter().find(|name| ![KEY, WITNESS].contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                Err(Error::invalid(format!("{shown} already contains {name}. Restore into an empty directory.")))
            }
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
                [LOCK, SOCKET, OPERATORS_SOCKET, PROVIDERS_SOCKET, CERTIFICATE, CERTIFICATE_KEY, RESERVE, "lost+found"];
            if !OURS.contains(&name.as_str()) && !is_left_over {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn is_default_key(&self) -> bool {
        self.key == self.path.join(KEY)
    }

    pub(super) fn has_database(&self) -> Result<bool> {
        let path = self.database();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                Err(Error::invalid(format!("{} is a directory, not a Bowline database.", path.display())))
            }
            Ok(metadata) if !metadata.is_file() => {
                Err(Error::invalid(format!("{} is not a regular file.", path.display())))
            }
            Ok(metadata) if metadata.len() == 0 => {
                Err(Error::invalid(format!("{} is empty, not a Bowline database.", path.display())))
            }
            Ok(_) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound && path.is_symlink() => {
                Err(Error::invalid(format!("{} is a dangling symbolic link.", path.display())))
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(self.unusable(&e)),
        }
    }

    pub(super) fn make(&self) -> Result<()> {
        if !self.path.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.path).map_err(|e| self.unusable(&e))?;
            // A new directory is on the disk only when the one that it is in is.
            let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(|e| self.unusable(&e))?;
        }
        let metadata = fs::metadata(&self.path).map_err(|e| self.unusable(&e))?;
        if metadata.permissions().mode() & 0o1000 != 0 {
            return Err(Error::invalid(format!(
                "{} is a shared directory (sticky bit). Use a directory of its own.",
                self.path.display()
            )));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(&self.path, Permissions::from_mode(0o700)).map_err(|e| self.unusable(&e))?;
            log::info!("restricted {} to its owner", self.path.display());
        }
        Ok(())
    }
}

/// A pipe would keep us waiting, a link would lead out of the directory.
pub(super) fn require_file_or_nothing(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(Error::invalid(format!("{} is not a file.", path.display()))),
        _ => Ok(()),
    }
}

/// What is left where only the database was taken away.
fn is_remnant(name: &str) -> bool {
    [KEY, WITNESS].contains(&name) || name.strip_prefix(DATABASE).is_some_and(|rest| ["-wal", "-shm"].contains(&rest))
}
