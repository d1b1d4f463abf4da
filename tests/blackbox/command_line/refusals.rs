//! What a server does not start on: one sentence, an exit code, and everything as it was.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::refused;
use crate::harness::{Server, bowline, bowline_in, temporary};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// Every file in a directory, its mode and a sum of its bytes. What SQLite and a lock leave beside a database does not
/// count.
fn contents(directory: &Path) -> BTreeMap<PathBuf, (u32, u64)> {
    let Ok(entries) = fs::read_dir(directory) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !["bowline.lock", "bowline.db-wal", "bowline.db-shm"].iter().any(|name| path.ends_with(name)))
        .map(|path| {
            let mode = fs::metadata(&path).expect("metadata").permissions().mode();
            let mut sum = DefaultHasher::new();
            fs::read(&path).unwrap_or_default().hash(&mut sum);
            (path, (mode, sum.finish()))
        })
        .collect()
}

/// Asserts that a server refuses the directory in these words, and leaves it alone.
#[track_caller]
fn refuses(data: &Path, words: &str) {
    let mode = |path: &Path| fs::metadata(path).map(|metadata| metadata.permissions().mode()).ok();
    let before = (mode(data), contents(data));
    let said = refused(&bowline_in(data, &SERVE));
    assert!(said.contains(words), "{said}");
    assert!((mode(data), contents(data)) == before, "changed although refused: {said}");
}

/// The data directory of a demo that has ended.
fn used() -> (tempfile::TempDir, PathBuf) {
    let directory = temporary();
    let data = directory.path().join("data");
    let server = Server::demo_on(&data, &[]);
    server.owner().creates_client("my-organization");
    assert!(server.stop().success());
    (directory, data)
}

#[test]
fn an_occupied_port_leaves_no_trace() {
    let directory = temporary();
    let data = directory.path().join("data");
    let occupant = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupant.local_addr().unwrap().to_string();
    for command in ["serve", "demo"] {
        let said = refused(&bowline_in(&data, &[command, "--listen", &address]));
        assert!(said.starts_with(&format!("{address} is in use by another program. ")), "{said}");
        assert!(!data.exists());
    }
}

#[test]
fn addresses_and_urls_that_make_no_sense_leave_no_trace() {
    let directory = temporary();
    let data = directory.path().join("data");
    for listen in ["", "8080", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "192.0.2.1:0"] {
        let said = refused(&bowline_in(&data, &["serve", "--listen", listen]));
        assert!(said.starts_with("Cannot listen on "), "{said}");
    }
    for url in ["", "bowline.example.com", "ftp://x", "https://a:b@x", "https://x?y=z"] {
        let said = refused(&bowline_in(&data, &["serve", "--listen", "127.0.0.1:0", "--public-url", url]));
        assert!(said.starts_with("The public URL "), "{said}");
    }
    assert!(!data.exists());
}

#[test]
fn a_second_server_on_the_directory_is_refused_and_the_first_goes_on() {
    let server = Server::demo();
    let said = refused(&bowline_in(&server.data_dir, &SERVE));
    assert_eq!(said, format!("Another bowline server uses {}.", server.data_dir.display()));
    server.owner().creates_client("my-organization");
}

#[test]
fn places_that_cannot_hold_data_are_refused() {
    let directory = temporary();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    refuses(&file, "Not a directory");
    refuses(&file.join("below"), "Not a directory");
    refuses(Path::new("/proc/bowline"), "cannot be used");
    assert_eq!(fs::read(&file).unwrap(), b"x");
}

#[test]
fn somebody_elses_directory_is_refused() {
    let directory = temporary();
    fs::write(directory.path().join("thesis.tex"), "x").unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    refuses(directory.path(), "contains thesis.tex and no bowline.db");
}

#[test]
fn databases_that_are_none_of_ours_are_refused() {
    let directory = temporary();
    let database = directory.path().join("bowline.db");
    fs::write(&database, "").unwrap();
    refuses(directory.path(), "is empty, not a Bowline database.");
    fs::write(&database, "This is a text and no database at all. ".repeat(100)).unwrap();
    refuses(directory.path(), "is not a Bowline database.");
    fs::remove_file(&database).unwrap();
    fs::create_dir(&database).unwrap();
    refuses(directory.path(), "is a directory, not a Bowline database.");
    fs::remove_dir(&database).unwrap();
    Connection::open(&database).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    refuses(directory.path(), "is not a Bowline database.");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "not even a lock is left in somebody else's place");
}

