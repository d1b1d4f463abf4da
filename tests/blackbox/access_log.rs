//! One line for each request, and the id that ties it to its answer.

use std::collections::HashSet;
use std::io::{Read, Write};

use serde_json::Value;

use crate::harness::{Server, bowline};

fn access_lines(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains("INFO  access]")).collect()
}

#[test]
fn each_request_is_a_line_with_the_id_that_its_answer_names() {
    let server = Server::demo();
    let owner = server.owner();
    let asked = [
        (owner.get("/organizations/my-organization?include=x"), "GET /api/v2/organizations/:organization 400"),
        (owner.get("/organizations/my-organization"), "GET /api/v2/organizations/:organization 200"),
        (owner.delete("/oauth-clients/oc-nothing"), "DELETE /api/v2/oauth-clients/:oauth_client 404"),
        (owner.send("HEAD", "/ping", None, &[]), "HEAD /api/v2/ping 204"),
        (owner.send("PUT", "/ping", None, &[]), "PUT - 405"),
        (owner.get("/nowhere/at/all"), "GET - 404"),
    ];
    let log = server.last_words();
    let lines = access_lines(&log);
    assert_eq!(lines.len(), asked.len(), "{log}");
    let mut ids = HashSet::new();
    for (answer, expected) in &asked {
        let id = answer.header("X-Request-Id").expect("an id");
        assert!(uuid::Uuid::parse_str(id).is_ok() && ids.insert(id), "{id}");
        let line = lines.iter().find(|line| line.contains(id)).unwrap_or_else(|| panic!("no line of {id}: {log}"));
        assert!(line.ends_with(&format!(" request-id={id}")), "{line}");
        let unknown = if line.contains(" - 404 ") { " path=/api/v2/nowhere/at/all " } else { " path=/api/v2/ping " };
        assert_eq!(line.contains(unknown), line.contains(" - "), "{line}");
        assert!(line.contains(&format!("] {expected} ")) && line.contains(" from 127.0.0.1 "), "{line}");
    }
    assert!(!log.contains("include=x") && !log.contains("oc-nothing"), "{log}");
}

#[test]
fn what_the_gate_refuses_is_a_line_too() {
    let server = Server::demo();
    let mut stream = server.connect();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine\r\nGate-Origin: mine 1.2.3.4\r\nno colon\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let id = answer.lines().find_map(|line| line.strip_prefix("X-Request-Id: ")).expect("an id").to_owned();
    let log = server.last_words();
    let [line] = access_lines(&log)[..] else { panic!("{log}") };
    assert!(line.contains("] - - 400 ") && line.ends_with(&id) && !log.contains("mine"), "{line}");
}

#[test]
fn nobody_chooses_the_id_of_a_request() {
    let server = Server::demo();
    let headers = [("X-Request-Id", "mine"), ("Gate-Origin", "mine 1.2.3.4"), ("gate-route", "mine")];
    let answer = server.owner().send("GET", "/ping", None, &headers);
    assert_eq!(answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("X-Request-Id")).count(), 1);
    assert!(uuid::Uuid::parse_str(answer.header("X-Request-Id").unwrap()).is_ok());
    assert_eq!(answer.header("Gate-Route"), None);
    assert!(!server.last_words().contains("mine"));
}

#[test]
fn as_json_every_line_is_a_document() {
    let server = Server::demo_with(&["--log-format", "json", "--log-level", "trace"]);
    let answer = server.owner().get("/account/details").is(200);
    let log = server.last_words();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect();
    for line in &lines {
        for member in ["timestamp", "level", "target"] {
            assert!(line[member].is_string(), "{line}");
        }
    }
    let access: Vec<&Value> = lines.iter().filter(|line| line["target"] == "access").collect();
    let [line] = access[..] else { panic!("{log}") };
    assert_eq!(line["request_id"], answer.header("X-Request-Id").unwrap());
    assert_eq!((&line["method"], &line["route"]), (&"GET".into(), &"/api/v2/account/details".into()));
    assert_eq!(
        (&line["status"], &line["delivered"], &line["client"]),
        (&200.into(), &true.into(), &"127.0.0.1".into())
    );
    assert!(line["microseconds"].as_u64().unwrap() > 0 && line["bytes"].as_u64().unwrap() > answer.body.len() as u64);

    let refused = bowline(&["check", "--data-dir", "/nowhere", "--log-format", "json"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    let said: Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
    assert!(said["message"].as_str().unwrap().contains("/nowhere") && refused.status.code() == Some(1));
}

#[test]
fn it_can_be_off() {
    for flags in [["--access-log", "off"], ["--log-level", "warn"]] {
        let server = Server::demo_with(&flags);
        server.owner().get("/account/details").is(200);
        assert_eq!(access_lines(&server.last_words()), [""; 0]);
    }
}
