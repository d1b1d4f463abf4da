//! The file that tells other processes where the sandbox is: whole or absent, and there only while the sandbox is.

use std::fs;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::variables::{EnvFormat, MARK, Variables};
use crate::domain::error::{Error, Result};

/// More than any of ours has.
const MOST_BYTES: u64 = 16 * 1024;

pub struct EnvFile {
    path: PathBuf,
    format: EnvFormat,
    /// The file that we put there: a later sandbox may have put its own in its place. It stays open, so that no other file
    /// gets its number.
    written: Mutex<Option<File>>,
}

impl EnvFile {
    /// Looks at the place and changes nothing. `Invalid` where there is something that no sandbox has left.
    pub fn at(path: PathBuf, format: EnvFormat) -> Result<EnvFile> {
        let shown = path.display();
        let directory = directory_of(&path);
        if !directory.is_dir() {
            return Err(Error::invalid(format!("There is no directory {} for --env-file.", directory.display())));
        }
        match fs::symlink_metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound && path.file_name().is_some() => {}
            Err(e) => return Err(Error::invalid(format!("--env-file {shown} cannot be used: {e}."))),
            Ok(metadata) if !metadata.is_file() => {
                return Err(Error::invalid(format!("--env-file {shown} exists and is not a file.")));
            }
            Ok(_) if !is_of_a_sandbox(&path) => {
                return Err(Error::invalid(format!(
                    "--env-file {shown} exists and was not written by a sandbox: it does not set {MARK}. Name another file."
                )));
            }
            Ok(_) => {}
        }
        Ok(EnvFile { path, format, written: Mutex::new(None) })
    }

    /// Takes away what a killed sandbox has left, so that it is not taken for this one.
    pub fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(self.unusable(&e)),
            _ => Ok(()),
        }
    }

    /// Whole under its name at once, and its owner's alone.
    pub fn write(&self, variables: &Variables) -> Result<()> {
        let text = variables.render(self.format)?;
        let write = || -> std::io::Result<File> {
            let mut file = tempfile::Builder::new().prefix(".bowline-env-").tempfile_in(directory_of(&self.path))?;
            file.write_all(text.as_bytes())?;
            file.persist(&self.path).map_err(|e| e.error)
        };
        let written = write().map_err(|e| self.unusable(&e))?;
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(written);
        Ok(())
    }

    /// If it is still the one that was written.
    pub fn remove(&self) {
        let Some(written) = self.written.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let number = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        if let (Ok(own), Ok(there)) = (written.metadata().map(number), fs::symlink_metadata(&self.path).map(number))
            && own == there
            && let Err(e) = fs::remove_file(&self.path)
        {
            log::warn!("{} could not be removed: {e}", self.path.display());
        }
    }

    fn unusable(&self, e: &std::io::Error) -> Error {
        Error::invalid(format!("--env-file {} cannot be written: {e}.", self.path.display()))
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn is_of_a_sandbox(path: &Path) -> bool {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
    read.is_ok() && (text.is_empty() || text.contains(MARK))
}
