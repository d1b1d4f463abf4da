//! Room on the disk that is kept for removals. They write, too, so a full disk would refuse them; and an operator may have to
//! revoke a token just then.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, OFlags};

/// Its name in the data directory.
pub const FILE_NAME: &str = "bowline.reserve";
/// Some fifty removals, where nothing of the log can be folded into the database.
const BYTES: u64 = 4 * 1024 * 1024;
/// Less than this does not help.
const FEWEST_BYTES: u64 = 64 * 1024;
/// Of a disk on which there is less free than so many times the reserve, nothing is kept.
const SPARE: u64 = 4;

pub struct Reserve {
    path: PathBuf,
    has_complained: bool,
}

impl Reserve {
    pub fn beside(database: &Path) -> Reserve {
        Reserve { path: database.with_file_name(FILE_NAME), has_complained: false }
    }

    /// Keeps what it lacks, if there is plenty of room.
    pub fn keep(&mut self) {
        if self.bytes() < BYTES && free_bytes(&self.path).is_some_and(|free| free >= SPARE * BYTES) {
            self.complain_of(|reserve| reserve.grow(BYTES));
        }
    }

    /// Runs `open`, which needs a little room even where nothing is changed: on a full disk, what is kept here.
    pub fn lend<T>(&mut self, open: impl FnOnce() -> T) -> T {
        let is_lent = free_bytes(&self.path).is_some_and(|free| free < FEWEST_BYTES) && self.give_up();
        let opened = open();
        if is_lent {
            self.take_back();
        }
        opened
    }

    /// Gives its room to the next write. `false` where there is none.
    pub fn give_up(&mut self) -> bool {
        self.bytes() > 0 && self.complain_of(|reserve| reserve.open()?.set_len(0))
    }

    /// Keeps what is left of it, however little room there is.
    pub fn take_back(&mut self) {
        let mut bytes = free_bytes(&self.path).unwrap_or(BYTES).min(BYTES);
        // What is said to be free may be for others.
        while bytes >= FEWEST_BYTES && self.grow(bytes).is_err() {
            bytes /= 2;
        }
    }

    fn bytes(&self) -> u64 {
        fs::symlink_metadata(&self.path).map_or(0, |metadata| if metadata.is_file() { metadata.len() } else { 0 })
    }

    fn grow(&self, bytes: u64) -> io::Result<()> {
        let file = self.open()?;
        let before = file.metadata()?.len();
        let grown = rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes);
        if grown.is_err() {
            // Some file systems keep a part of what they could not give whole.
            file.set_len(before)?;
        }
        Ok(grown?)
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        // A pipe would keep us waiting, a link would lead out of the directory.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file = options.custom_flags(flags).open(&self.path)?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a file")) }
    }

    /// That there is no reserve is no reason to refuse anything: it is said once.
    fn complain_of(&mut self, act: impl FnOnce(&Reserve) -> io::Result<()>) -> bool {
        let done = act(self);
        if let Err(e) = &done
            && !self.has_complained
        {
            let path = self.path.display();
            log::warn!("{path} cannot be used: {e}; if the disk fills up, deletions will fail too");
            self.has_complained = true;
        }
        done.is_ok()
    }
}

/// Where the file `path` is or would be. `None` where the system does not tell.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let found = rustix::fs::statvfs(directory).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    #[test]
    fn it_is_room_on_the_disk_until_it_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::beside(&directory.path().join("bowline.db"));
        assert!(!reserve.give_up());
        for keep in [Reserve::keep, Reserve::take_back] {
            keep(&mut reserve);
            let kept = fs::metadata(&reserve.path).unwrap();
            assert_eq!((kept.len(), kept.permissions().mode() & 0o777), (BYTES, 0o600));
            assert!(kept.blocks() * 512 >= BYTES);
            assert!(reserve.give_up());
            assert_eq!(fs::metadata(&reserve.path).unwrap().blocks(), 0);
            assert!(!reserve.give_up());
        }
    }

    #[test]
    fn what_is_no_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::beside(&directory.path().join("bowline.db"));
        let elsewhere = directory.path().join("elsewhere");
        fs::write(&elsewhere, "what is here stays").unwrap();
        symlink(&elsewhere, &reserve.path).unwrap();
        reserve.keep();
        reserve.take_back();
        assert!(!reserve.give_up());
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "what is here stays");
        fs::remove_file(&reserve.path).unwrap();
        fs::create_dir(&reserve.path).unwrap();
        reserve.keep();
        assert!(!reserve.give_up());
    }
}
