//! Every file that a command meets, in every bad state.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::nonsense::{commands, good, is_refused, place, run};
use crate::harness::binary_for_somebody_else;

/// What a file of a data directory can be instead of itself.
#[derive(Clone, Copy, Debug)]
enum Bad {
    Directory,
    Pipe,
    DanglingLink,
    Loop,
    Device,
    Empty,
    Text,
    Truncated,
    NewerVersion,
    Absent,
}

impl Bad {
    fn put(self, path: &Path) {
        let bytes = fs::read(path).unwrap_or_default();
        match self {
            Bad::NewerVersion | Bad::Truncated => {}
            _ if path.exists() => fs::remove_file(path).expect("removed"),
            _ => {}
        }
        match self {
            Bad::Directory => fs::create_dir(path).expect("a directory"),
            Bad::Pipe => mknodat(CWD, path, FileType::Fifo, Mode::from_bits_truncate(0o600), 0).expect("a pipe"),
            Bad::DanglingLink => symlink("nothing", path).expect("a link"),
            Bad::Loop => symlink(path.file_name().expect("a name"), path).expect("a link"),
            Bad::Device => symlink("/dev/zero", path).expect("a link"),
            Bad::Empty => fs::write(path, "").expect("written"),
            Bad::Text => fs::write(path, "This is a text. ".repeat(1000)).expect("written"),
            Bad::Truncated => fs::write(path, &bytes[..bytes.len() / 2]).expect("written"),
            Bad::NewerVersion => {
                let database = rusqlite::Connection::open(path).expect("a database");
                database.pragma_update(None, "user_version", 99).expect("a version");
                database.close().expect("closed");
            }
            Bad::Absent => {}
        }
        if path.is_file() && !path.is_symlink() {
            fs::set_permissions(path, Permissions::from_mode(0o600)).expect("a mode");
        }
    }
}

/// The commands that do not serve.
const ALL_BUT_SERVERS: &[&str] = &[
    "user create",
    "user list",
    "user show",
    "user delete",
    "org create",
    "org list",
    "org show",
    "org delete",
    "token create",
    "token list",
    "token revoke",
    "client list",
    "github-app-installation create",
    "github-app-installation list",
    "audit",
    "backup",
    "check",
    "key rotate",
];

/// The files of an installation, what may become of each, and who does not mind.
const FILES: &[(&str, &[Bad], &[&str])] = &[
    (
        "bowline.db",
        &[
            Bad::Directory,
            Bad::Pipe,
            Bad::DanglingLink,
            Bad::Loop,
            Bad::Device,
            Bad::Empty,
            Bad::Text,
            Bad::Truncated,
            Bad::NewerVersion,
            Bad::Absent,
        ],
        &[],
    ),
    (
        "master.key",
        &[
            Bad::Directory,
            Bad::Pipe,
            Bad::DanglingLink,
            Bad::Loop,
            Bad::Device,
            Bad::Empty,
            Bad::Text,
            Bad::Truncated,
            Bad::Absent,
        ],
        &["backup"],
    ),
    ("bowline.db-wal", &[Bad::Directory, Bad::Pipe, Bad::DanglingLink, Bad::Loop, Bad::Device], &[]),
    ("audit.head", &[Bad::Directory, Bad::Pipe, Bad::DanglingLink, Bad::Loop, Bad::Device], &[]),
    ("bowline.db-shm", &[Bad::Directory, Bad::Pipe, Bad::DanglingLink, Bad::Loop, Bad::Device], &[]),
    ("bowline.lock", &[Bad::Directory, Bad::Pipe, Bad::DanglingLink, Bad::Loop, Bad::Device], ALL_BUT_SERVERS),
    ("bowline.sock", &[Bad::Directory], ALL_BUT_SERVERS),
];

#[test]
fn every_file_of_an_installation_in_every_bad_state_is_refused() {
    let (outer, good_data) = place();
    for (name, states, unconcerned) in FILES {
        for state in *states {
            for (words, _) in commands() {
                if unconcerned.contains(&words.as_str()) || words == "restore" {
                    continue;
                }
                let place = tempfile::tempdir_in(outer.path()).expect("a directory");
                let data = place.path().join("data");
                copy(&good_data, &data);
                state.put(&data.join(name));
                let mut rest: Vec<String> = good(&words).iter().map(|word| (*word).to_owned()).collect();
                rest.push(format!("--data-dir={}", data.display()));
                is_refused(&words, &rest, place.path());
            }
        }
    }
}

/// `nobody`, wherever there is one.
const ORDINARY: u32 = 65_534;

