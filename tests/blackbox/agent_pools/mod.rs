//! Agent pools.

mod change;
mod create;
mod find;
mod scope;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, document};

const AGENT_POOLS: &str = "/organizations/my-organization/agent-pools";

fn tries(caller: &Caller, attributes: Value) -> Answer {
    caller.post(AGENT_POOLS, &document("agent-pools", attributes))
}

/// Linkages of one type.
fn linkages(kind: &str, ids: &[&str]) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| json!({"type": kind, "id": id})).collect();
    json!({"data": data})
}

/// A document about a pool with these relationships.
fn relating(attributes: Value, relationships: Value) -> Value {
    json!({"data": {"type": "agent-pools", "attributes": attributes, "relationships": relationships}})
}

/// The ids in a relationship of the answer.
fn related(answer: &Answer, name: &str) -> Vec<String> {
    let data = answer.at(&format!("/data/relationships/{name}/data"));
    let ids = data.as_array().expect("linkages").iter();
    ids.map(|linkage| linkage["id"].as_str().expect("an id").to_owned()).collect()
}
