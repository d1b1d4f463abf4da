//! Events that are too old.

use std::path::PathBuf;
use std::thread;

use tempfile::TempDir;

use super::check;
use crate::harness::{Server, eventually, temporary};

const THREADS: usize = 4;
/// More events than are removed in one change.
const CLIENTS_EACH: usize = 80;

/// A data directory that no server uses, and the number of the last event there, which is more than a second old.
fn with_old_events() -> (TempDir, PathBuf, i64) {
    let outside = temporary();
    let data = outside.path().join("data");
    let server = Server::demo_on(&data, &[]);
    thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| (0..CLIENTS_EACH).for_each(|_| drop(server.owner().creates_client("my-organization"))));
        }
    });
    let last = server.number("SELECT max(number) FROM audit_events");
    assert!(last > 2 * (THREADS * CLIENTS_EACH) as i64);
    let all_are_old = "SELECT max(at) <= (unixepoch('subsec') - 1.1) * 1000 FROM audit_events";
    eventually("all events are old", || server.number(all_are_old) == 1);
    assert!(server.stop().success());
    (outside, data, last)
}

#[test]
fn what_is_older_than_the_retention_vanishes_and_the_chain_goes_on() {
    let (_outside, data, last) = with_old_events();
    let server = Server::serve_on(&data, &["--audit-retention", "1s"]);
    eventually("all events vanish", || server.number("SELECT count(*) FROM audit_events") == 0);
    let (is_content, said) = check(&data);
    assert!(is_content && said.ends_with("audit trail: ok\n"), "{said}");
    server.cli(&["user", "create", "ada", "--email", "a@b"]);
    server.cli(&["user", "create", "bea", "--email", "b@b"]);
    assert_eq!(
        server.number("SELECT max(number) FROM audit_events"),
        last + 4,
        "two users, and a sign-in link for each"
    );
    let (is_content, said) = check(&data);
    assert!(is_content && said.ends_with("audit trail: ok\n"), "{said}");
    // What was removed for its age leaves a mark that cannot be made by hand: the next ones cannot follow it unseen.
    server.sqlite().execute("DELETE FROM audit_events WHERE number = ?1", [last + 1]).unwrap();
    let (is_content, said) = check(&data);
    assert!(!is_content && said.contains(&format!("missing event {}", last + 1)), "{said}");
}

#[test]
fn what_is_younger_than_the_retention_stays() {
    let (_outside, data, last) = with_old_events();
    let server = Server::serve_on(&data, &["--audit-retention", "1d"]);
    server.cli(&["user", "create", "ada", "--email", "a@b"]);
    assert!(server.stop().success());
    let server = Server::serve_on(&data, &[]);
    assert_eq!(server.number("SELECT count(*) FROM audit_events"), last + 2, "a user and a sign-in link");
    assert!(check(&data).0);
}
