//! Bodies: how large, announced how, and what an early answer costs.

use super::raw::{
    MOST_MIB, Raw, connection_threads, created, creation, creation_head, descriptors, is_refused, peak_mib,
    resident_mib, tcp_sockets,
};
use crate::harness::{Server, eventually, sample_of_2018};

#[test]
fn a_body_announced_as_enormous_is_refused_before_it_comes_and_the_process_lives() {
    let mut server = Server::demo();
    let before = resident_mib(&server);
    for length in ["1048577", "1000000000000", "9223372036854775807", "18446744073709551615", "99999999999999999999"] {
        for head in [creation_head(&server), "POST /nothing HTTP/1.1\r\nHost: h\r\n".to_owned()] {
            is_refused(&server, format!("{head}Content-Length: {length}\r\n\r\n"), 413);
            is_refused(&server, format!("{head}Content-Length: {length}\r\n\r\n{}", creation(&server)), 413);
            is_refused(&server, format!("{head}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"), 413);
        }
    }
    assert!(server.is_running());
    assert_eq!(created(&server), 0);
    assert!(resident_mib(&server) < before + 16, "from {before} to {} MiB", resident_mib(&server));
}

#[test]
fn a_body_answered_early_costs_neither_a_worker_nor_the_next_request() {
    let server = Server::demo();
    let body = "x".repeat(1024 * 1024);
    for _ in 0..3 {
        let mut raw = Raw::open(&server);
        for (request, status) in [
            ("POST /nothing", 404),
            ("POST /%zz", 400),
            ("POST /api/v2/ping", 405),
            ("POST /api/v2/organizations/my-organization/oauth-clients", 401),
            ("OPTIONS *", 204),
        ] {
            raw.send(format!("{request} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
            assert_eq!(raw.answer().status, status, "{request}");
        }
    }
    let mut raw = Raw::sending(&server, creation(&server));
    assert_eq!(raw.answer().status, 201);
}

#[test]
fn a_chunked_body_cut_at_its_limit_is_not_the_next_request() {
    let server = Server::demo();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let head = format!("{}Transfer-Encoding: chunked\r\n\r\n", creation_head(&server));
    let smuggled = creation(&server);
    is_refused(&server, format!("{head}{}1\r\nx\r\n0\r\n\r\n{smuggled}", chunk.repeat(16)), 413);
    is_refused(&server, format!("{head}{}{smuggled}", "1\r\nx\r\n".repeat(1024 * 1024)), 413);
    assert_eq!(created(&server), 0);

    // Exactly the limit is a body like any other, and only its content is wrong.
    let mut raw = Raw::sending(&server, format!("{head}{}0\r\n\r\n{smuggled}", chunk.repeat(16)));
    assert_eq!(raw.answer().status, 400);
    assert_eq!(raw.answer().status, 201);
}

#[test]
fn announced_chunks_take_no_memory_before_they_come() {
    let server = Server::demo_with(&["--head-timeout", "1h", "--body-timeout", "1h"]);
    let count = super::raw::allow_connections(300);
    let threads_before = connection_threads(&server);
    let head = format!("{}Transfer-Encoding: chunked\r\n\r\n100000\r\nx", creation_head(&server));
    let announced: Vec<Raw> = (0..count).map(|_| Raw::sending(&server, &head)).collect();
    eventually("all are inside", || connection_threads(&server) >= threads_before + announced.len());
    assert_eq!(Raw::sending(&server, creation(&server)).answer().status, 201);
    assert!(resident_mib(&server) < MOST_MIB, "{} MiB", resident_mib(&server));
}

#[test]
fn many_large_bodies_at_once_take_no_more_memory_than_there_is_for_them() {
    let server = Server::demo();
    let count = super::raw::allow_connections(120);
    let head = format!("{}Content-Length: 1048576\r\n\r\n", creation_head(&server));
    let unfinished = format!("{head}{}", "x".repeat(1024 * 1024 - 1));
    let mut large: Vec<Raw> = (0..count).map(|_| Raw::sending(&server, &unfinished)).collect();
    // A small request is served all the same.
    assert_eq!(Raw::sending(&server, creation(&server)).answer().status, 201);
    large.iter_mut().for_each(|raw| raw.says_no_more());
    let mut refused = 0;
    for raw in &mut large {
        if let Some(reply) = raw.next(true) {
            reply.is_refusal(503);
            assert_eq!(reply.field("Retry-After"), Some("1"));
            refused += 1;
        }
    }
    assert!(refused > 0 && peak_mib(&server) < MOST_MIB, "{refused} refused, {} MiB", peak_mib(&server));
    // With the others gone there is room again.
    eventually("a large body is taken", || {
        let mut raw = Raw::sending(&server, format!("{unfinished}x"));
        raw.answer().status == 400
    });
}

#[test]
fn continue_is_said_once_and_only_to_those_who_wait_for_it() {
    let server = Server::demo();
    let body = sample_of_2018().to_string();
    let head = format!("{}Expect: 100-Continue\r\nContent-Length: {}\r\n\r\n", creation_head(&server), body.len());
    let mut raw = Raw::open(&server);
    for _ in 0..2 {
        raw.send(&head);
        assert_eq!(raw.answer().status, 100);
        raw.send(&body);
        assert_eq!(raw.answer().status, 201);
    }
    // Whoever did not wait may be told or not.
    raw.send(format!("{head}{body}"));
    let mut reply = raw.answer();
    if reply.status == 100 {
        reply = raw.answer();
    }
    assert_eq!(reply.status, 201);
    // Without a body there is nothing to go on with.
    raw.send("GET /api/v2/ping HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(raw.answer().status, 204);
    assert_eq!(created(&server), 3);
}

#[test]
fn other_expectations_fail() {
    let server = Server::demo();
    for fields in ["Expect: x", "Expect:", "Expect: 100-continue, x", "Expect: 200-ok"] {
        let request = format!("{}{fields}\r\nContent-Length: 9\r\n\r\n", creation_head(&server));
        is_refused(&server, format!("{request}{}", creation(&server)), 417);
    }
    let twice = format!("{}Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n", creation_head(&server));
    is_refused(&server, twice, 400);
    assert_eq!(created(&server), 0);
}

#[test]
fn those_who_hang_up_half_way_leave_nothing_behind() {
    let server = Server::demo();
    let (threads_before, sockets_before) = (connection_threads(&server), tcp_sockets(&server));
    let whole = creation(&server);
    for n in 0..300 {
        let mut raw = Raw::open(&server);
        let cut = whole.len() * n / 300;
        raw.send(&whole[..cut]);
        // An orderly end for some, a reset for the others.
        if n % 2 == 0 {
            raw.resets();
        }
    }
    eventually("as few threads and sockets as before", || {
        connection_threads(&server) <= threads_before && tcp_sockets(&server) <= sockets_before
    });
    assert_eq!(created(&server), 0);
}

#[test]
fn those_who_hang_up_while_they_are_answered_leave_nothing_behind() {
    let server = Server::demo();
    let owner = server.owner();
    for _ in 0..100 {
        owner.creates_client("my-organization");
    }
    let request = super::raw::get(&server, &format!("{}?page[size]=100", super::raw::CLIENTS));
    let threads_before = connection_threads(&server);
    for n in 0..100 {
        let mut raw = Raw::sending(&server, &request);
        if n % 2 == 0 {
            // The first bytes of the answer, then a reset.
            std::io::Read::read_exact(&mut raw.stream, &mut [0; 16]).expect("an answer");
        }
        raw.resets();
    }
    eventually("as few threads as before", || connection_threads(&server) <= threads_before);
    let open = descriptors(&server);
    Raw::sending(&server, &request).answer();
    eventually("as few descriptors as before", || descriptors(&server) <= open + 2);
}
