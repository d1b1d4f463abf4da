//! The key file: one key a line, `<purpose> <number> <base64 of 32 bytes>`. It is read and written as a whole. Only its
//! owner may read it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::TryRng;
use rand::rngs::SysRng;
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::{KEY_BYTES, Key, TEMPORARY};
use crate::domain::error::{Error, Result};

/// Enough for more than a thousand keys.
const MOST_BYTES: u64 = 64 * 1024;
const HEADING: &str = "# Bowline master key. This file and the database together give every secret in it; without \
                       this file the database is of no use. Keep a copy in a safe place.";

/// The contents of a key file.
#[derive(Clone)]
pub struct Keys {
    /// Numbers go up; never empty.
    pub seal: Vec<(u32, Key)>,
    pub digest: Key,
}

/// Identifies one state of a file: it differs after the file was replaced or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity([i64; 6]);

impl Identity {
    pub fn of(metadata: &fs::Metadata) -> Identity {
        let number = |unsigned: u64| unsigned.cast_signed();
        Identity([
            number(metadata.dev()),
            number(metadata.ino()),
            number(metadata.size()),
            metadata.mtime_nsec(),
            metadata.ctime(),
            metadata.ctime_nsec(),
        ])
    }
}

/// Whether a secret's file may be read by more than its owner. systemd hands a credential over by an access list, whose mask
/// is shown as the rights of the group.
pub fn is_open_to_others(path: &Path, mode: u32) -> bool {
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from).filter(|path| path.is_absolute());
    let is_credential = directory.is_some_and(|directory| path.starts_with(directory));
    mode & if is_credential { 0o007 } else { 0o077 } != 0
}

impl Keys {
    pub fn generate() -> Result<Keys> {
        Ok(Keys { seal: vec![(1, random_key()?)], digest: random_key()? })
    }

    pub fn has(&self, number: u32) -> bool {
        self.seal.iter().any(|(n, _)| *n == number)
    }

    pub fn newest(&self) -> u32 {
        self.seal.last().map_or(0, |(number, _)| *number)
    }

    /// Adds a key with the next number, and returns that number.
    pub fn add(&mut self) -> Result<u32> {
        let number = self.newest().checked_add(1);
        let number = number.ok_or_else(|| Error::invalid("The master key has used up its numbers."))?;
        self.seal.push((number, random_key()?));
        Ok(number)
    }

