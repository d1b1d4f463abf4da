//! Many at once: nobody is locked out, whatever the others do.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use super::raw::{
    CLIENTS, MOST_MIB, PING, Raw, allow_connections, connection_threads, creation_head, descriptors, get, resident_mib,
    threads,
};
use crate::harness::{Server, binary_for_somebody_else, eventually, temporary};
use crate::metrics::samples;

fn open_connections(server: &Server, count: usize) -> Vec<Raw> {
    (0..allow_connections(count)).map(|_| Raw::open(server)).collect()
}

#[track_caller]
fn is_answered(server: &Server) {
    let reply = Raw::sending(server, get(server, CLIENTS)).answer();
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn silent_and_dripping_connections_beside_it_do_not_delay_an_honest_request() {
    let server = Server::demo_with(&["--head-timeout", "1h"]);
    let threads_before = connection_threads(&server);
    let silent = open_connections(&server, 600);
    let mut dripping = open_connections(&server, 600);
    for text in ["GET /", "x", "y", "z"] {
        dripping.iter_mut().for_each(|raw| assert!(raw.send(text)));
        is_answered(&server);
    }
    let inside = silent.len() + dripping.len();
    eventually("all are inside", || connection_threads(&server) >= threads_before + inside);
    is_answered(&server);
    assert!(resident_mib(&server) < MOST_MIB, "{} MiB", resident_mib(&server));
    drop((silent, dripping));
    eventually("all have left", || connection_threads(&server) <= threads_before);
}

#[test]
fn more_connections_than_descriptors_lock_nobody_out() {
    for files in [40, 48, 64] {
        let server = Server::demo_with_few_files(files);
        is_answered(&server);
        let silent = open_connections(&server, 120);
        is_answered(&server);
        let mut half = open_connections(&server, 60);
        for raw in &mut half {
            raw.send("GET / HTTP/1.1\r\nX: ");
        }
        let mut bodies = open_connections(&server, 60);
        let head = creation_head(&server);
        for raw in &mut bodies {
            raw.send(format!("{head}Content-Length: 9\r\n\r\n{{"));
        }
        is_answered(&server);
        drop((silent, half, bodies));
        is_answered(&server);
        assert!(descriptors(&server) <= files as usize);
        assert!(!server.log().contains("could not be accepted"), "{}", server.log());
    }
}

#[test]
fn running_out_of_descriptors_does_not_end_accepting() {
    let server = Server::demo();
    is_answered(&server);
    let before = allows(&server, Rlimit { current: Some(3), ..getrlimit(Resource::Nofile) });
    let mut newcomers = open_connections(&server, 10);
    newcomers.iter_mut().for_each(|raw| assert!(raw.send(PING)));
    eventually("accepting fails", || server.log().contains("could not be accepted"));
    allows(&server, before);
    // All of them were waiting in the system's queue.
    newcomers.iter_mut().for_each(|raw| assert_eq!(raw.answer().status, 204));
    is_answered(&server);
}

/// Changes the limit on open files of the running server; gives the one it had.
fn allows(server: &Server, limit: Rlimit) -> Rlimit {
    let process = Pid::from_raw(server.process_id() as i32).expect("a process");
    prlimit(Some(process), Resource::Nofile, limit).expect("a new limit")
}

/// Of nobody else's processes: the limit counts all that a user has.
const OF_NOBODY_ELSE: u32 = 64_533;

/// Root has as many threads as it likes, so somebody else serves.
#[test]
fn running_out_of_threads_turns_newcomers_away_and_ends_nothing() {
    let place = temporary();
    let Some(binary) = binary_for_somebody_else(place.path()) else { return };
    chown(place.path(), Some(OF_NOBODY_ELSE), Some(OF_NOBODY_ELSE)).expect("given away");
    let idle = threads(&Server::demo());
    let mut program = Command::new("prlimit");
    program.arg(format!("--nproc={}", idle + 3)).uid(OF_NOBODY_ELSE).gid(OF_NOBODY_ELSE);
    program.args(["sh", "-c"]).arg(format!("exec {} \"$@\"", binary.display()));
    let server = Server::demo_by(program, &place.path().join("data"));
    let mut clients = open_connections(&server, 10);
    let statuses = clients.iter_mut().map(|raw| {
        raw.send(PING);
        let reply = raw.answer();
        if reply.status == 503 {
            reply.is_refusal(503);
            raw.is_over();
        }
        reply.status
    });
    let statuses: Vec<u16> = statuses.collect();
    let served = statuses.iter().take_while(|status| **status == 204).count();
    // About three: one server has a spare thread of tiny_http's at first, the other none.
    assert!((1..=6).contains(&served) && statuses[served..].iter().all(|status| *status == 503), "{statuses:?}");
    assert!(server.log().contains("could not start a thread for a connection"), "{}", server.log());
    for raw in &mut clients[..served] {
        raw.send(PING);
        assert_eq!(raw.answer().status, 204);
    }
    drop(clients);
    eventually("those who leave make room", || connection_threads(&server) == 0);
    is_answered(&server);
    assert!(server.stop().success());
}

#[test]
fn with_all_places_taken_who_waits_longest_makes_room() {
    let server = Server::demo_with(&["--max-connections", "3", "--metrics-listen", "127.0.0.1:0"]);
    let idle = || samples(&server)[r#"bowline_connections{phase="idle"}"#];
    let mut waiting = Vec::new();
    for n in 1..=3 {
        let mut raw = Raw::sending(&server, PING);
        assert_eq!(raw.answer().status, 204);
        waiting.push(raw);
        // A client has its answer before the server is done with it.
        eventually("it is the server that waits", || idle() == f64::from(n));
    }
    let mut newcomer = Raw::sending(&server, PING);
    assert_eq!(newcomer.answer().status, 204);
    waiting[0].is_over();
    for raw in &mut waiting[1..] {
        raw.send(PING);
        assert_eq!(raw.answer().status, 204);
    }
}

#[test]
fn many_connections_from_one_address_close_none_of_another() {
    let server = Server::demo_with(&["--max-connections", "20"]);
    let mut honest = Raw::from_address(&server, [127, 0, 0, 2]);
    honest.send(PING);
    assert_eq!(honest.answer().status, 204);
    let silent = open_connections(&server, 100);
    is_answered(&server);
    honest.send(PING);
    assert_eq!(honest.answer().status, 204);
    drop(silent);
}

#[test]
fn keep_alive_connections_opened_in_a_burst_are_all_answered() {
    for count in [60, 300] {
        let server = Server::demo();
        let mut burst = open_connections(&server, count);
        burst.iter_mut().for_each(|raw| assert!(raw.send(get(&server, CLIENTS))));
        for raw in &mut burst {
            let reply = raw.answer();
            assert_eq!((reply.status, reply.field("Connection")), (200, None));
        }
    }
}

#[test]
fn nine_hundred_keep_alive_connections_are_all_answered_again_and_again() {
    let server = Server::demo();
    let request = get(&server, CLIENTS);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut mine = open_connections(&server, 300);
                for _ in 0..3 {
                    mine.iter_mut().for_each(|raw| assert!(raw.send(&request)));
                    mine.iter_mut().for_each(|raw| assert_eq!(raw.answer().status, 200));
                }
            });
        }
    });
}

#[test]
fn a_full_house_stays_small() {
    let server = Server::demo_with(&["--head-timeout", "1h"]);
    let threads_before = connection_threads(&server);
    // All but the few places that are kept free for who comes next.
    let mut full = open_connections(&server, 2000);
    eventually("all are inside", || connection_threads(&server) >= threads_before + full.len());
    full.iter_mut().for_each(|raw| assert!(raw.send(PING)));
    full.iter_mut().for_each(|raw| assert_eq!(raw.answer().status, 204));
    assert!(resident_mib(&server) < MOST_MIB, "{} MiB", resident_mib(&server));
    is_answered(&server);
}

#[test]
fn too_few_descriptors_are_a_reason_not_to_start() {
    let temporary = crate::harness::temporary();
    let data_dir = temporary.path().join("data");
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 20 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_bowline"), "demo"])
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&data_dir)
        .output()
        .expect("the binary runs");
    assert!(!output.status.success() && output.status.code().is_some(), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("the limit of 20 open files is too low") && said.trim_end().lines().count() == 1, "{said:?}");
    assert!(output.stdout.is_empty() && !data_dir.exists());
}
