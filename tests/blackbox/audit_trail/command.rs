//! `bowline audit`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{TRAIL, organization_id};
use crate::harness::{Server, bowline_in};

#[test]
fn a_table_for_people() {
    let server = Server::demo();
    let made = server.owner().tries_client(&crate::harness::sample_of_2018()).is(201);
    let table = server.cli(&["audit"]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_ascii_whitespace().collect()).collect();
    assert_eq!(lines[0], ["TIME", "ACTOR", "ACTION", "RESOURCE", "ORGANIZATION", "REQUEST"]);
    let (id, request) = (made.text("/data/id"), made.header("X-Request-Id").expect("an id"));
    let client = lines.iter().find(|line| line.contains(&id.as_str())).expect("the client");
    assert_eq!(client[1..], ["demo", "create", "oauth_client", &id, "my-organization", request]);
    assert!(lines[1][1..].starts_with(&["command", "line", "create", "user"]), "{table}");
}

#[test]
fn a_document_a_line_for_programs_as_the_api_has_them() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_client("my-organization");
    let reader = server.organization_token();
    let printed = server.cli(&["audit", "--json", "--organization", "my-organization"]);
    let mut printed: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    printed.reverse();
    assert_eq!(Value::Array(printed), reader.get(TRAIL).is(200).json()["data"]);

    let count = |arguments: &[&str]| server.cli(&[&["audit", "--json"], arguments].concat()).lines().count();
    let all = count(&[]);
    assert_eq!(count(&["--limit", "2"]), 2);
    assert_eq!(count(&["--since", "2999-01-01T00:00:00Z"]), 0);
    assert_eq!(count(&["--since", "2020-01-01T00:00:00Z"]), all);
    assert_eq!(count(&["--organization", &organization_id(&owner)]), count(&["--organization", "my-organization"]));
    // Who is gone is still in the trail.
    let id = organization_id(&owner);
    owner.delete("/organizations/my-organization").is_done();
    assert!(count(&["--organization", &id]) > 0);
    let output = bowline_in(&server.data_dir, &["audit", "--organization", "my-organization"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("There is no organization named my-organization."), "{said}");
    for nonsense in [&["--since", "yesterday"][..], &["--limit", "0"], &["--limit", "x"]] {
        let output = bowline_in(&server.data_dir, &[&["audit"], nonsense].concat());
        assert_eq!(output.status.code(), Some(2), "{nonsense:?}");
    }
}

#[test]
fn it_goes_on_with_what_happens() {
    let server = Server::demo();
    let mut following = Command::new(env!("CARGO_BIN_EXE_bowline"))
        .args(["audit", "--follow", "--json", "--limit", "1", "--data-dir"])
        .arg(&server.data_dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(following.stdout.take().expect("piped")).lines();
    lines.next().expect("the last one so far").expect("text");
    let (client, _) = server.owner().creates_client("my-organization");
    let told = lines.by_ref().map(|line| line.expect("text")).find(|line| line.contains(&client));
    // Nobody reads it any more.
    drop(lines);
    assert!(following.wait().expect("it ends").success());
    assert!(told.is_some_and(|line| line.contains("\"action\":\"create\"")));
}
