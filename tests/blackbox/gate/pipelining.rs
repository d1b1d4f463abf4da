//! Many requests on one connection: one at a time, in their order, and no memory for those that wait.

use std::io::Write;
use std::thread;

use super::raw::{PING, Raw, get, resident_mib};
use crate::harness::{Server, eventually};

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let server = Server::demo();
    let mut raw = Raw::open(&server);
    let requests: String = (0..500).map(|n| get(&server, &format!("/api/v2/workspaces/ws-{n}?n={n}"))).collect();
    let pings = String::from_utf8_lossy(PING).into_owned();
    raw.send(format!("{requests}{pings}"));
    for _ in 0..500 {
        assert_eq!(raw.answer().status, 404);
    }
    assert_eq!(raw.answer().status, 204);

    // Different answers, so that their order shows.
    let mut expected = Vec::new();
    let mut requests = String::new();
    for n in 0..300 {
        let (target, status) = [("/api/v2/ping", 204), ("/nothing", 404), ("/%zz", 400)][(n * n + n / 7) % 3];
        requests.push_str(&format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n"));
        expected.push(status);
    }
    raw.send(requests);
    let answered: Vec<u16> = expected.iter().map(|_| raw.answer().status).collect();
    assert_eq!(answered, expected);
}

#[test]
fn a_pipeline_without_end_takes_no_memory() {
    let server = Server::demo();
    Raw::sending(&server, PING).answer();
    let before = resident_mib(&server);
    let writers: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = Raw::with_a_small_window(&server).stream;
            let requests = PING.repeat(1000);
            thread::spawn(move || {
                // 20 MiB of requests and not one answer read; ends when the server has had enough of it.
                stream.set_write_timeout(Some(std::time::Duration::from_millis(300))).expect("a timeout");
                for _ in 0..500 {
                    if stream.write_all(&requests).is_err() {
                        break;
                    }
                }
                stream
            })
        })
        .collect();
    let streams: Vec<_> = writers.into_iter().map(|writer| writer.join().expect("a writer")).collect();
    assert!(resident_mib(&server) < before + 16, "from {before} to {} MiB", resident_mib(&server));
    assert_eq!(Raw::sending(&server, PING).answer().status, 204);
    drop(streams);
}

#[test]
fn a_long_pipeline_that_is_read_is_answered_to_its_end() {
    let server = Server::demo();
    Raw::sending(&server, PING).answer();
    let before = resident_mib(&server);
    let mut raw = Raw::open(&server);
    let mut writer = raw.stream.try_clone().expect("a second handle");
    let writing = thread::spawn(move || {
        for _ in 0..5 {
            writer.write_all(&PING.repeat(1000)).expect("taken");
        }
    });
    for n in 0..5000 {
        assert_eq!(raw.answer().status, 204, "request {n}");
    }
    writing.join().expect("a writer");
    assert!(resident_mib(&server) < before + 16, "from {before} to {} MiB", resident_mib(&server));
    eventually("still there", || Raw::sending(&server, PING).answer().status == 204);
}

#[test]
fn answers_of_a_few_kilobytes_do_not_wait_for_an_acknowledgement() {
    let server = Server::demo();
    let owner = server.owner();
    for _ in 0..4 {
        owner.creates_client("my-organization");
    }
    let request = get(&server, super::raw::CLIENTS);
    let mut raw = Raw::open(&server);
    let mut delayed = 0;
    for _ in 0..500 {
        let began = std::time::Instant::now();
        raw.send(&request);
        let reply = raw.answer();
        assert!(reply.status == 200 && reply.body.len() > 2048);
        delayed += usize::from(began.elapsed().as_millis() >= 40);
    }
    // An answer in two segments would meet a delayed acknowledgement of 40 ms each time.
    assert!(delayed < 400, "{delayed}");
}
