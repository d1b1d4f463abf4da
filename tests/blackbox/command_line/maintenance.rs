//! Backup, restore, check.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{printed, refused};
use crate::harness::{Server, bowline_in, temporary};

const SOUND: &str = "schema version: 1\nschema: ok\nintegrity: ok\nforeign keys: ok\nlist sizes: ok\nrow numbers: ok\nsecrets: ok\naudit trail: ok\n";

/// What `check` answers where not all is well.
fn unsound(data: &Path) -> String {
    let output = bowline_in(data, &["check"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_backup_made_under_load_restores_with_everything_acknowledged_before_it() {
    let server = Server::demo();
    let owner = server.owner();
    let outside = temporary();
    let backup = outside.path().join("backup.db");
    let is_over = AtomicBool::new(false);
    let before = std::thread::scope(|threads| {
        for _ in 0..4 {
            let (owner, is_over) = (owner.clone(), &is_over);
            threads.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    owner.creates_client("my-organization");
                }
            });
        }
        let before: Vec<String> = (0..20).map(|_| owner.creates_client("my-organization").0).collect();
        let made = bowline_in(&server.data_dir, &["backup", backup.to_str().unwrap()]);
        is_over.store(true, Ordering::Relaxed);
        printed(made);
        before
    });

    // One file, its owner's alone, and nothing half-made beside it.
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);

    let restored = outside.path().join("restored");
    fs::create_dir(&restored).unwrap();
    fs::copy(server.data_dir.join("master.key"), restored.join("master.key")).unwrap();
    printed(bowline_in(&restored, &["restore", backup.to_str().unwrap()]));
    assert_eq!(printed(bowline_in(&restored, &["check"])), SOUND);
    let token = owner.token.clone().unwrap();
    drop(server);
    let again = Server::serve_on(&restored, &[]);
    for id in before {
        again.with_token(&token).get(&format!("/oauth-clients/{id}")).is(200);
    }
    again.with_token(&token).creates_client("my-organization");
}

#[test]
fn a_backup_that_is_killed_half_way_leaves_no_file_under_its_name() {
    let server = Server::demo();
    server
        .sqlite()
        .execute_batch(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 30000)
             INSERT INTO audit_events (id, at, actor_type, actor_name, resource_type, resource_id, action, link)
             SELECT randomblob(16), x, 'System', hex(randomblob(400)), 'user', 'user-1', 'update', zeroblob(32) FROM n",
        )
        .unwrap();
    let outside = temporary();
    let target = outside.path().join("backup.db");
    let half_made = || {
        let entries = fs::read_dir(outside.path()).unwrap().flatten();
        entries.filter(|entry| entry.path() != target).any(|entry| entry.metadata().is_ok_and(|file| file.len() > 0))
    };
    let mut killed_half_way = 0;
    for _ in 0..5 {
        let mut backup = std::process::Command::new(env!("CARGO_BIN_EXE_bowline"))
            .args(["backup", target.to_str().unwrap(), "--data-dir", server.data_dir.to_str().unwrap()])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while !half_made() && backup.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        backup.kill().unwrap();
        let was_killed = !backup.wait().unwrap().success();
        killed_half_way += usize::from(was_killed && half_made());
        if target.exists() {
            // Killed too late, or not at all: then it is whole.
            let copy = rusqlite::Connection::open(&target).unwrap();
            let answer = copy.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
            assert_eq!(answer.as_deref(), Ok("ok"), "half a backup under its final name");
        }
        fs::read_dir(outside.path()).unwrap().flatten().for_each(|entry| fs::remove_file(entry.path()).unwrap());
    }
    assert!(killed_half_way > 0, "every backup was finished before it could be killed");
}

