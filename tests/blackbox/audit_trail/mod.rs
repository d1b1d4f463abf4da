//! The audit trail: what it tells, to whom, and that nothing of it goes missing unseen.

mod chain;
mod command;
mod old;
mod read;
mod refusals;

use std::path::Path;

use serde_json::Value;

use crate::harness::{Caller, Server, bowline_in};

const TRAIL: &str = "/organization/audit-trail";

/// Whether `check` is content, and what it printed.
fn check(data_dir: &Path) -> (bool, String) {
    let output = bowline_in(data_dir, &["check"]);
    (output.status.success(), String::from_utf8(output.stdout).expect("text"))
}

/// The events of a document, from `pointer` each.
fn each(document: &Value, pointer: &str) -> Vec<Value> {
    let events = document["data"].as_array().expect("events");
    events.iter().map(|event| event.pointer(pointer).cloned().unwrap_or(Value::Null)).collect()
}

/// What `bowline audit --json` prints of requests that were refused.
fn refused_requests(data_dir: &Path) -> Vec<Value> {
    let output = bowline_in(data_dir, &["audit", "--json", "--limit", "1000000"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let events = String::from_utf8(output.stdout).expect("text");
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    events.filter(|event| event["resource"]["type"] == "request").collect()
}

fn organization_id(owner: &Caller) -> String {
    owner.get("/organizations/my-organization").is(200).text("/data/attributes/external-id")
}

/// Keeps the server from folding its log: a reader of the state before what is to come.
fn holds_the_log(server: &Server) -> rusqlite::Connection {
    let reader = server.sqlite();
    reader.execute_batch("BEGIN; SELECT count(*) FROM users").expect("a reader");
    reader
}
