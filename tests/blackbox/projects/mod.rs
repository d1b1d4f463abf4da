//! Projects.

mod change;
mod create;
mod delete;
mod execution;
mod find;
mod tag_bindings;
mod workspaces;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, document};

const PROJECTS: &str = "/organizations/my-organization/projects";

fn tries(caller: &Caller, attributes: Value) -> Answer {
    caller.post(PROJECTS, &document("projects", attributes))
}

/// A binding as it comes in a request.
fn binding(key: &str, value: &str) -> Value {
    json!({"type": "tag-bindings", "attributes": {"key": key, "value": value}})
}

/// Key and value of each binding of a list.
fn bindings(answer: &Answer) -> Vec<(String, String)> {
    let text = |item: &Value, name: &str| item["attributes"][name].as_str().expect("a text").to_owned();
    answer.list().iter().map(|item| (text(item, "key"), text(item, "value"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
