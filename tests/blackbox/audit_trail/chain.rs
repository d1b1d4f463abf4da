//! Somebody with write access to the file, a log that was cut, a witness that is gone.

use std::fs;
use std::path::{Path, PathBuf};

use super::{check, holds_the_log};
use crate::harness::{Server, bowline_in, temporary};

#[test]
fn what_was_altered_taken_out_or_cut_off_is_found() {
    let server = Server::demo();
    let owner = server.owner();
    for _ in 0..3 {
        owner.creates_client("my-organization");
    }
    let last = server.number("SELECT max(number) FROM audit_events");
    let second = last - 3;
    let cases = [
        (format!("UPDATE audit_events SET actor_name = 'eve' WHERE number = {second}"), format!("broken link at event {second}")),
        (format!("UPDATE audit_events SET at = at + 1 WHERE number = {second}"), format!("broken link at event {second}")),
        (format!("UPDATE audit_events SET request_id = NULL WHERE number = {second}"), format!("broken link at event {second}")),
        (format!("UPDATE audit_events SET link = zeroblob(32) WHERE number = {second}"), format!("broken link at event {second}")),
        (format!("DELETE FROM audit_events WHERE number = {second}"), format!("missing event {second}")),
        (format!("DELETE FROM audit_events WHERE number BETWEEN 2 AND {second}"), format!("missing events 2 to {second}")),
        ("DELETE FROM audit_events WHERE number <= 2".to_owned(), "missing events 1 to 2".to_owned()),
        (
            "UPDATE audit_anchor SET number = 2, link = (SELECT link FROM audit_events WHERE number = 2);
             DELETE FROM audit_events WHERE number <= 2"
                .to_owned(),
            "the anchor before event 3 was altered".to_owned(),
        ),
        (
            format!("DELETE FROM audit_events WHERE number > {second}"),
            format!("witness ahead: 3 acknowledged events are missing at the end; the last event is {second}, expected {last}"),
        ),
        ("DELETE FROM audit_events".to_owned(), "witness ahead".to_owned()),
        (
            "INSERT INTO audit_events (number, id, at, actor_type, actor_name, resource_type, resource_id, action, link)
             SELECT max(number) + 1, randomblob(16), 0, 'System', 'x', 'user', 'user-1', 'create', randomblob(32)
             FROM audit_events"
                .to_owned(),
            format!("broken link at event {}", last + 1),
        ),
    ];
    let _reader = holds_the_log(&server);
    for (n, (harm, found)) in cases.iter().enumerate() {
        let copy = server.data_dir.with_file_name(format!("copy-{n}"));
        copies(&server.data_dir, &copy);
        assert!(check(&copy).0, "sound before");
        rusqlite::Connection::open(copy.join("bowline.db")).unwrap().execute_batch(harm).expect(harm);
        let (is_content, said) = check(&copy);
        assert!(!is_content && said.contains("audit trail: NOT OK") && said.contains(found), "{harm}: {said}");
        assert!(said.contains("integrity: ok"), "{said}");
    }
}

/// The data directory as it is at the moment, without what only a running server needs.
fn copies(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a directory");
    for name in ["bowline.db", "bowline.db-wal", "master.key", "audit.head"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).expect(name);
        }
    }
}

#[test]
fn a_cut_in_the_write_ahead_log_is_found_said_at_the_start_and_kept_on_record() {
    let outside = temporary();
    let server = Server::demo();
    let reader = holds_the_log(&server);
    let clients: Vec<String> = (0..20).map(|_| server.owner().creates_client("my-organization").0).collect();
    let copy = outside.path().join("copy");
    copies(&server.data_dir, &copy);
    let sound = outside.path().join("sound");
    copies(&server.data_dir, &sound);
    drop(reader);
    assert!(check(&sound).0, "{}", check(&sound).1);

    let log = copy.join("bowline.db-wal");
    let mut bytes = fs::read(&log).expect("a log");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8].iter_mut().for_each(|byte| *byte ^= 0xff);
    fs::write(&log, bytes).expect("damaged");
    let (is_content, said) = check(&copy);
    assert!(said.contains("schema: ok\nintegrity: ok\nforeign keys: ok\n"), "SQLite itself notices nothing: {said}");
    assert!(!is_content && said.contains("audit trail: NOT OK\n  witness ahead: "), "{said}");
    let missing = said.split("witness ahead: ").nth(1).unwrap().split(' ').next().unwrap().to_owned();

    let again = Server::demo_on(&copy, &[]);
    let gone = clients.iter().filter(|id| again.owner().get(&format!("/oauth-clients/{id}")).status == 404).count();
    assert!(gone > 0 && gone < 20);
    assert_eq!(missing, (2 * gone).to_string(), "an event for the client, one for its token");
    let log = again.log();
    assert!(log.contains(&format!("{missing} acknowledged events are missing")), "{log}");
    again.owner().creates_client("my-organization");
    let (is_content, said) = check(&copy);
    assert!(is_content && said.contains("audit trail: ok\n  missing events "), "{said}");
    assert!(said.contains("recorded at "), "{said}");
    let told = again.cli(&["audit", "--json"]);
    assert!(told.contains(&format!("\"missing\":{missing}")), "{told}");
    // Once.
    assert!(again.stop().success());
    let once_more = Server::demo_on(&copy, &[]);
    assert!(!once_more.log().contains("missing"), "{}", once_more.log());
    assert_eq!(once_more.number("SELECT count(*) FROM audit_events WHERE action = 'lose'"), 1);
}