    pub fn parse(text: &str) -> Option<Keys> {
        let mut seal = Vec::new();
        let mut digest = None;
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let mut words = line.split_ascii_whitespace();
            let (purpose, number, key) = (words.next()?, words.next()?.parse::<u32>().ok()?, words.next()?);
            let bytes = Zeroizing::new(STANDARD.decode(key).ok()?);
            let key: Key = Zeroizing::new(bytes.as_slice().try_into().ok()?);
            match purpose {
                "seal" if words.next().is_none() => seal.push((number, key)),
                "digest" if words.next().is_none() && digest.is_none() => digest = Some(key),
                _ => return None,
            }
        }
        seal.sort_by_key(|(number, _)| *number);
        let numbers_differ = seal.windows(2).all(|pair| pair[0].0 != pair[1].0);
        if seal.is_empty() || !numbers_differ {
            return None;
        }
        Some(Keys { seal, digest: digest? })
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("{HEADING}\n"));
        let seal = self.seal.iter().map(|(number, key)| ("seal", *number, key));
        for (purpose, number, key) in seal.chain([("digest", 1, &self.digest)]) {
            let encoded = Zeroizing::new(STANDARD.encode(&key[..]));
            text.push_str(&format!("{purpose} {number} {}\n", encoded.as_str()));
        }
        text
    }

    /// Reads a key file. `Invalid` if other users could read it.
    pub fn read(path: &Path) -> Result<(Keys, Identity)> {
        Keys::read_open(path, &open(path)?)
    }

    fn read_open(path: &Path, mut file: &File) -> Result<(Keys, Identity)> {
        let shown = path.display();
        let metadata = file.metadata().map_err(|e| unreadable(path, &e))?;
        if !metadata.is_file() {
            return Err(Error::invalid(format!("The master key {shown} is not a file.")));
        }
        if is_open_to_others(path, metadata.mode()) {
            return Err(Error::invalid(format!(
                "The master key {shown} is open to other users (mode {:03o}); run: chmod 600 {shown}",
                metadata.mode() & 0o777
            )));
        }
        // With enough room from the start: a buffer that grows would leave a copy of the keys in memory.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 1));
        let read = io::Read::by_ref(&mut file).take(MOST_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|e| unreadable(path, &e))?;
        let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() as u64 <= MOST_BYTES);
        let keys = text.and_then(Keys::parse);
        let keys = keys.ok_or_else(|| Error::invalid(format!("{shown} is not a Bowline master key.")))?;
        Ok((keys, Identity::of(&metadata)))
    }

    /// Writes the keys to a new file that only its owner can read, and syncs it. An error if the file exists.
    pub fn write_new(&self, path: &Path) -> Result<()> {
        let whole = self.write_temporary(path).map_err(|e| unwritable(path, &e))?;
        // A hard link, unlike a rename, never replaces an existing file.
        let linked = fs::hard_link(&whole.path, path);
        let removed = fs::remove_file(&whole.path);
        linked.and(removed).and_then(|()| sync_directory(path)).map_err(|e| unwritable(path, &e))
    }

    /// Writes the keys to a temporary file beside `path` and syncs it. A file that a killed process left there is
    /// overwritten.
    fn write_temporary(&self, path: &Path) -> io::Result<TemporaryFile> {
        let mut name = std::ffi::OsString::from(TEMPORARY);
        name.push(path.file_name().ok_or(ErrorKind::InvalidFilename)?);
        let temporary = path.with_file_name(name);
        match fs::remove_file(&temporary) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(self.text().as_bytes())?;
        file.sync_all()?;
        Ok(TemporaryFile { path: temporary, file })
    }
}

struct TemporaryFile {
    path: PathBuf,
    file: File,
}

/// A locked key file: this process alone may replace it.
pub struct LockedKeyFile {
    path: PathBuf,
    keys: Keys,
    seen: Identity,
    /// Every file that had this name while we held the lock: a process that opened one of them finds it locked.
    locked: Vec<File>,
}

impl LockedKeyFile {
    /// `None` if another process holds the lock.
    pub fn take(path: &Path) -> Result<Option<LockedKeyFile>> {
        // Replace the file itself, not a symbolic link to it.
        let path = fs::canonicalize(path).map_err(|e| unreadable(path, &e))?;
        let file = open(&path)?;
        let (keys, seen) = Keys::read_open(&path, &file)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(unwritable(&path, &e)),
        }
        let locked = LockedKeyFile { path, keys, seen, locked: vec![file] };
        // The file may have been replaced after it was opened and before it was locked.
        Ok(locked.is_as_seen()?.then_some(locked))
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the stored keys by `keys`: synced and complete, or not at all. Only the owner can read the new file.
    pub fn replace(&mut self, keys: Keys) -> Result<()> {
        let failed = |e: io::Error| unwritable(&self.path, &e);
        if !self.is_as_seen()? {
            return Err(Error::invalid(format!(
                "The master key {} was changed by another process meanwhile; run the command again.",
                self.path.display()
            )));
        }
        let whole = keys.write_temporary(&self.path).map_err(failed)?;
        let replaced = || -> io::Result<Identity> {
            let owner = fs::metadata(&self.path)?;
            fchown(&whole.file, Some(owner.uid()), Some(owner.gid()))?;
            whole.file.try_lock().map_err(io::Error::from)?;
            fs::rename(&whole.path, &self.path)?;
            sync_directory(&self.path)?;
            Ok(Identity::of(&whole.file.metadata()?))
        };
        let seen = replaced().inspect_err(|_| {
            // The temporary file is no longer needed. It may be gone already.
            let _ = fs::remove_file(&whole.path);
        });
        self.seen = seen.map_err(failed)?;
        self.locked.push(whole.file);
        self.keys = keys;
        Ok(())
    }

