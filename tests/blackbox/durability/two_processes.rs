//! A command beside a running server.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{Server, eventually, sample_of_2018};

#[test]
fn concurrent_writers_of_two_processes_do_not_get_in_each_others_way() {
    let server = Server::demo();
    let owner = server.owner();
    std::thread::scope(|threads| {
        for n in 0..4 {
            let (owner, server) = (owner.clone(), &server);
            threads.spawn(move || {
                for round in 0..5 {
                    owner.creates_client("my-organization");
                    server.cli(&["user", "create", &format!("user-{n}-{round}"), "--email", "x@example.com"]);
                }
            });
        }
    });
    let count = |table: &str| {
        server.sqlite().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("oauth_clients"), count("users")), (20, 21));
}

#[test]
fn a_command_gets_its_turn_beside_a_busy_server() {
    let server = Server::demo();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..16 {
            let (owner, is_over) = (server.owner(), &is_over);
            threads.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    owner.creates_client("my-organization");
                }
            });
        }
        for n in 0..10 {
            server.cli(&["user", "create", &format!("user-{n}"), "--email", "x@example.com"]);
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn reading_goes_on_while_another_process_holds_the_file() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let other = server.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|threads| {
        let changes: Vec<_> = (0..40)
            .map(|_| threads.spawn(|| owner.post("/organizations/my-organization/oauth-clients", &sample_of_2018())))
            .collect();
        // Some are refused long before the file would be theirs: nobody holds all workers.
        eventually("a change is refused", || {
            owner.get(&format!("/oauth-clients/{id}")).is(200);
            changes.iter().any(|change| change.is_finished())
        });
        other.execute_batch("ROLLBACK").unwrap();
        for change in changes {
            let answer = change.join().unwrap();
            assert!(answer.status == 201 || answer.refused(503).is_empty(), "{}", answer.body);
        }
    });
}
