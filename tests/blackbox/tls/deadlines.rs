//! Those who keep others waiting are bounded in time over TLS as in the clear, and take leave in order.

use std::io::{Read, Write};

use rustls::StreamOwned;

use super::{SANDBOX, Secure, client, secure};
use crate::gate::raw::{CLIENTS, Raw, connection_threads, creation_head, get};
use crate::harness::{Server, eventually};

/// Impatient in one thing, and patient enough in all others for a test to tell which one it was.
fn impatient(flag: &str) -> Server {
    // A handshake has to come within its time also beside other tests.
    Server::demo_with(&["--tls-self-signed", flag, if flag == "--head-timeout" { "1s" } else { "300ms" }])
}

/// All that is answered until the server says goodbye, without which reading to the end would fail.
#[track_caller]
fn answers_to(server: &Server, bytes: &str) -> String {
    let mut stream = secure(server, &server.data_dir.join(SANDBOX), rustls::ALL_VERSIONS);
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("an orderly end");
    answers
}

#[test]
fn an_idle_connection_is_closed_after_the_idle_timeout() {
    let server = impatient("--idle-timeout");
    let answers = answers_to(&server, "GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(answers.starts_with("HTTP/1.1 204 ") && answers.ends_with("\r\n\r\n"), "{answers}");
}

#[test]
fn whoever_says_nothing_after_the_handshake_is_let_go_after_the_head_timeout() {
    assert_eq!(answers_to(&impatient("--head-timeout"), ""), "");
}

#[test]
fn half_a_head_and_half_a_body_time_out() {
    let server = impatient("--head-timeout");
    let answers = answers_to(&server, "GET /api/v2/ping HTTP/1.1\r\nHost: h\r\n");
    assert!(answers.starts_with("HTTP/1.1 408 ") && answers.matches("HTTP/1.1 ").count() == 1, "{answers}");
    let server = impatient("--body-timeout");
    for rest in ["Content-Length: 5\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n5\r\n{}"] {
        let answers = answers_to(&server, &format!("{}{rest}", creation_head(&server)));
        assert!(answers.starts_with("HTTP/1.1 408 ") && answers.matches("HTTP/1.1 ").count() == 1, "{answers}");
    }
}

#[test]
fn readers_that_never_read_are_cut_off() {
    let server = Server::demo_with(&["--tls-self-signed", "--write-timeout", "300ms"]);
    let certificate = server.data_dir.join(SANDBOX);
    let owner = server.owner_trusting(&certificate);
    for _ in 0..100 {
        owner.creates_client("my-organization");
    }
    let threads_before = connection_threads(&server);
    // More than the buffers on both sides take.
    let requests = get(&server, &format!("{CLIENTS}?page[size]=100")).repeat(50);
    let unread: Vec<Secure> = (0..10)
        .map(|_| {
            let tls = client(&certificate, rustls::ALL_VERSIONS);
            let mut stream = StreamOwned::new(tls, Raw::with_a_small_window(&server).stream);
            stream.write_all(requests.as_bytes()).unwrap();
            stream
        })
        .collect();
    eventually("they are gone", || connection_threads(&server) <= threads_before);
    drop(unread);
}
