//! `GET /_health_check`, `bowline health`, and what systemd is told.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::thread;

use serde_json::json;

use crate::harness::{Server, bowline, eventually, temporary};

#[test]
fn it_is_well_and_says_so_to_everybody() {
    let server = Server::demo();
    for caller in [server.owner(), server.anonymous(), server.with_token("nonsense")] {
        for path in ["!/_health_check", "!/_health_check?full=1"] {
            let answer = caller.get(path).is(200);
            assert_eq!(answer.json(), json!({"file": "UP", "disk": "UP", "writer": "UP", "log": "UP"}));
            assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        }
        let head = caller.send("HEAD", "!/_health_check", None, &[]).is(200);
        assert_eq!((head.body.as_str(), head.header("Content-Type")), ("", Some("application/json")));
        caller.send("POST", "!/_health_check", None, &[]).is(405);
    }
}

#[test]
fn it_turns_red_when_the_file_is_gone_or_replaced_and_green_when_it_is_back() {
    let server = Server::demo();
    let (database, aside) = (server.database(), server.data_dir.join("aside"));
    let found = |status| server.anonymous().get("!/_health_check").is(status).text("/file");
    fs::rename(&database, &aside).unwrap();
    assert_eq!(found(503), "DOWN");
    fs::copy(&aside, &database).unwrap();
    assert_eq!(found(503), "DOWN");
    let refused = bowline(&["health", "--listen", server.address.trim_start_matches("http://")]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains(r#""file":"DOWN""#));
    fs::rename(&aside, &database).unwrap();
    assert_eq!(found(200), "UP");
    // Why is for operators alone, and is said once.
    let log = server.log();
    let said: Vec<&str> = log.lines().filter(|line| line.contains("health: file")).collect();
    assert_eq!(said.len(), 2, "{log}");
    assert!(said[0].contains("was removed or replaced") && said[1].contains("is up again"), "{log}");
}

#[test]
fn it_says_that_another_process_keeps_the_writer_from_its_work_and_goes_on_when_that_ends() {
    let server = Server::demo();
    let other = server.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let says = |status, writer| {
        let answer = server.anonymous().get("!/_health_check");
        answer.status == status && answer.text("/writer") == writer
    };
    // Each waits a second for the writer; after some of them it counts as stuck.
    eventually("the writer is stuck", || says(503, "DOWN"));
    other.execute_batch("ROLLBACK").unwrap();
    eventually("the writer works", || says(200, "UP"));
    server.owner().creates_client("my-organization");
}

#[test]
fn it_is_no_news_while_all_is_well() {
    for (flags, lines) in [(&["--log-level", "info"], 0), (&["--log-level", "debug"], 1)] {
        let server = Server::demo_with(flags);
        server.anonymous().get("!/_health_check").is(200);
        fs::rename(server.database(), server.data_dir.join("aside")).unwrap();
        server.anonymous().get("!/_health_check").is(503);
        let log = server.last_words();
        assert_eq!(log.matches("DEBUG access] GET /_health_check 200").count(), lines, "{log}");
        assert_eq!(log.matches("INFO  access] GET /_health_check 503").count(), 1, "{log}");
    }
}

#[test]
fn a_command_asks_for_who_has_no_curl() {
    let server = Server::demo_with(&["--metrics-listen", "127.0.0.1:0"]);
    let listen = server.address.trim_start_matches("http://");
    let operators = server.operators();
    let operators = operators.trim_start_matches("http://");
    for flags in [vec!["--listen", listen], vec!["--listen", "127.0.0.1:1", "--metrics-listen", operators]] {
        let output = bowline(&[&["health"], &flags[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{flags:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end().matches("UP").count(), 4);
    }
    for address in ["127.0.0.1:1", "127.0.0.1:nonsense", "127.0.0.1:0"] {
        let output = bowline(&["health", "--listen", address]);
        assert_eq!(output.status.code(), Some(1), "{address}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with(&format!("bowline: No server answers on {address}: ")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn over_tls_the_operators_address_is_named() {
    let server = Server::demo_with(&["--tls-self-signed", "--metrics-listen", "127.0.0.1:0"]);
    let listen = server.address.trim_start_matches("https://");
    let output = bowline(&["health", "--listen", listen]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with(&format!("bowline: {listen} speaks TLS")) && said.contains("--metrics-listen"), "{said}");
    let operators = server.operators();
    let output = bowline(&["health", "--metrics-listen", operators.trim_start_matches("http://")]);
    assert_eq!(output.status.code(), Some(0));
    // What is no server of ours is not taken for one.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let answering = thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let asked = BufReader::new(stream.try_clone().unwrap()).lines();
        assert!(asked.map_while(Result::ok).any(|line| line.is_empty()));
        stream.write_all(b"SSH-2.0-x\r\n").unwrap();
    });
    let output = bowline(&["health", "--listen", &address]);
    answering.join().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with(&format!("bowline: What answers on {address} is not Bowline")), "{said}");
}

#[test]
fn systemd_hears_that_it_is_ready_and_well_and_that_it_stops() {
    let place = temporary();
    let path = place.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let variables = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "300000")];
    let server = Server::demo_with_variables(&variables);
    let hear = || {
        let mut message = [0; 256];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..length]).trim_end().to_owned()
    };
    assert_eq!(hear(), "READY=1");
    for _ in 0..3 {
        assert_eq!(hear(), "WATCHDOG=1");
    }
    // While the writer is stuck, nothing is heard: what comes next is the end.
    assert_eq!(server.stop().code(), Some(0));
    let last = std::iter::repeat_with(hear).find(|message| message != "WATCHDOG=1");
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
}
