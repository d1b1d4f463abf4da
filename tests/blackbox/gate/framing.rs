//! Where does a body end? Whatever leaves that open is refused, and nothing behind it is ever executed.

use super::raw::{Raw, created, creation, creation_head, is_refused};
use crate::harness::Server;

#[test]
fn doubtful_framing_is_refused_once_and_smuggles_nothing() {
    let server = Server::demo();
    let smuggled = creation(&server);
    let length = smuggled.len();
    for (fields, status) in [
        ("Content-Length: abc", 400),
        ("Content-Length:", 400),
        ("Content-Length: +36", 400),
        ("Content-Length: -1", 400),
        ("Content-Length: 0x24", 400),
        ("Content-Length: 3 6", 400),
        ("Content-Length: 36, 36", 400),
        ("Content-Length: 0, 0", 400),
        ("Content-Length: 36;", 400),
        ("Content-Length: \"36\"", 400),
        ("Content-Length: 3\u{b}6", 400),
        ("Content-Length: ３６", 400),
        ("Content-Length: 0\r\nContent-Length: LENGTH", 400),
        ("Content-Length: LENGTH\r\nContent-Length: 0", 400),
        ("Content-Length: 0\r\ncontent-length: 0", 400),
        ("Content-Length: LENGTH\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: LENGTH", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: identity\r\ntransfer-encoding: chunked", 400),
        ("Transfer-Encoding: xchunked", 501),
        ("Transfer-Encoding: identity", 501),
        ("Transfer-Encoding: gzip, chunked", 501),
        ("Transfer-Encoding: chunked, identity", 501),
        ("Transfer-Encoding: chunked;x=1", 501),
        ("Transfer-Encoding: \"chunked\"", 501),
        ("Transfer-Encoding:", 501),
        ("Transfer-Encoding : chunked", 400),
        ("Transfer-Encoding\t: chunked", 400),
        ("Transfer-Encoding: \u{b}chunked", 400),
        ("X: 1\r\n Content-Length: LENGTH", 400),
        ("X: 1\r\n\tTransfer-Encoding: chunked", 400),
        ("Content-Length : LENGTH", 400),
        (" Content-Length: LENGTH", 400),
        ("Content-Length: 0\nX: 1", 400),
        ("X: 1\nContent-Length: LENGTH", 400),
        ("X: 1\rContent-Length: LENGTH", 400),
        ("X: 1\0Content-Length: LENGTH", 400),
        ("Content-Length: 18446744073709551616", 413),
        ("Content-Length: 340282366920938463463374607431768211456", 413),
    ] {
        let fields = fields.replace("LENGTH", &length.to_string());
        let doubtful = format!("{}{fields}\r\n\r\n", creation_head(&server));
        is_refused(&server, format!("{doubtful}{smuggled}"), status);
        is_refused(&server, format!("{doubtful}0\r\n\r\n{smuggled}"), status);
    }
    assert_eq!(created(&server), 0);
    // It would have been executed, had it been let through.
    assert_eq!(Raw::sending(&server, smuggled).answer().status, 201);
    assert_eq!(created(&server), 1);
}

#[test]
fn doubtful_chunks_are_refused_and_smuggle_nothing() {
    let server = Server::demo();
    let smuggled = creation(&server);
    for (chunks, status) in [
        ("\r\n", 400),
        ("3;x /smuggled HTTP/1.1\r\n\r\n", 400),
        ("-1\r\nx\r\n0\r\n\r\n", 400),
        ("+1\r\nx\r\n0\r\n\r\n", 400),
        ("0x1\r\nx\r\n0\r\n\r\n", 400),
        (" 1\r\nx\r\n0\r\n\r\n", 400),
        ("1 \r\nx\r\n0\r\n\r\n", 400),
        ("1\nx\n0\n\n", 400),
        ("1\r\nxy\r\n0\r\n\r\n", 400),
        ("2\r\nx\r\n0\r\n\r\n", 400),
        ("1\r\nx0\r\n\r\n", 400),
        ("1\r\nxAB0\r\n\r\n", 400),
        ("1;\u{1}\r\nx\r\n0\r\n\r\n", 400),
        ("1;a=\"\n\"\r\nx\r\n0\r\n\r\n", 400),
        ("00000000000000001\r\nx\r\n0\r\n\r\n", 400),
        ("FFFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n", 400),
        ("10000000000000000\r\nx\r\n0\r\n\r\n", 400),
        ("FFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n", 413),
        ("100001\r\nx\r\n0\r\n\r\n", 413),
        ("0\r\nno colon\r\n\r\n", 400),
        ("0\r\n: nameless\r\n\r\n", 400),
        ("0\r\nX : 1\r\n\r\n", 400),
        ("0\r\nX: 1\n\n", 400),
    ] {
        let doubtful = format!("{}Transfer-Encoding: chunked\r\n\r\n{chunks}{smuggled}", creation_head(&server));
        is_refused(&server, doubtful, status);
    }
    assert_eq!(created(&server), 0);
}

#[test]
fn a_chunk_line_without_end_is_refused() {
    let server = Server::demo();
    let head = format!("{}Transfer-Encoding: chunked\r\n\r\n", creation_head(&server));
    is_refused(&server, format!("{head}5;{}", "x".repeat(100_000)), 400);
    is_refused(&server, format!("{head}{}", "0".repeat(100_000)), 400);
    let padded = format!("1;{}\r\nx\r\n", "x".repeat(1000)).repeat(5000);
    is_refused(&server, format!("{head}{padded}"), 413);
}

#[test]
fn trailers_have_an_end_and_change_nothing() {
    let server = Server::demo();
    let head = format!("{}Transfer-Encoding: chunked\r\n\r\n", creation_head(&server));
    is_refused(&server, format!("{head}0\r\n{}", "X: 1\r\n".repeat(100_000)), 431);
    is_refused(&server, format!("{head}0\r\nX: {}", "x".repeat(100_000)), 400);
    assert_eq!(created(&server), 0);

    let body = crate::harness::sample_of_2018().to_string();
    let chunked = format!("{:X};a=b\r\n{body}\r\n0\r\nContent-Length: 5\r\nHost: x\r\n\r\n", body.len());
    let mut raw = Raw::sending(&server, format!("{head}{chunked}{head}{chunked}"));
    for _ in 0..2 {
        let reply = raw.answer();
        assert_eq!(reply.status, 201, "{reply:?}");
    }
    assert_eq!(created(&server), 2);
}

#[test]
fn a_body_nobody_asked_for_is_not_the_next_request() {
    let server = Server::demo();
    let smuggled = creation(&server);
    let token = server.owner().token.expect("a token");
    for (method, target) in [
        ("GET", "/api/v2/ping"),
        ("GET", "/api/v2/nothing"),
        ("DELETE", "/api/v2/ping"),
        ("GET", "/%zz"),
        ("OPTIONS", "*"),
        ("HEAD", "/api/v2/ping"),
    ] {
        let framed = |framing: &str| {
            format!("{method} {target} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n{framing}\r\n\r\n")
        };
        let with_length = framed(&format!("Content-Length: {}", smuggled.len()));
        let in_chunks = framed("Transfer-Encoding: chunked");
        let ping = String::from_utf8_lossy(super::raw::PING);
        let mut raw = Raw::sending(
            &server,
            format!("{with_length}{smuggled}{in_chunks}{:x}\r\n{smuggled}\r\n0\r\n\r\n{ping}", smuggled.len()),
        );
        let first = raw.next(method != "HEAD").expect("an answer");
        let second = raw.next(method != "HEAD").expect("an answer");
        assert_eq!((first.status, &first.body), (second.status, &second.body), "{method} {target}");
        assert_eq!(raw.answer().status, 204, "{method} {target}");
    }
    assert_eq!(created(&server), 0);
}
