//! The database's file and its log, as they were opened. When they are removed, or others are put in their place,
//! writing goes on without an error, into files without a name.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::wal as log;

pub struct OpenedFiles {
    pub database: OpenedFile,
    pub log: OpenedFile,
}

pub struct OpenedFile {
    pub path: PathBuf,
    device: u64,
    inode: u64,
}

impl OpenedFiles {
    /// Of the database at `path`, which is open: so its log is there, too.
    pub fn of(path: &Path) -> io::Result<OpenedFiles> {
        Ok(OpenedFiles { database: OpenedFile::at(path.to_owned())?, log: OpenedFile::at(log::path_of(path))? })
    }

    /// The first that is not to be found under its name any more.
    pub fn missing(&self) -> Option<&Path> {
        [&self.database, &self.log].into_iter().find(|file| !file.is_there()).map(|file| file.path.as_path())
    }
}

impl OpenedFile {
    fn at(path: PathBuf) -> io::Result<OpenedFile> {
        let metadata = fs::metadata(&path)?;
        Ok(OpenedFile { path, device: metadata.dev(), inode: metadata.ino() })
    }

    /// Of whatever is there under its name.
    pub fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    fn is_there(&self) -> bool {
        let is_same = |found: Metadata| found.dev() == self.device && found.ino() == self.inode;
        fs::metadata(&self.path).is_ok_and(is_same)
    }
}