/// Root reads everything, so somebody else asks.
#[test]
fn what_may_not_be_read_is_said_so_and_left_alone() {
    let (outer, good_data) = place();
    let Some(binary) = binary_for_somebody_else(outer.path()) else { return };
    for (name, unconcerned) in [("bowline.db", ""), ("master.key", "backup"), ("", "")] {
        for (words, _) in commands() {
            if words == unconcerned || ["restore", "health"].contains(&words.as_str()) {
                continue;
            }
            let place = tempfile::tempdir_in(outer.path()).expect("a directory");
            fs::set_permissions(place.path(), Permissions::from_mode(0o755)).expect("a mode");
            let data = place.path().join("data");
            copy(&good_data, &data);
            let files = || fs::read_dir(&data).expect("a directory").map(|entry| entry.expect("an entry").path());
            for path in files().chain([data.clone()]) {
                chown(path, Some(ORDINARY), Some(ORDINARY)).expect("given away");
            }
            fs::set_permissions(data.join(name), Permissions::from_mode(0o000)).expect("a mode");
            let contents = || files().map(|path| (path.clone(), fs::read(path).ok())).collect::<BTreeMap<_, _>>();
            let before = contents();
            let mut command = Command::new("timeout");
            command.arg("60").arg(&binary).args(words.split(' ')).args(good(&words));
            command.arg(format!("--data-dir={}", data.display())).current_dir(place.path()).env("TMPDIR", place.path());
            let output = command.uid(ORDINARY).gid(ORDINARY).output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let sentences = said.lines().filter(|line| line.starts_with("bowline: ")).count();
            assert!(output.status.code() == Some(1) && sentences == 1, "{words}, {name:?}: {:?} {said}", output.status);
            assert!(contents() == before, "{words}, {name:?}: something was touched");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a directory");
    fs::set_permissions(to, Permissions::from_mode(0o700)).expect("a mode");
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
    }
}

#[test]
fn backups_go_to_no_place_that_is_none() {
    let (outer, data) = place();
    let here = outer.path();
    fs::create_dir(here.join("directory")).expect("a directory");
    for target in [
        "file",
        "directory",
        "pipe",
        "dangling",
        "loop",
        "none/backup.db",
        "file/backup.db",
        "directory/",
        "new/",
        ".",
        "..",
        "/",
        "/proc/backup.db",
        "/dev/null",
        "/dev/backup.db/x",
        "data/bowline.db",
    ] {
        is_refused("backup", &[target.to_owned(), format!("--data-dir={}", data.display())], here);
    }
    is_refused("backup", &["x".repeat(256), format!("--data-dir={}", data.display())], here);
}

#[test]
fn only_a_sound_backup_is_restored_and_only_into_an_empty_directory() {
    let (outer, data) = place();
    let here = outer.path();
    let key = format!("--key-file={}", data.join("master.key").display());
    let backup = here.join("backup.db");
    assert!(run("backup", &["backup.db".into(), format!("--data-dir={}", data.display())], here).status.success());
    for state in [Bad::Truncated, Bad::NewerVersion] {
        let path = here.join(format!("{state:?}"));
        fs::copy(&backup, &path).expect("copied");
        state.put(&path);
    }
    for source in [
        "file",
        "empty",
        ".",
        "pipe",
        "dangling",
        "loop",
        "none",
        "Truncated",
        "NewerVersion",
        "/dev/zero",
        "/dev/null",
        "data/master.key",
    ] {
        is_refused("restore", &[source.to_owned(), "--data-dir=restored".to_owned(), key.clone()], here);
    }
    for target in ["file", "pipe", "dangling", "loop", "file/below", "data", ".", "/proc/x"] {
        is_refused("restore", &["backup.db".to_owned(), format!("--data-dir={target}"), key.clone()], here);
    }
    let rest = ["backup.db".to_owned(), "--data-dir=restored".to_owned(), key];
    assert!(run("restore", &rest, here).status.success());
}

#[test]
fn a_backup_sweeps_up_after_those_that_were_killed_and_leaves_the_others_alone() {
    let (outer, data) = place();
    let here = outer.path();
    let (abandoned, at_work, another) =
        (here.join(".bowline-backup-abc"), here.join(".bowline-backup-def"), here.join(".bowline-else"));
    // What SQLite keeps beside a copy that it is at work on.
    let journal = |copy: &Path| copy.with_file_name(format!("{}-journal", copy.file_name().unwrap().display()));
    for path in [&abandoned, &journal(&abandoned), &at_work, &journal(&at_work), &another] {
        fs::write(path, "half a copy").expect("written");
    }
    let held = fs::File::open(&at_work).expect("a file");
    held.lock().expect("locked");
    assert!(run("backup", &["backup.db".into(), format!("--data-dir={}", data.display())], here).status.success());
    assert!(!abandoned.exists() && at_work.exists() && another.exists());
    assert!(!journal(&abandoned).exists() && journal(&at_work).exists());
}
