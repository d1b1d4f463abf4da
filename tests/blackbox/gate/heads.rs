//! Request lines and header fields: how long they may be, and what they may look like.

use super::raw::{PING, Raw, connection_threads, created, creation, is_refused, resident_mib, tcp_sockets};
use crate::harness::{Server, eventually};

#[test]
fn doubtful_heads_are_refused_once_and_smuggle_nothing() {
    let server = Server::demo();
    let smuggled = creation(&server);
    for (head, status) in [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\tfolded\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\nb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\u{1}: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: nameless\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nÄ: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n(x): b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nauthorization: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Type: a\r\nContent-Type: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 extra\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/01.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/11\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1,1\r\nHost: a\r\n\r\n", 400),
        ("GET / XTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\r\nHost: a\r\n\r\n", 400),
        ("GET\r\nHost: a\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}\0\u{a5}\u{1}\0\0\r\n\r\n", 400),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ] {
        is_refused(&server, format!("{head}{smuggled}"), status);
    }
    assert_eq!(created(&server), 0);
}

#[test]
fn doubtful_targets_are_refused_and_lead_to_no_other_route() {
    let server = Server::demo();
    for target in [
        "/a b",
        "/a#b",
        "/ä",
        "api/v2/ping",
        "*",
        "ftp://h/api/v2/ping",
        "http:///api/v2/ping",
        "http://u@h/api/v2/ping",
        "h:80",
        "/a\u{7f}",
        "/a\tb",
    ] {
        is_refused(&server, format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
    }
    let mut raw = Raw::open(&server);
    for (target, status) in [
        ("/api%2Fv2%2Fping", 404),
        ("/api/v2%2fping", 404),
        ("//api/v2/ping", 204),
        ("/api//v2/ping", 204),
        ("/api/v2/ping/", 204),
        ("/api/v2/x/../ping", 404),
        ("/api/v2/./ping", 404),
        ("/api/v2/%2e%2e/v2/ping", 404),
        ("/api/v2/ping%00", 404),
        ("/api/v2/ping%2500", 404),
        ("/api/v2/ping;x", 404),
        ("/API/v2/ping", 404),
        ("/api/v2/ping%ff", 400),
        ("/api/v2/ping%c0%af", 400),
        ("/api/v2/ping%zz", 400),
        ("/api/v2/ping%", 400),
        ("/api/v2/ping?%", 400),
        ("/api/v2/%70ing", 204),
        ("/api/v2/ping?", 204),
        ("http://other.test:99/api/v2/ping?x", 204),
        ("HTTPS://h/api/v2/ping", 204),
    ] {
        raw.send(format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n"));
        let reply = raw.answer();
        assert_eq!(reply.status, status, "{target}: {reply:?}");
    }
}

#[test]
fn heads_end_or_are_cut_off_while_they_are_read() {
    let server = Server::demo();
    Raw::sending(&server, PING).answer();
    let before = resident_mib(&server);
    let endless = "x".repeat(4 * 1024 * 1024);
    for (head, status) in [
        (format!("GET /{endless}"), 414),
        (format!("{endless} / HTTP/1.1\r\n"), 414),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {endless}"), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{endless}"), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{}", "X: 1\r\n".repeat(1_000_000)), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: 1\r\n".repeat(100)), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", format!("X: {}\r\n", "x".repeat(8000)).repeat(5)), 431),
    ] {
        is_refused(&server, head, status);
    }
    assert!(resident_mib(&server) < before + 16, "from {before} to {} MiB", resident_mib(&server));
}

#[test]
fn a_head_as_large_as_allowed_is_understood() {
    let server = Server::demo();
    let mut raw = Raw::open(&server);
    let target = format!("/api/v2/ping?{}", "x".repeat(8192 - "GET /api/v2/ping? HTTP/1.1\r\n".len()));
    raw.send(format!("GET {target} HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: 1\r\n".repeat(99)));
    assert_eq!(raw.answer().status, 204);
    let field = format!("X: {}\r\n", "x".repeat(8192 - "X: \r\n".len()));
    raw.send(format!("GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n{}\r\n", field.repeat(3)));
    assert_eq!(raw.answer().status, 204);
}

#[test]
fn a_head_may_come_in_any_pieces_and_after_empty_lines() {
    let server = Server::demo();
    let text = format!("\r\n\r\n{}", String::from_utf8_lossy(PING));
    for piece in [1, 2, 3, 5, 1000] {
        let mut raw = Raw::open(&server);
        for bytes in text.as_bytes().chunks(piece) {
            raw.send(bytes);
        }
        assert_eq!(raw.answer().status, 204, "pieces of {piece}");
        raw.send(&text);
        assert_eq!(raw.answer().status, 204, "again, after pieces of {piece}");
    }
}

#[test]
fn what_a_client_may_leave_out_or_add_is_accepted() {
    let server = Server::demo();
    for fields in [
        "Host:",
        "Host: [::1]:80",
        "HOST:h",
        "Host: h\r\nX:",
        "Host: h\r\nX: a\tb \t",
        "Host: h\r\nX: ä",
        "Host: h\r\nX: \"a, b\"",
        "Host: h\r\nGate-Origin: x 1.2.3.4",
        "Host: h\r\nConnection: Host, Content-Length, Gate-Origin",
        "Host: h\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x",
        "Host: h\r\nTE: chunked\r\nTrailer: X",
        "Host: h\r\n!#$%&'*+-.^_`|~: 1",
    ] {
        let mut raw = Raw::sending(&server, format!("GET /api/v2/ping HTTP/1.1\r\n{fields}\r\n\r\n"));
        assert_eq!(raw.answer().status, 204, "{fields}");
        raw.send(PING);
        assert_eq!(raw.answer().status, 204, "{fields}");
    }
}

#[test]
fn other_versions_of_http_leave_nothing_behind() {
    let server = Server::demo();
    let (threads_before, sockets_before) = (connection_threads(&server), tcp_sockets(&server));
    let mut open = Vec::new();
    for n in 0..600 {
        let mut raw = Raw::sending(&server, "GET / HTTP/2.0\r\nHost: h\r\n\r\n");
        raw.answer().is_refusal(505);
        // Some clients stay, some hang up.
        if n % 2 == 0 {
            open.push(raw);
        }
    }
    drop(open);
    eventually("as few threads and sockets as before", || {
        connection_threads(&server) <= threads_before && tcp_sockets(&server) <= sockets_before
    });
    assert_eq!(Raw::sending(&server, PING).answer().status, 204);
}
