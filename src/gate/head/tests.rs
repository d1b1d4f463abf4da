use super::*;
use std::net::Ipv4Addr;

fn read(text: &str) -> Result<Head, u16> {
    let bytes = text.as_bytes();
    let length = Progress::default().look(bytes).map_err(|r| r.status)?.ok_or(0u16)?;
    assert_eq!(length, bytes.len(), "{text:?}");
    parse(
        bytes,
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        &Rules { headers: vec!["Accept", "Authorization", "Content-Type"], ..Rules::default() },
        Uuid::nil(),
    )
    .map_err(|r| r.status)
}

fn with(fields: &str) -> Result<Head, u16> {
    read(&format!("POST /x HTTP/1.1\r\nHost: h\r\n{fields}\r\n"))
}

#[test]
fn a_head_is_written_anew() {
    let head = read(
        "HEAD /a?b=[c] HTTP/1.1\r\nhOST: x:1\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nAccept:  */* \r\n\
         gate-origin: 6.6.6.6\r\nGATE-route: x\r\nContent-Type: \u{e9}\r\nUser-Agent: y\r\nTE: trailers\r\n\r\n",
    )
    .unwrap();
    assert_eq!(
        std::str::from_utf8(&head.canonical).unwrap(),
        "GET /a?b=[c] HTTP/1.1\r\nGate-Origin: 00000000-0000-0000-0000-000000000000 127.0.0.1\r\nAccept: */*\r\n"
    );
    assert!(head.method == "HEAD" && !head.keeps_alive && !head.expects_continue);
    assert_eq!(head.framing, Framing::None);
}

#[test]
fn bodies_are_framed_in_one_way() {
    assert_eq!(with("Content-Length: 36\r\n").unwrap().framing, Framing::Length(36));
    assert_eq!(with("Transfer-Encoding: Chunked\r\n").unwrap().framing, Framing::Chunked);
    assert_eq!(with("Content-Length: 99999999999999999999\r\n").unwrap().framing, Framing::Length(u64::MAX));
    for doubtful in [
        "Content-Length: abc\r\n",
        "Content-Length: \r\n",
        "Content-Length: +36\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x10\r\n",
        "Content-Length: 36, 36\r\n",
        "Content-Length: 3 6\r\n",
        "Content-Length: 36\r\nContent-Length: 36\r\n",
        "Content-Length: 0\r\nContent-Length: 36\r\n",
        "Content-Length: 36\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "X: 1\r\n Content-Length: 36\r\n",
        "Content-Length : 36\r\n",
    ] {
        assert_eq!(with(doubtful), Err(400), "{doubtful:?}");
    }
    for unknown in ["xchunked", "identity", "gzip, chunked", "chunked, chunked", "chunked;x=1"] {
        assert_eq!(with(&format!("Transfer-Encoding: {unknown}\r\n")), Err(501), "{unknown}");
    }
    assert_eq!(read("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Err(400));
}

#[test]
fn doubtful_heads_are_refused() {
    for (text, status) in [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\nb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400),
        ("GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\r\nHost: a\r\n\r\n", 400),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/11\r\nHost: a\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\n", 505),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("3;x /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417),
        ("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nauthorization: b\r\n\r\n", 400),
    ] {
        assert_eq!(read(text), Err(status), "{text:?}");
    }
}

#[test]
fn absolute_targets_and_old_clients_are_understood() {
    let head = read("GET HTTP://x.test:80/a/b?c HTTP/1.1\r\nHost: x.test:80\r\n\r\n").unwrap();
    assert!(head.canonical.starts_with(b"GET /a/b?c HTTP/1.1\r\n"));
    assert!(head.keeps_alive);
    let old = read("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").unwrap();
    assert!(!old.keeps_alive && !old.expects_continue);
    assert!(read("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").is_ok());
    assert!(with("Expect: 100-Continue\r\n").unwrap().expects_continue);
}

#[test]
fn limits_hold_while_reading() {
    let long = "x".repeat(LINE_BYTES);
    assert_eq!(read(&format!("GET /{long}")), Err(414));
    assert_eq!(read(&format!("GET / HTTP/1.1\r\nX: {long}")), Err(431));
    let many: String = (0..101).map(|n| format!("X{n}: 1\r\n")).collect();
    assert_eq!(with(&many), Err(431));
    let fat = format!("X: {}\r\n", "x".repeat(8000)).repeat(5);
    assert_eq!(with(&fat), Err(431));
}

#[test]
fn a_client_cannot_hide_its_token_behind_connection() {
    let head = with("Connection: Authorization, X\r\nAuthorization: Bearer t\r\nX: 1\r\n").unwrap();
    let text = String::from_utf8(head.canonical).unwrap();
    assert!(text.contains("Authorization: Bearer t\r\n") && !text.contains("X: 1"));
}

#[test]
fn progress_does_not_depend_on_the_pieces() {
    let text = b"GET /x HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\nrest";
    let mut progress = Progress::default();
    let mut complete = None;
    for end in 1..=text.len() {
        if let Some(length) = progress.look(&text[..end]).unwrap() {
            complete = Some((end, length));
            break;
        }
    }
    assert_eq!(complete, Some((text.len() - 4, text.len() - 4)));
    assert_eq!(Progress::default().look(text).unwrap(), Some(text.len() - 4));
}
