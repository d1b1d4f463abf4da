//! Methods, versions and the course of a connection.

use super::raw::{CLIENTS, PING, Raw, created, creation, get, is_refused};
use crate::harness::Server;

#[test]
fn unknown_methods_are_not_implemented() {
    let server = Server::demo();
    let smuggled = creation(&server);
    for method in ["TRACE", "CONNECT", "PROPFIND", "get", "Get", "GETT", "G", "PRI", "M-SEARCH"] {
        let request = format!("{method} /api/v2/ping HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n{smuggled}");
        is_refused(&server, request, 501);
    }
    is_refused(&server, format!("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n{smuggled}"), 501);
    assert_eq!(created(&server), 0);
}

#[test]
fn head_has_the_fields_of_get_and_no_body() {
    let server = Server::demo();
    let mut raw = Raw::open(&server);
    let is_the_same = |line: &&str| !line.starts_with("Date: ") && !line.starts_with("X-Request-Id: ");
    let same = |head: &str| head.lines().filter(is_the_same).collect::<Vec<_>>().join("\n");
    for target in [CLIENTS, "/api/v2/ping", "/api/v2/nothing", "/%zz"] {
        let request = get(&server, target);
        raw.send(&request);
        let got = raw.answer();
        raw.send(request.replacen("GET", "HEAD", 1));
        let told = raw.answer_to_head();
        assert_eq!(same(&told.head), same(&got.head), "{target}");
    }
    // Had a body come, it would stand before this answer.
    raw.send(PING);
    assert_eq!(raw.answer().status, 204);
}

#[test]
fn a_refused_head_request_gets_no_body_either() {
    let server = Server::demo();
    for fields in ["Content-Length: x", "Content-Length: 99999999", "Transfer-Encoding: x", "Expect: x"] {
        let mut raw = Raw::sending(&server, format!("HEAD / HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n"));
        let reply = raw.answer_to_head();
        assert!(reply.status >= 400 && reply.field("Connection") == Some("close"), "{fields}: {reply:?}");
        raw.is_over();
    }
}

#[test]
fn every_answer_says_when_and_none_says_by_what() {
    let server = Server::demo();
    let mut raw = Raw::open(&server);
    for target in [CLIENTS, "/api/v2/ping", "/api/v2/nothing", "/%zz"] {
        raw.send(get(&server, target));
        let reply = raw.answer();
        assert!(reply.field("Date").is_some_and(|date| date.ends_with(" GMT")), "{reply:?}");
        for hidden in ["Server", "Transfer-Encoding", "Connection"] {
            assert_eq!(reply.field(hidden), None, "{reply:?}");
        }
    }
}

#[test]
fn options_is_answered() {
    let server = Server::demo();
    let mut raw = Raw::sending(&server, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(raw.answer().status, 204);
    raw.send("OPTIONS /api/v2/ping HTTP/1.1\r\nHost: h\r\n\r\n");
    let reply = raw.answer();
    assert_eq!((reply.status, reply.field("Allow")), (405, Some("GET, HEAD")), "{reply:?}");
    raw.send("PUT /api/v2/ping HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
    let reply = raw.answer();
    assert_eq!((reply.status, reply.field("Allow")), (405, Some("GET, HEAD")), "{reply:?}");
}

#[test]
fn old_clients_and_those_who_ask_for_it_are_answered_and_let_go() {
    let server = Server::demo();
    for request in [
        "GET /api/v2/ping HTTP/1.0\r\n\r\n",
        "GET /api/v2/ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET /api/v2/ping HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
        "GET /api/v2/ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /api/v2/ping HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, CLOSE\r\n\r\n",
        "GET /api/v2/ping HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
    ] {
        let mut raw = Raw::sending(&server, format!("{request}{}", creation(&server)));
        let reply = raw.answer();
        assert_eq!((reply.status, reply.field("Connection")), (204, Some("close")), "{request}");
        raw.is_over();
    }
    assert_eq!(created(&server), 0);
}

#[test]
fn a_client_that_has_said_all_is_still_answered() {
    let server = Server::demo();
    for request in [String::from_utf8_lossy(PING).into_owned(), get(&server, CLIENTS), creation(&server)] {
        let mut raw = Raw::sending(&server, format!("{request}{request}"));
        raw.says_no_more();
        for _ in 0..2 {
            let reply = raw.answer();
            assert!(reply.status < 300, "{reply:?}");
        }
        raw.is_over();
    }
    assert_eq!(created(&server), 2);
}

#[test]
fn what_follows_the_last_request_does_not_cost_its_answer() {
    let server = Server::demo();
    let owner = server.owner();
    for _ in 0..100 {
        owner.creates_client("my-organization");
    }
    // Closing on unread bytes resets the connection, and what the client has not yet read of its answer is lost.
    for rest in [&b"\r\n"[..], &[b'x'; 100_000]] {
        let request = get(&server, &format!("{CLIENTS}?page[size]=100"));
        let request = request.replacen("Host: h", "Host: h\r\nConnection: close", 1);
        let mut raw = Raw::with_a_small_window(&server);
        raw.send([request.as_bytes(), rest].concat());
        raw.stream.peek(&mut [0]).expect("the beginning of an answer");
        // Others are served meanwhile: a server that would close at once has done so.
        (0..5).for_each(|_| assert_eq!(Raw::sending(&server, PING).answer().status, 204));
        let reply = raw.answer();
        assert_eq!(reply.status, 200);
        assert!(reply.body.len() > 64 * 1024, "{} bytes", reply.body.len());
        raw.is_over();
    }
}
