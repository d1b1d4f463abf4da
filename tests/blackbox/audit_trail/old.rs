//! Events of an older version, and events that are too old.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use rusqlite::Connection;
use tempfile::TempDir;

use super::check;
use crate::harness::{PATIENCE, Server, temporary};

const OLDER: i64 = 1500;

/// A data directory as version 2 left it: so many events of 15 days ago, one without, and three of today. Numbers are missing
/// here and there: nobody counted then.
fn of_version_2() -> (TempDir, PathBuf) {
    let outside = temporary();
    let data = outside.path().join("data");
    assert!(Server::demo_on(&data, &[]).stop().success());
    let path = data.join("bowline.db");
    let old = outside.path().join("old.db");
    let database = Connection::open(&old).unwrap();
    database.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON").unwrap();
    for migration in [include_str!("../../../schema.sql"), include_str!("../../../migrations/0002_todays_contract.sql")]
    {
        database.execute_batch(migration).unwrap();
    }
    database.execute("ATTACH ?1 AS new", [path.to_str().unwrap()]).unwrap();
    database
        .execute_batch(&format!(
            "INSERT INTO installation SELECT * FROM new.installation;
             WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {OLDER} + 3)
             INSERT INTO audit_events (number, at, actor_type, actor_name, resource_type, resource_id, action)
             SELECT 2 * x, (unixepoch() - iif(x <= {OLDER}, 15 * 86400, 60)) * 1000, 'System', 'x', 'user', 'user-' || x,
                    'update'
             FROM n;
             DETACH new;
             PRAGMA application_id = 0x426f776c;
             PRAGMA user_version = 2;
             PRAGMA journal_mode = DELETE;"
        ))
        .unwrap();
    database.close().unwrap();
    for name in ["audit.head", "bowline.db-wal", "bowline.db-shm"] {
        if data.join(name).exists() {
            fs::remove_file(data.join(name)).unwrap();
        }
    }
    fs::rename(&old, &path).unwrap();
    let database = Connection::open(&path).unwrap();
    database.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    database.close().unwrap();
    (outside, data)
}

const COUNT: &str = "SELECT count(*) FROM audit_events WHERE actor_name = 'x'";

#[test]
fn events_of_an_older_version_are_taken_into_the_chain() {
    let (_outside, data) = of_version_2();
    let server = Server::serve_on(&data, &["--audit-retention", "30d"]);
    assert_eq!(server.number(COUNT), OLDER + 3);
    assert_eq!(server.number("SELECT max(number) FROM audit_events"), OLDER + 3);
    let (is_content, said) = check(&data);
    assert!(is_content && said.ends_with("audit trail: ok\n"), "{said}");
    assert!(!server.log().contains("audit.head"), "{}", server.log());
    server.sqlite().execute_batch("UPDATE audit_events SET resource_id = 'user-0' WHERE number = 700").unwrap();
    let (is_content, said) = check(&data);
    assert!(!is_content && said.contains("broken link at event 700"), "{said}");
}

#[test]
fn what_is_older_than_the_retention_vanishes_and_the_chain_goes_on() {
    let (_outside, data) = of_version_2();
    let server = Server::serve_on(&data, &[]);
    let deadline = Instant::now() + PATIENCE;
    while server.number(COUNT) > 3 {
        assert!(Instant::now() < deadline, "{} are still there", server.number(COUNT));
        std::thread::yield_now();
    }
    assert_eq!(server.number(&format!("{COUNT} AND at > (unixepoch() - 86400) * 1000")), 3);
    server.cli(&["user", "create", "ada", "--email", "a@b"]);
    let (is_content, said) = check(&data);
    assert!(is_content && said.ends_with("audit trail: ok\n"), "{said}");
    // What was removed for its age leaves a mark that cannot be made by hand: the next ones cannot follow it unseen.
    server.sqlite().execute_batch(&format!("DELETE FROM audit_events WHERE number = {OLDER} + 1")).unwrap();
    let (is_content, said) = check(&data);
    assert!(!is_content && said.contains(&format!("missing event {}", OLDER + 1)), "{said}");
}

#[test]
fn a_trail_of_which_nothing_is_left_goes_on_all_the_same() {
    let (_outside, data) = of_version_2();
    let server = Server::serve_on(&data, &["--audit-retention", "1s"]);
    let deadline = Instant::now() + PATIENCE;
    while server.number("SELECT count(*) FROM audit_events") > 0 {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    let (is_content, said) = check(&data);
    assert!(is_content && said.ends_with("audit trail: ok\n"), "{said}");
    server.cli(&["user", "create", "ada", "--email", "a@b"]);
    assert_eq!(server.number("SELECT max(number) FROM audit_events"), OLDER + 4);
    assert!(check(&data).0);
}
