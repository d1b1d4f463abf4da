//! Whose a data directory is. Root works on another user's database as that user: SQLite's files would follow the
//! database's owner, ours would not, and the service could not open them.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::DataDir;
use crate::domain::error::{Error, Result};

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Refuses root's server, restore or new database in another user's place.
pub fn require_own(path: &Path) -> Result<()> {
    match foreign_owner(path) {
        None => Ok(()),
        Some((uid, _)) => {
            let user = name(uid);
            Err(Error::invalid(format!(
                "{} belongs to the user {user}, who could not read files that root makes there. Run the command as that \
                 user: runuser -u {user} -- bowline ...",
                path.display()
            )))
        }
    }
}

/// Runs the same command anew as the owner of the database, where root runs it and the owner is another user. Comes back
/// where there is nothing to change, or it cannot be done.
pub fn go_on_as_owner_of(data_dir: &DataDir) -> Result<()> {
    let database = data_dir.database();
    let Some((uid, gid)) = foreign_owner(&database) else { return Ok(()) };
    let failed = |e: io::Error| {
        let user = name(uid);
        Error::invalid(format!(
            "{} belongs to the user {user}, and the command cannot switch to that user: {e}. Run it with: runuser -u {user} \
             -- bowline ...",
            database.display()
        ))
    };
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    // The same data: looking again, that user may see less than root did. Flags still come first.
    command.env("BOWLINE_DATA_DIR", data_dir.absolute()).env("BOWLINE_KEY_FILE", data_dir.key());
    Err(failed(command.args(std::env::args_os().skip(1)).uid(uid).gid(gid).exec()))
}

/// The owner of what root has found, if it is not root.
fn foreign_owner(path: &Path) -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let metadata = fs::metadata(path).ok()?;
    (metadata.uid() != 0).then(|| (metadata.uid(), metadata.gid()))
}

/// As /etc/passwd has it, or the number.
fn name(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    });
    found.unwrap_or_else(|| uid.to_string())
}
