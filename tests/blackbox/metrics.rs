//! `/metrics`, on the operators' own listener. Real parsers read it in conformance/metrics.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::net::TcpStream;

use regex_lite::Regex;

use crate::harness::{PATIENCE, Server, bowline_in, temporary};

/// What an operator's address answers: the head and the body.
fn ask(address: &str, method: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    (head.to_owned(), body.to_owned())
}

/// The samples by name and labels. Every one belongs to a metric that was described before it, and comes once.
pub fn samples(server: &Server) -> HashMap<String, f64> {
    let (head, body) = ask(&server.operators(), "GET", "/metrics");
    assert!(head.starts_with("HTTP/1.1 200 ") && body.ends_with('\n'), "{head}");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    let sample = Regex::new(r#"^([a-z_]+)(\{[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*\})? ([0-9.e+-]+)$"#).unwrap();
    let (mut described, mut found) = (HashSet::new(), HashMap::new());
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, text) = help.split_once(' ').expect(line);
            assert!(text.ends_with('.') || text.contains(';'), "{line}");
            let kind = lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} "))).expect(line);
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
            let forms = if kind == "histogram" { &["_bucket", "_sum", "_count"][..] } else { &[""] };
            for form in forms {
                assert!(described.insert(format!("{name}{form}")), "{name} is described twice");
            }
            continue;
        }
        let parts = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
        assert!(described.contains(&parts[1]), "not described: {line}");
        let key = line.rsplit_once(' ').expect(line).0.to_owned();
        assert!(found.insert(key, parts[3].parse().expect(line)).is_none(), "twice: {line}");
    }
    found
}

#[test]
fn it_counts_what_was_asked_and_what_became_of_it() {
    let server = Server::demo_with(&["--metrics-listen", "127.0.0.1:0"]);
    let owner = server.owner();
    for _ in 0..3 {
        owner.creates_client("my-organization");
    }
    owner.get("/organizations/my-organization/oauth-clients").is(200);
    owner.send("HEAD", "/organizations/my-organization/oauth-clients", None, &[]).is(200);
    server.anonymous().get("/organizations/a-name-in-a-path/oauth-clients").is(401);
    owner.get("/nowhere/at/all").is(404);
    let mut refused = server.connect();
    refused.write_all(b"nonsense\r\n\r\n").unwrap();
    let mut answer = String::new();
    refused.read_to_string(&mut answer).unwrap();
    // An answer may arrive before it is counted.
    let counted = |found: &HashMap<String, f64>| {
        let totals = found.iter().filter(|(name, _)| name.starts_with("bowline_requests_total"));
        totals.map(|(_, count)| count).sum::<f64>()
    };
    let found = std::iter::repeat_with(|| samples(&server))
        .take(10_000)
        .find(|found| counted(found) >= 8.0)
        .expect("it is counted");

    let clients = r#"route="/api/v2/organizations/:organization/oauth-clients""#;
    let expected = [
        (format!(r#"bowline_requests_total{{method="POST",{clients},status="201"}}"#), 3.0),
        (format!(r#"bowline_requests_total{{method="GET",{clients},status="200"}}"#), 1.0),
        (format!(r#"bowline_requests_total{{method="HEAD",{clients},status="200"}}"#), 1.0),
        (format!(r#"bowline_requests_total{{method="GET",{clients},status="401"}}"#), 1.0),
        (r#"bowline_requests_total{method="GET",route="none",status="404"}"#.to_owned(), 1.0),
        (format!(r#"bowline_request_duration_seconds_count{{method="POST",{clients}}}"#), 3.0),
        (format!(r#"bowline_request_duration_seconds_bucket{{method="POST",{clients},le="+Inf"}}"#), 3.0),
        (r#"bowline_health{check="writer"}"#.to_owned(), 1.0),
        ("bowline_answers_cut_off_total".to_owned(), 0.0),
        ("bowline_connections_turned_away_total".to_owned(), 0.0),
        ("bowline_commits_refused_total".to_owned(), 0.0),
    ];
    for (name, value) in expected {
        assert_eq!(found.get(&name), Some(&value), "{name}");
    }
    assert!(!found.keys().any(|name| name.contains("a-name-in-a-path") || name.contains("nowhere")));
    // The demo's own furniture is a commit as well.
    assert!(found["bowline_commit_changes_sum"] >= 4.0 && found["bowline_commit_duration_seconds_sum"] > 0.0);
    for (name, least) in [
        ("bowline_database_bytes", 4096.0),
        ("bowline_connections_max", 4.0),
        ("bowline_idle_readers", 1.0),
        ("process_open_fds", 10.0),
        ("process_resident_memory_bytes", 1e6),
        ("process_start_time_seconds", 1e9),
        ("process_threads", 4.0),
    ] {
        assert!(found[name] >= least, "{name} is {}", found[name]);
    }
    let build = found.keys().find(|name| name.starts_with("bowline_build_info")).expect("it is there");
    let sqlite = Regex::new(r#"sqlite="(\d+)\.(\d+)\.(\d+)""#).unwrap().captures(build).expect("a version");
    let version: Vec<u32> = (1..4).map(|n| sqlite[n].parse().unwrap()).collect();
    // The versions before can corrupt a write-ahead log.
    assert!(version >= vec![3, 51, 3], "{build}");
}

#[test]
fn it_is_on_its_own_listener_alone_and_nothing_else_is_there() {
    let server = Server::demo_with(&["--metrics-listen", "127.0.0.1:0"]);
    server.owner().get("!/metrics").is(404);
    let operators = server.operators();
    for (method, path, status) in [
        ("HEAD", "/metrics", 200),
        ("GET", "/_health_check", 200),
        ("POST", "/metrics", 405),
        ("GET", "/api/v2/ping", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/%ff", 400),
    ] {
        let (head, _) = ask(&operators, method, path);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path}: {head}");
    }
    // Neither who asks there nor how often is among what is counted.
    let found = samples(&server);
    let counted = found.iter().filter(|(name, _)| name.starts_with("bowline_requests_total"));
    let counted: Vec<_> = counted.map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(counted, [(r#"bowline_requests_total{method="GET",route="none",status="404"}"#, 1.0)]);
    let log = server.last_words();
    assert_eq!(log.matches(" access] ").count(), 1, "{log}");

    let without = Server::demo();
    assert!(!without.log().contains("metrics at"));
}

#[test]
fn it_answers_while_as_many_workers_as_may_wait_for_the_writer() {
    let flags = ["--metrics-listen", "127.0.0.1:0"];
    let server = Server::demo_with(&flags);
    let other = server.sqlite();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let served = r#"bowline_connections{phase="served"}"#;
    std::thread::scope(|scope| {
        // More than there are workers. Those beyond three quarters of them are put off.
        for _ in 0..80 {
            scope.spawn(|| server.owner().tries_client(&crate::harness::sample_of_2018()));
        }
        let all = std::iter::repeat_with(|| samples(&server)).take(100_000).find(|found| found[served] >= 12.0);
        assert!(all.is_some(), "the requests do not come in");
        let (_, health) = ask(&server.operators(), "GET", "/_health_check");
        assert!(health.contains("\"writer\":"), "{health}");
        other.execute_batch("ROLLBACK").unwrap();
    });
}

#[test]
fn an_occupied_address_is_refused_before_anything_is_made() {
    let place = temporary();
    let data = place.path().join("data");
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", &address];
    let output = bowline_in(&data, &arguments);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&format!("{address} is in use by another program.")), "{said}");
    assert!(!data.exists());
}
