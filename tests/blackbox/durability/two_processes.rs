//! A command beside a running server.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::Server;

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
