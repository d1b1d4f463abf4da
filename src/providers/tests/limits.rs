//! Answers that are too large, too slow, or none.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::imitation::{Imitation, Seen, json, reply};
use super::*;

fn user(imitation: &Imitation, outbound: &Outbound) -> Result<User> {
    played(ServiceProvider::GitHub, imitation, outbound).user(&Access::Stored(&secret("needle")), None)
}

fn of_port(port: u16, outbound: &Outbound) -> Result<User> {
    let url = format!("http://127.0.0.1:{port}");
    let endpoints = Endpoints::of(ServiceProvider::GitHub, &url, &url, None).unwrap();
    of_kind(ServiceProvider::GitHub, endpoints, outbound).user(&Access::Stored(&secret("needle")), None)
}

#[test]
fn a_body_of_10_mib_is_not_taken() {
    let outbound = outbound();
    let large = json(200, &format!(r#"{{"login": "{}"}}"#, "x".repeat(10 << 20)));
    let imitation = Imitation::serving(move |mut stream, _| {
        // It is cut off on the way.
        let _ = stream.write_all(&large);
    });
    assert_eq!(user(&imitation, &outbound), Err(Failure::TooLarge("body")));
}

#[test]
fn a_body_in_chunks_without_an_end_is_not_taken() {
    let outbound = outbound();
    let imitation = Imitation::serving(|mut stream, _| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
        while stream.write_all(chunk.as_bytes()).is_ok() {}
    });
    assert_eq!(user(&imitation, &outbound), Err(Failure::TooLarge("body")));
}

#[test]
fn a_head_without_an_end_is_not_taken() {
    let outbound = outbound();
    for line in
        [&b"x-a: b\r\n"[..], &b"x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"[..]]
    {
        let imitation = Imitation::serving(move |mut stream, _| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
            while stream.write_all(line).is_ok() {}
        });
        let failure = user(&imitation, &outbound).unwrap_err();
        assert!(matches!(failure, Failure::TooLarge("head") | Failure::NotHttp), "{failure}");
    }
}

#[test]
fn a_flood_of_interim_answers_ends() {
    let outbound = Outbound::new(impatient(&["127.0.0.1"]), environment()).unwrap();
    let imitation =
        Imitation::serving(
            |mut stream, _| {
                while stream.write_all(b"HTTP/1.1 103 Early Hints\r\nx-a: b\r\n\r\n").is_ok() {}
            },
        );
    let failure = user(&imitation, &outbound).unwrap_err();
    assert!(matches!(failure, Failure::Timeout(_) | Failure::TooLarge("head") | Failure::NotHttp), "{failure}");
}

#[test]
fn a_provider_that_never_answers_is_given_up() {
    let outbound = Outbound::new(impatient(&["127.0.0.1"]), environment()).unwrap();
    // The system takes the connection; nothing reads from it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let failure = of_port(silent.local_addr().unwrap().port(), &outbound).unwrap_err();
    assert!(matches!(failure, Failure::Timeout(_)), "{failure}");
}

/// Writes a byte, and waits for the end of the test a little, again and again.
fn drip(mut stream: TcpStream, over: &Receiver<()>, head: &[u8], drop: &[u8]) {
    let mut sent = stream.write_all(head);
    while sent.is_ok() && over.recv_timeout(Duration::from_millis(5)).is_err() {
        sent = stream.write_all(drop);
    }
}

#[test]
fn a_provider_that_answers_drop_by_drop_is_given_up() {
    let outbound = Outbound::new(impatient(&["127.0.0.1"]), environment()).unwrap();
    for (head, dropped) in [
        ("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n", " "),
        ("HTTP/1.1 200 OK\r\nx-long: ", "x"),
        ("", "\r\n"),
    ] {
        let (end, over): (Sender<()>, _) = channel();
        let over = Mutex::new(over);
        let imitation = Imitation::serving(move |stream, _: &Seen| {
            drip(stream, &over.lock().unwrap(), head.as_bytes(), dropped.as_bytes());
        });
        let failure = user(&imitation, &outbound).unwrap_err();
        let _ = end.send(());
        assert!(matches!(failure, Failure::Timeout(_)), "{head}: {failure}");
    }
}

#[test]
fn a_name_that_is_never_found_is_given_up() {
    let (end, over) = channel::<()>();
    let over = Mutex::new(over);
    let hanging = move |_: &str, _: u16| {
        let _ = over.lock().unwrap().recv();
        Vec::new()
    };
    let outbound = outbound_for(hanging, impatient(&[]));
    let url = "http://slow.test";
    let endpoints = Endpoints::of(ServiceProvider::GitHub, url, url, None).unwrap();
    let failure = of_kind(ServiceProvider::GitHub, endpoints, &outbound).user(&Access::Stored(&secret("t")), None);
    assert_eq!(failure, Err(Failure::Timeout("looking up the host name")));
    drop(end);
}

