//! SIGTERM: what was accepted is answered, and nobody holds the server up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::raw::{CLIENTS, PING, Raw, creation, get};
use crate::harness::{Server, Signal, eventually};
use crate::metrics::samples;

#[test]
fn stopping_under_load_answers_every_request_that_was_taken() {
    let server = Server::demo();
    let (read, write) = (get(&server, CLIENTS), creation(&server));
    let answered = AtomicUsize::new(0);
    let status = thread::scope(|scope| {
        for n in 0..16 {
            let mut raw = Raw::open(&server);
            let request = if n % 4 == 0 { &write } else { &read };
            let answered = &answered;
            scope.spawn(move || {
                // Without another request in sight it may be closed; a request that was answered says that it is the
                // last, or another may follow.
                while raw.send(request) {
                    let Some(reply) = raw.next(true) else { return };
                    assert!(reply.status < 300, "{reply:?}");
                    answered.fetch_add(1, Ordering::Relaxed);
                    if reply.field("Connection") == Some("close") {
                        return raw.is_over();
                    }
                }
            });
        }
        eventually("they are at it", || answered.load(Ordering::Relaxed) > 100);
        server.stop()
    });
    assert_eq!(status.code(), Some(0));
}

#[test]
fn stopping_waits_for_no_idle_connection() {
    let server = Server::demo_with(&["--idle-timeout", "1h", "--head-timeout", "1h"]);
    let mut idle: Vec<Raw> = (0..100).map(|_| Raw::open(&server)).collect();
    for raw in idle.iter_mut().step_by(2) {
        raw.send(PING);
        assert_eq!(raw.answer().status, 204);
    }
    let began = std::time::Instant::now();
    assert_eq!(server.stop().code(), Some(0));
    // Well below the grace that a request in hand would have.
    assert!(began.elapsed().as_secs() < 8);
    idle.iter_mut().for_each(Raw::is_over);
}

#[test]
fn a_request_that_is_arriving_is_waited_for() {
    let mut server = Server::demo_with(&["--metrics-listen", "127.0.0.1:0"]);
    let request = creation(&server);
    let mut arriving = Raw::sending(&server, &request[..request.len() - 1]);
    let mut idle = Raw::sending(&server, PING);
    assert_eq!(idle.answer().status, 204);
    // A client has its answer, and has sent a request, before the server is where it waits for more.
    let phases = ["idle", "reading"].map(|phase| format!(r#"bowline_connections{{phase="{phase}"}}"#));
    eventually("it is the server that waits", || phases.each_ref().map(|phase| samples(&server)[phase]) == [1.0, 1.0]);
    server.signal(Signal::TERM);
    // Its end tells that stopping has begun.
    idle.is_over();
    arriving.send(&request[request.len() - 1..]);
    let reply = arriving.answer();
    assert_eq!((reply.status, reply.field("Connection")), (201, Some("close")), "{reply:?}");
    arriving.is_over();
    drop((arriving, idle));
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn what_reached_the_server_before_it_was_told_to_stop_is_answered() {
    let server = Server::demo();
    let request = get(&server, CLIENTS);
    let mut idle: Vec<Raw> = (0..40).map(|_| Raw::sending(&server, PING)).collect();
    idle.iter_mut().for_each(|raw| assert_eq!(raw.answer().status, 204));
    // While the process stands still, requests come on idle connections and on such as it has not even accepted.
    server.signal(Signal::STOP);
    idle.iter_mut().for_each(|raw| assert!(raw.send(&request)));
    let mut new: Vec<Raw> = (0..40).map(|_| Raw::sending(&server, &request)).collect();
    server.signal(Signal::TERM);
    server.signal(Signal::CONT);
    for raw in idle.iter_mut().chain(&mut new) {
        assert_eq!(raw.answer().status, 200);
    }
    drop((idle, new));
    let mut server = server;
    assert_eq!(server.wait().code(), Some(0));
}