#[test]
fn a_command_line_change_notes_a_loss_before_anything_else() {
    let server = Server::demo();
    server.owner().creates_client("my-organization");
    let data = server.data_dir.clone();
    let copy = temporary();
    let copy = copy.path().join("copy");
    copies(&data, &copy);
    let cut = rusqlite::Connection::open(copy.join("bowline.db")).unwrap();
    cut.execute_batch("DELETE FROM audit_events WHERE number > (SELECT max(number) - 2 FROM audit_events)").unwrap();
    drop(cut);
    assert!(!check(&copy).0);
    // Looking changes nothing.
    assert!(bowline_in(&copy, &["user", "list"]).status.success());
    assert!(bowline_in(&copy, &["audit"]).status.success());
    assert!(!check(&copy).0);
    let made = bowline_in(&copy, &["user", "create", "ada", "--email", "a@b"]);
    assert!(
        made.status.success() && String::from_utf8_lossy(&made.stderr).contains("2 acknowledged events are missing")
    );
    let (is_content, said) = check(&copy);
    assert!(is_content && said.contains("recorded at"), "{said}");
}

/// A stopped server's directory.
fn stopped() -> (tempfile::TempDir, PathBuf) {
    let outside = temporary();
    let data = outside.path().join("data");
    let server = Server::demo_on(&data, &[]);
    server.owner().creates_client("my-organization");
    assert!(server.stop().success());
    (outside, data)
}

#[test]
fn a_witness_that_is_missing_or_garbled_proves_nothing_and_is_made_anew() {
    let (_outside, data) = stopped();
    let head = data.join("audit.head");
    let whole = fs::read(&head).expect("a witness");
    for (bytes, how) in [
        (None, "missing"),
        (Some(vec![]), "unreadable"),
        (Some(vec![0; whole.len()]), "unreadable"),
        (Some(whole[..50].to_vec()), "unreadable"),
        (Some(b"bowline audit head 99999999999999999999".to_vec()), "unreadable"),
        (Some(vec![b'x'; 100_000]), "unreadable"),
    ] {
        match bytes {
            None => fs::remove_file(&head).expect("removed"),
            Some(bytes) => fs::write(&head, bytes).expect("written"),
        }
        let (is_content, said) = check(&data);
        assert!(is_content && said.contains(&format!("audit trail: ok\n  audit.head is {how}")), "{said}");
        let server = Server::serve_on(&data, &[]);
        assert!(server.log().contains(&format!("audit.head is {how} and was recreated")), "{}", server.log());
        let (is_content, said) = check(&data);
        assert!(is_content && said.ends_with("audit trail: ok\n"), "{said}");
        assert!(server.stop().success());
    }
    assert_eq!(fs::read(&head).expect("a witness"), whole);
}

#[test]
fn a_restored_backup_begins_with_a_witness_of_its_own() {
    let server = Server::demo();
    let outside = temporary();
    let backup = outside.path().join("backup.db");
    server.cli(&["backup", backup.to_str().unwrap()]);
    server.owner().creates_client("my-organization");
    // The database is lost; what lay beside it is not.
    let place = outside.path().join("place");
    fs::create_dir(&place).unwrap();
    for name in ["master.key", "audit.head"] {
        fs::copy(server.data_dir.join(name), place.join(name)).unwrap();
    }
    assert!(bowline_in(&place, &["restore", backup.to_str().unwrap()]).status.success());
    let (is_content, said) = check(&place);
    assert!(is_content && said.ends_with("audit trail: ok\n"), "{said}");
    let again = Server::demo_on(&place, &[]);
    assert!(!again.log().contains("audit"), "{}", again.log());
}

#[test]
fn a_witness_without_a_database_is_no_place_to_begin_anew() {
    let (_outside, data) = stopped();
    fs::remove_file(data.join("bowline.db")).unwrap();
    let key = data.with_file_name("elsewhere.key");
    fs::rename(data.join("master.key"), &key).unwrap();
    let output = bowline_in(&data, &["init", "--key-file", key.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("audit.head"), "{said}");
}

#[test]
fn several_processes_at_once_keep_one_chain_and_a_witness_that_is_never_ahead() {
    let server = Server::demo();
    std::thread::scope(|scope| {
        for n in 0..3 {
            let server = &server;
            scope.spawn(move || {
                for round in 0..4 {
                    server.owner().creates_client("my-organization");
                    server.cli(&["user", "create", &format!("user-{n}-{round}"), "--email", "x@example.com"]);
                    let (is_content, said) = check(&server.data_dir);
                    assert!(is_content, "{said}");
                }
            });
        }
    });
    let data = server.data_dir.clone();
    let copy = temporary();
    let reader = holds_the_log(&server);
    copies(&data, &copy.path().join("copy"));
    drop(reader);
    server.kill();
    let (is_content, said) = check(&copy.path().join("copy"));
    assert!(is_content && said.ends_with("audit trail: ok\n"), "{said}");
}
