//! Those who keep others waiting: each of them is bounded in time.

use std::time::Duration;

use super::raw::{CLIENTS, PING, Raw, connection_threads, creation, creation_head, get};
use crate::harness::{Server, eventually};

/// Impatient in one thing, and patient enough in all others for a test to tell which one it was.
fn impatient(flag: &str) -> Server {
    // A head has to come within its time also beside other tests.
    Server::demo_with(&[flag, if flag == "--head-timeout" { "1s" } else { "300ms" }])
}

#[test]
fn a_new_connection_that_stays_silent_is_closed_after_the_head_timeout() {
    let server = impatient("--head-timeout");
    Raw::open(&server).is_over();
    // Empty lines before a request are nothing said.
    Raw::sending(&server, "\r\n\r\n").is_over();
}

#[test]
fn an_idle_connection_is_closed_after_the_idle_timeout() {
    let server = impatient("--idle-timeout");
    let mut raw = Raw::sending(&server, PING);
    assert_eq!(raw.answer().status, 204);
    raw.is_over();
    // Some clients end a body with an empty line that belongs to nothing.
    let mut raw = Raw::sending(&server, [PING, b"\r\n"].concat());
    assert_eq!(raw.answer().status, 204);
    raw.is_over();
}

#[test]
fn half_a_head_times_out() {
    let server = impatient("--head-timeout");
    for half in ["G", "GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n", "\r\nGET", "GET / HTTP/1.1\r\nHost: h\r\n\r"] {
        let mut raw = Raw::sending(&server, half);
        raw.answer().is_refusal(408);
        raw.is_over();
    }
    let mut raw = Raw::sending(&server, [PING, b"GET "].concat());
    assert_eq!(raw.answer().status, 204);
    raw.answer().is_refusal(408);
    raw.is_over();
}

#[test]
fn a_head_that_drips_times_out_all_the_same() {
    let server = impatient("--head-timeout");
    let mut raw = Raw::sending(&server, "GET / HTTP/1.1\r\nX: ");
    raw.stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
    let mut bytes = [0; 16];
    eventually("the drip is answered", || {
        raw.send("x");
        std::io::Read::read(&mut raw.stream, &mut bytes).is_ok()
    });
    assert_eq!(&bytes[..12], b"HTTP/1.1 408");
}

#[test]
fn half_a_body_times_out() {
    let server = impatient("--body-timeout");
    for rest in [
        "Content-Length: 5\r\n\r\n{}",
        "Content-Length: 100000\r\n\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\n5",
        "Transfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n",
    ] {
        let mut raw = Raw::sending(&server, format!("{}{rest}", creation_head(&server)));
        raw.answer().is_refusal(408);
        raw.is_over();
    }
    let mut raw =
        Raw::sending(&server, format!("{}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", creation_head(&server)));
    assert_eq!(raw.answer().status, 100);
    raw.answer().is_refusal(408);
    raw.is_over();
}

#[test]
fn stalled_bodies_do_not_hold_a_worker() {
    let server = Server::demo();
    let stalled: Vec<Raw> = (0..200)
        .map(|_| {
            Raw::sending(
                &server,
                format!("{}Content-Length: 200000\r\n\r\n{}", creation_head(&server), "x".repeat(5000)),
            )
        })
        .collect();
    assert_eq!(Raw::sending(&server, creation(&server)).answer().status, 201);
    drop(stalled);
}

#[test]
fn readers_that_never_read_hold_no_worker_and_are_cut_off() {
    // With 80 files there are six workers.
    let server = Server::demo_with_few_files_and(80, &["--write-timeout", "500ms"]);
    let owner = server.owner();
    for _ in 0..100 {
        owner.creates_client("my-organization");
    }
    let threads_before = connection_threads(&server);
    // More than the buffers on both sides take.
    let request = get(&server, &format!("{CLIENTS}?page[size]=100")).repeat(50);
    let unread: Vec<Raw> = (0..14)
        .map(|_| {
            let mut raw = Raw::with_a_small_window(&server);
            raw.send(&request);
            raw
        })
        .collect();
    for _ in 0..10 {
        assert_eq!(Raw::sending(&server, get(&server, CLIENTS)).answer().status, 200);
    }
    eventually("the readers that never read are gone", || connection_threads(&server) <= threads_before);
    drop(unread);
}

#[test]
fn a_refused_client_cannot_stay_by_sending_on() {
    let server = Server::demo();
    let mut raw = Raw::sending(&server, "nonsense\r\n\r\n");
    raw.answer().is_refusal(400);
    let threads_before = connection_threads(&server);
    eventually("it is cut off", || !raw.send([b'x'; 1000]));
    eventually("its thread is gone", || connection_threads(&server) < threads_before);
}
