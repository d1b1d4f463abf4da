//! Variables of workspaces, and variable sets. What holds for every plain resource is in `plain/`.

mod of_workspaces;
mod parameters;
mod sets;
mod several;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, document};

/// Creates a variable below a workspace or a set; gives its id.
fn creates(owner: &Caller, list: &str, key: &str, value: &str, sensitive: bool) -> String {
    let attributes = json!({"key": key, "value": value, "category": "terraform", "sensitive": sensitive});
    owner.post(list, &document("vars", attributes)).is(201).text("/data/id")
}

fn changes(owner: &Caller, id: &str, attributes: Value) -> Answer {
    owner.patch(&format!("/vars/{id}"), &document("vars", attributes))
}

fn keys(answer: &Answer) -> Vec<Value> {
    answer.each("key")
}