#[test]
fn closed_ports_and_broken_answers_have_words_of_our_own() {
    let outbound = outbound();
    // Bound, so that no other test gets the port, but not listening.
    let closed = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    closed.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = closed.local_addr().unwrap().as_socket().unwrap().port();
    assert_eq!(of_port(port, &outbound), Err(Failure::Unreachable(std::io::ErrorKind::ConnectionRefused)));
    for (bytes, expected) in [
        (&b"SSH-2.0-OpenSSH_9.9\r\n"[..], Failure::NotHttp),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", Failure::NotHttp),
        (b"", Failure::Unreachable(std::io::ErrorKind::UnexpectedEof)),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{",
            Failure::Unreachable(std::io::ErrorKind::UnexpectedEof),
        ),
    ] {
        let imitation = Imitation::saying(bytes.to_vec());
        assert_eq!(user(&imitation, &outbound), Err(expected), "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn compressed_answers_are_not_asked_for_and_not_taken() {
    let outbound = outbound();
    let imitation = Imitation::saying(reply(200, &["content-type: application/json", "content-encoding: gzip"], "x"));
    assert_eq!(user(&imitation, &outbound), Err(Failure::Malformed("it is compressed")));
    assert_eq!(imitation.only().header("accept-encoding"), Some("identity"));
    assert!(imitation.only().header("user-agent").is_some_and(|name| name.starts_with("Bowline/")));
}

/// All calls of one question share its time.
#[test]
fn a_list_that_goes_on_for_ever_ends() {
    let page = r#"{"values": [], "next": "?page=2"}"#;
    let imitation = Imitation::saying(json(200, page));
    let outbound = outbound();
    let provider = played(ServiceProvider::BitbucketHosted, &imitation, &outbound);
    assert_eq!(provider.organizations(&Access::Stored(&secret("t"))), Err(Failure::TooLarge("list")));
    assert_eq!(imitation.seen().len(), Limits::default().max_calls as usize);
}

#[test]
fn all_that_one_question_asks_shares_its_calls_and_its_time() {
    let token = secret("t");
    let outbound = outbound();
    let imitation = Imitation::saying(json(200, r#"{"values": [], "next": "?page=2"}"#));
    let provider = played(ServiceProvider::BitbucketHosted, &imitation, &outbound);
    for _ in 0..2 {
        assert_eq!(provider.organizations(&Access::Stored(&token)), Err(Failure::TooLarge("list")));
    }
    assert_eq!(imitation.seen().len(), Limits::default().max_calls as usize);

    let outbound = Outbound::new(impatient(&["127.0.0.1"]), environment()).unwrap();
    let kept = Mutex::new(Vec::new());
    let silent = Imitation::serving(move |stream, _| kept.lock().unwrap().push(stream));
    let provider = played(ServiceProvider::GitHub, &silent, &outbound);
    for _ in 0..2 {
        assert!(matches!(provider.user(&Access::Stored(&token), None), Err(Failure::Timeout(_))));
    }
    // It may be told of its call later than the caller gives up.
    let deadline = Instant::now() + Duration::from_secs(60);
    while silent.seen().is_empty() && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(silent.seen().len(), 1);
}

/// A provider that keeps its connections would have the second call on the first one, where nothing reads any more.
#[test]
fn connections_are_not_used_again() {
    let outbound = outbound();
    let kept = Mutex::new(Vec::new());
    let imitation = Imitation::serving(move |mut stream, _| {
        let body = r#"{"login": "ada"}"#;
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        kept.lock().unwrap().push(stream);
    });
    for n in 1..=2 {
        assert_eq!(user(&imitation, &outbound).unwrap().name, "ada");
        assert_eq!(imitation.seen().len(), n);
    }
}

#[test]
fn what_a_provider_echoes_is_in_no_failure() {
    let outbound = outbound();
    for status in [200, 400, 401, 403, 404, 422, 429, 500, 503] {
        let imitation = Imitation::start(move |seen| {
            let echo = seen.header("authorization").unwrap_or_default().to_owned();
            let body = format!(r#"{{"error": "{echo}", "message": "{echo}", "error_description": "{echo}"}}"#);
            let echo_line = format!("x-echo: {echo}");
            reply(status, &["content-type: application/json", &echo_line, &format!("www-authenticate: {echo}")], &body)
        });
        let failure = user(&imitation, &outbound).unwrap_err();
        for told in [failure.to_string(), failure.told_to_tenant(), format!("{failure:?}")] {
            assert!(!told.contains("needle"), "{told}");
        }
    }
}

#[test]
fn calls_at_the_same_time_do_not_meet() {
    let outbound = outbound();
    let imitation = Imitation::start(|seen| {
        let token = seen.header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned();
        json(200, &format!(r#"{{"login": "user-of-{token}"}}"#))
    });
    thread::scope(|scope| {
        for n in 0..8 {
            let (outbound, imitation) = (&outbound, &imitation);
            scope.spawn(move || {
                let token = secret(&format!("t{n}"));
                let user = played(ServiceProvider::GitHub, imitation, outbound).user(&Access::Stored(&token), None);
                assert_eq!(user.unwrap().name, format!("user-of-t{n}"));
            });
        }
    });
}
