//! The socket between the gate and the server behind it.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use crate::domain::error::{Error, Result};
use crate::runtime::data_dir::{DataDir, Lock};

/// A socket's path may not be longer on any system (`sun_path`, less some room).
const LONGEST_SOCKET_PATH: usize = 100;

/// In a directory that only the server's user can enter.
pub struct PrivateSocket {
    pub path: PathBuf,
    /// Where the data directory's own path is too long for a socket.
    _directory: Option<tempfile::TempDir>,
}

impl PrivateSocket {
    /// Under one of the names that `data_dir` knows.
    pub fn bind(data_dir: &DataDir, _lock: &Lock, name: &str) -> Result<(UnixListener, PrivateSocket)> {
        let failed = |e: io::Error| Error::invalid(format!("The server's private socket cannot be made: {e}."));
        let inside = data_dir.path().join(name);
        let (path, directory) = if inside.as_os_str().as_bytes().len() <= LONGEST_SOCKET_PATH {
            (inside, None)
        } else {
            let directory = tempfile::Builder::new().prefix("bowline-").tempdir().map_err(failed)?;
            (directory.path().join(name), Some(directory))
        };
        remove_stale(&path).map_err(failed)?;
        let listener = UnixListener::bind(&path).map_err(failed)?;
        Ok((listener, PrivateSocket { path, _directory: directory }))
    }
}

impl Drop for PrivateSocket {
    fn drop(&mut self) {
        // Left behind, it would be removed by the next start.
        let _ = remove_stale(&self.path);
    }
}

/// Under the lock, a socket that is there belongs to a process that is not.
fn remove_stale(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