    fn is_as_seen(&self) -> Result<bool> {
        let metadata = fs::metadata(&self.path).map_err(|e| unreadable(&self.path, &e))?;
        Ok(Identity::of(&metadata) == self.seen)
    }
}

fn open(path: &Path) -> Result<File> {
    // A pipe would block until another process writes to it.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|e| unreadable(path, &e))
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

fn unreadable(path: &Path, e: &io::Error) -> Error {
    let shown = path.display();
    match e.kind() {
        ErrorKind::NotFound => Error::invalid(format!(
            "There is no master key at {shown}; without it nothing in the database can be opened."
        )),
        ErrorKind::PermissionDenied => Error::invalid(format!(
            "The master key {shown} cannot be read: {e}. It has to belong to the user that the server runs as, like bowline.db."
        )),
        _ => Error::invalid(format!("The master key {shown} cannot be read: {e}.")),
    }
}

fn unwritable(path: &Path, e: &io::Error) -> Error {
    Error::invalid(format!("The master key cannot be written to {}: {e}.", path.display()))
}

fn random_key() -> Result<Key> {
    let mut key: Key = Zeroizing::new([0; KEY_BYTES]);
    SysRng.try_fill_bytes(&mut key[..]).map_err(Error::internal)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_file_reads_back_and_only_its_owner_can() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let keys = Keys::generate().unwrap();
        // What a killed process left.
        fs::write(directory.path().join(".bowline-master.key"), "half a key").unwrap();
        keys.write_new(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(Keys::read(&path).unwrap().0.text() == keys.text());
        assert!(keys.write_new(&path).is_err(), "an existing key is never overwritten");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Keys::read(&path).err().unwrap().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn one_at_a_time_may_replace_a_key_file_and_only_what_it_has_seen() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        Keys::generate().unwrap().write_new(&path).unwrap();
        let mut first = LockedKeyFile::take(&path).unwrap().unwrap();
        let mut more = first.keys().clone();
        assert_eq!(more.add().unwrap(), 2);
        assert!(LockedKeyFile::take(&path).unwrap().is_none());
        first.replace(more.clone()).unwrap();
        assert!(LockedKeyFile::take(&path).unwrap().is_none(), "the new file is taken as well");
        assert_eq!(Keys::read(&path).unwrap().0.newest(), 2);

        fs::write(&path, Keys::generate().unwrap().text().as_bytes()).unwrap();
        assert!(first.replace(more).is_err());
        drop(first);
        assert!(LockedKeyFile::take(&path).unwrap().is_some());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn nonsense_is_not_a_key_file() {
        let key = STANDARD.encode([7; 32]);
        for text in [
            "",
            "seal 1",
            &format!("seal 1 {key}"),
            &format!("digest 1 {key}"),
            &format!("seal 1 {key}\nseal 1 {key}\ndigest 1 {key}"),
            &format!("seal 1 {key} x\ndigest 1 {key}"),
            &format!("seal -1 {key}\ndigest 1 {key}"),
            &format!("seal 1 {}\ndigest 1 {key}", STANDARD.encode([7; 31])),
            &format!("seal 1 {key}\ndigest 1 {key}\nextra"),
        ] {
            assert!(Keys::parse(text).is_none(), "{text}");
        }
        assert!(Keys::parse(&format!("# comment\n\nseal 2 {key}\nseal 1 {key}\ndigest 1 {key}\n")).is_some());
    }

    #[test]
    fn numbers_of_keys_come_to_an_end() {
        let mut keys = Keys::generate().unwrap();
        keys.seal[0].0 = u32::MAX;
        assert!(keys.add().is_err());
    }
}