#[test]
fn a_backup_never_overwrites_and_never_leaves_half_a_file() {
    let server = Server::demo();
    let outside = temporary();
    let taken = outside.path().join("taken");
    fs::write(&taken, "precious").unwrap();
    let said = refused(&bowline_in(&server.data_dir, &["backup", taken.to_str().unwrap()]));
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(fs::read(&taken).unwrap(), b"precious");
    let nowhere = outside.path().join("none/backup.db");
    assert!(
        refused(&bowline_in(&server.data_dir, &["backup", nowhere.to_str().unwrap()])).contains("cannot be written")
    );
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn restore_refuses_what_is_no_backup_and_where_something_is() {
    let server = Server::demo();
    let outside = temporary();
    let backup = outside.path().join("backup.db");
    server.cli(&["backup", backup.to_str().unwrap()]);
    let fresh = outside.path().join("fresh");
    let restore = |file: &Path, into: &Path| refused(&bowline_in(into, &["restore", file.to_str().unwrap()]));

    assert!(restore(&outside.path().join("none"), &fresh).contains("cannot be read"));
    assert!(restore(outside.path(), &fresh).contains("is not a file"));
    for (name, bytes) in [("empty", Vec::new()), ("text", b"no database".repeat(1000))] {
        let file = outside.path().join(name);
        fs::write(&file, bytes).unwrap();
        assert!(restore(&file, &fresh).contains("is not a Bowline database"), "{name}");
    }
    let damaged = outside.path().join("damaged");
    let mut bytes = fs::read(&backup).unwrap();
    let half = bytes.len() / 2;
    bytes.truncate(half);
    fs::write(&damaged, bytes).unwrap();
    let said = restore(&damaged, &fresh);
    assert!(said.contains("is damaged: "), "{said}");

    assert!(restore(&backup, &fresh).contains("There is no master key"));
    assert!(!fresh.exists(), "nothing is made before everything is known to be right");
    assert!(restore(&backup, &server.data_dir).contains("already contains bowline.db"));
    server.owner().creates_client("my-organization");
}

#[test]
fn check_passes_beside_a_running_server() {
    let server = Server::demo();
    server.owner().creates_client("my-organization");
    assert_eq!(printed(bowline_in(&server.data_dir, &["check"])), SOUND);
}

#[test]
fn what_would_run_by_itself_is_named_and_not_restored() {
    let server = Server::demo();
    let outside = temporary();
    let backup = outside.path().join("backup.db");
    server.cli(&["backup", backup.to_str().unwrap()]);
    let fresh = outside.path().join("fresh");
    fs::create_dir(&fresh).unwrap();
    fs::copy(server.data_dir.join("master.key"), fresh.join("master.key")).unwrap();
    // Whoever makes it need not pay for it.
    let costly = |index: &str| {
        format!(
            "{index}; PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'zeroblob(4)', 'zeroblob(400000000)') WHERE name = 'costly'"
        )
    };
    for (change, words) in [
        ("CREATE TRIGGER evil AFTER INSERT ON oauth_clients BEGIN DELETE FROM teams; END", "CREATE TRIGGER evil"),
        ("CREATE VIEW evil AS SELECT * FROM users", "CREATE VIEW evil"),
        ("DROP TRIGGER installation_keys_go_up", "missing trigger installation_keys_go_up"),
        ("CREATE TABLE more (x)", "unexpected table more"),
        ("CREATE VIRTUAL TABLE more USING dbstat", "unexpected table more: CREATE VIRTUAL TABLE more"),
        (&costly("CREATE INDEX costly ON api_tokens (hex(zeroblob(4)))"), "unexpected index costly"),
        (&costly("CREATE INDEX costly ON teams (name) WHERE hex(zeroblob(4)) > ''"), "unexpected index costly"),
        ("DROP INDEX workspace_tags_by_tag; CREATE INDEX workspace_tags_by_tag ON tags (name)", "index workspace_tags_by_tag"),
        ("DROP TABLE ssh_keys; CREATE TABLE ssh_keys (number INTEGER PRIMARY KEY, id, organization)", "table ssh_keys is"),
        (
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (length(name) BETWEEN 1 AND 255)', '') WHERE name = 'teams'",
            "table teams is not as in the schema",
        ),
        ("UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'organizations'", "the sequence of table organizations is out of bounds"),
        ("INSERT INTO users VALUES (9223372036854775807, 'user-1111111111111111', 'eve', 'e@x', 0, 0)", "table users has a row with the number 9223372036854775807"),
    ] {
        let altered = outside.path().join("altered.db");
        fs::copy(&backup, &altered).unwrap();
        rusqlite::Connection::open(&altered).unwrap().execute_batch(change).unwrap();
        let said = refused(&bowline_in(&fresh, &["restore", altered.to_str().unwrap()]));
        assert!(said.contains("is damaged: ") && said.contains(words), "{said}");
        assert_eq!(fs::read_dir(&fresh).unwrap().count(), 1);
    }
    server.sqlite().execute_batch("CREATE TRIGGER evil AFTER INSERT ON teams BEGIN DELETE FROM users; END").unwrap();
    let answer = unsound(&server.data_dir);
    assert!(answer.contains("schema: NOT OK\n  unexpected trigger evil: CREATE TRIGGER evil"), "{answer}");
}

#[test]
fn check_names_a_damaged_page() {
    let directory = temporary();
    let data = directory.path().join("data");
    let server = Server::demo_on(&data, &[]);
    for _ in 0..50 {
        server.owner().creates_client("my-organization");
    }
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'oauth_clients_by_organization'";
    let page: i64 = server.sqlite().query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(server.stop().success());
    let file = fs::File::options().write(true).open(data.join("bowline.db")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0xa5; 2048], (page as u64 - 1) * 4096 + 2048).unwrap();
    let answer = unsound(&data);
    assert!(answer.contains("integrity: NOT OK"), "{answer}");
}

#[test]
fn check_names_a_secret_that_was_altered_or_moved() {
    let server = Server::demo();
    let (_, first) = server.owner().creates_client("my-organization");
    let (_, second) = server.owner().creates_client("my-organization");
    server
        .sqlite()
        .execute(
            "UPDATE oauth_tokens SET token_sealed = (SELECT token_sealed FROM oauth_tokens WHERE id = ?1)
             WHERE id = ?2",
            [&first, &second],
        )
        .unwrap();
    let answer = unsound(&server.data_dir);
    assert!(answer.contains("secrets: NOT OK") && answer.contains(&second) && !answer.contains(&first), "{answer}");
}

#[test]
fn check_names_a_broken_reference() {
    let server = Server::demo();
    let (_, token) = server.owner().creates_client("my-organization");
    server.owner().creates_workspace("my-organization", "infra", Some(&token));
    let sqlite = server.sqlite();
    sqlite.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM oauth_tokens").unwrap();
    let answer = unsound(&server.data_dir);
    assert!(
        answer.contains("foreign keys: NOT OK")
            && answer.contains("repository_links refers to the missing row 1 of oauth_tokens (1)"),
        "{answer}"
    );
}

#[test]
fn check_says_how_many_more_there_are_of_a_kind() {
    let server = Server::demo();
    for _ in 0..103 {
        server.owner().creates_client("my-organization");
    }
    let alter = "UPDATE oauth_tokens SET token_sealed = CAST(token_sealed || x'00' AS BLOB)";
    server.sqlite().execute(alter, []).unwrap();
    let answer = unsound(&server.data_dir);
    let lines: Vec<&str> = answer.lines().skip_while(|line| *line != "secrets: NOT OK").collect();
    assert!(lines[100].starts_with("  the sealed oauth_tokens.token_sealed of ot-"), "{answer}");
    assert_eq!(lines[101..], ["  and 3 more", "audit trail: ok"]);
}