#[test]
fn a_newer_database_is_refused() {
    let (_directory, data) = used();
    Connection::open(data.join("bowline.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    refuses(&data, "was made by a newer Bowline (schema version 99");
}

#[test]
fn a_database_of_a_development_version_is_refused() {
    let (_directory, data) = used();
    let database = Connection::open(data.join("bowline.db")).unwrap();
    // "Bowl", where releases have "Bwln".
    database.pragma_update(None, "application_id", 0x426f_776c).unwrap();
    database.pragma_update(None, "user_version", 7).unwrap();
    database.close().unwrap();
    let path = data.join("bowline.db");
    let sentence = format!(
        "{} was made by a development version of Bowline, which this version cannot read: start with an empty data \
         directory, or keep using the version that made it.",
        path.display()
    );
    refuses(&data, &sentence);
    let outside = temporary();
    let into = outside.path().join("data");
    for arguments in [vec!["check"], vec!["user", "list"], vec!["backup", outside.path().join("x").to_str().unwrap()]] {
        assert_eq!(refused(&bowline_in(&data, &arguments)), sentence);
    }
    assert_eq!(refused(&bowline_in(&into, &["restore", path.to_str().unwrap()])), sentence);
}

#[test]
fn a_lost_database_is_not_replaced_by_an_empty_one() {
    let (_directory, data) = used();
    fs::remove_file(data.join("bowline.db")).unwrap();
    refuses(&data, "contains master.key but no bowline.db");
}

#[test]
fn a_missing_wrong_or_open_master_key_is_refused() {
    let (_directory, data) = used();
    let key = data.join("master.key");
    let good = fs::read_to_string(&key).unwrap();

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    refuses(&data, "is open to other users");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    fs::write(&key, "nonsense").unwrap();
    refuses(&data, "is not a Bowline master key.");
    // Another installation's, and a mixture of both.
    let (_other_directory, other_data) = used();
    let other = fs::read_to_string(other_data.join("master.key")).unwrap();
    fs::write(&key, &other).unwrap();
    refuses(&data, "is not the master key of this database.");
    let line = |text: &str, purpose: &str| text.lines().find(|l| l.starts_with(purpose)).unwrap().to_owned();
    fs::write(&key, format!("{}\n{}\n", line(&good, "seal"), line(&other, "digest"))).unwrap();
    refuses(&data, "is not the master key of this database.");
    fs::remove_file(&key).unwrap();
    refuses(&data, "There is no master key");

    // Kept elsewhere, it is as good.
    let elsewhere = data.join("../elsewhere.key");
    fs::write(&elsewhere, &good).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
    let server = Server::serve_on(&data, &["--key-file", elsewhere.to_str().unwrap()]);
    assert!(server.stop().success());
}

#[test]
fn commands_that_need_a_database_say_how_to_get_one() {
    let directory = temporary();
    let data = directory.path().join("data");
    for arguments in [
        &["user", "list"][..],
        &["user", "create", "ada", "--email", "a@b"],
        &["user", "show", "ada"],
        &["user", "delete", "ada", "--yes"],
        &["org", "show", "acme"],
        &["org", "delete", "acme", "--yes"],
        &["audit"],
        &["key", "rotate"],
        &["org", "list"],
        &["token", "list"],
        &["token", "revoke", "at-x"],
        &["client", "list", "--organization", "x"],
        &["check"],
        &["backup", "/tmp/never-written"],
    ] {
        let said = refused(&bowline_in(&data, arguments));
        let place = format!("There is no Bowline database in {}. ", data.display());
        assert!(said.starts_with(&place) && said.contains("BOWLINE_DATA_DIR"), "{arguments:?}: {said}");
        assert!(said.ends_with("make a new database with `bowline init`."), "{said}");
        assert!(!data.exists());
    }
}

#[test]
fn what_an_interrupted_first_start_left_behind_is_taken_up() {
    // Killed after the key was written, and while it was.
    let (_directory, data) = used();
    fs::remove_file(data.join("bowline.db")).unwrap();
    fs::write(data.join("bowline.db.new"), "").unwrap();
    fs::write(data.join(".bowline-x1y2z3"), "half a key").unwrap();
    assert!(Server::serve_on(&data, &[]).stop().success());
}

#[test]
fn a_refused_command_makes_no_installation() {
    let directory = temporary();
    for (n, arguments) in [
        &["org", "create", "acme", "--email", "a@b", "--owner", "ada"][..],
        &["token", "create", "--user", "ada"],
        &["user", "create", "a b", "--email", "a@b"],
        &["restore", "/nowhere"],
    ]
    .iter()
    .enumerate()
    {
        let data = directory.path().join(n.to_string());
        refused(&bowline_in(&data, arguments));
        assert!(!data.exists(), "{arguments:?}");
    }
}

#[test]
fn a_shared_directory_is_not_taken() {
    let directory = temporary();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    refuses(directory.path(), "is a shared directory");
}

#[test]
fn a_demo_does_not_move_into_an_installation() {
    let directory = temporary();
    let data = directory.path().join("data");
    assert!(bowline_in(&data, &["init"]).status.success());
    assert!(bowline_in(&data, &["user", "create", "ada", "--email", "a@b"]).status.success());
    let said = refused(&bowline_in(&data, &["demo", "--listen", "127.0.0.1:0"]));
    assert!(said.contains("belongs to an installation, not to a demo"), "{said}");
}

#[test]
fn variables_set_for_one_command_do_not_stand_against_another() {
    let server = Server::demo();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_bowline"))
        .args(["token", "create", "--user", "demo"])
        .env("BOWLINE_DATA_DIR", &server.data_dir)
        .env("BOWLINE_ORGANIZATION", "my-organization")
        .env("BOWLINE_JSON", "1")
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (value, begins) in [("1", "["), ("0", "ID"), ("", "ID")] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_bowline"))
            .args(["user", "list"])
            .env("BOWLINE_DATA_DIR", &server.data_dir)
            .env("BOWLINE_JSON", value)
            .output()
            .expect("runs");
        assert!(String::from_utf8_lossy(&output.stdout).starts_with(begins), "{value:?}");
    }
}

#[test]
fn flags_come_from_the_environment_too() {
    let directory = temporary();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_bowline"))
        .args(["user", "list"])
        .env("BOWLINE_DATA_DIR", directory.path().join("named-by-environment"))
        .output()
        .expect("runs");
    assert!(refused(&output).contains("named-by-environment"));
    assert_eq!(bowline(&["--version"]).status.code(), Some(0));
}
