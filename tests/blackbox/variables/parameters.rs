//! Parameters of policy sets. What holds for every plain resource is in `plain/`.

use serde_json::{Value, json};

use crate::harness::{Caller, Server, document};

fn new_set(owner: &Caller, name: &str) -> String {
    let set = document("policy-sets", json!({"name": name, "kind": "opa"}));
    owner.post("/organizations/my-organization/policy-sets", &set).is(201).text("/data/id")
}

fn parameter(key: &str, rest: Value) -> Value {
    let mut attributes = json!({"key": key, "value": "10", "category": "policy-set"});
    attributes.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    document("vars", attributes)
}

#[test]
fn a_parameter_belongs_to_its_policy_set_and_is_found_nowhere_else() {
    let server = Server::demo();
    let owner = server.owner();
    let [one, other] = ["one", "other"].map(|name| new_set(&owner, name));
    let list = format!("/policy-sets/{one}/parameters");
    let made = owner.post(&list, &parameter("limit", json!({"description": "how many"}))).is(201);
    let made = made.golden("policy_set_parameters.create");
    let id = made.text("/data/id");
    assert_eq!(owner.get(&list).is(200).each("key"), ["limit"]);
    assert_eq!(owner.get(&format!("{list}/{id}")).is(200).at("/data"), made.at("/data"));
    owner.get(&format!("/policy-sets/{other}/parameters/{id}")).is(404);
    owner.get(&format!("/vars/{id}")).is(404);
    owner.delete(&format!("/policy-sets/{other}/parameters/{id}")).is(404);
    // The same key is free in another set.
    owner.post(&format!("/policy-sets/{other}/parameters"), &parameter("limit", json!({}))).is(201);
    owner.delete(&format!("/policy-sets/{one}")).is(204);
    assert_eq!(server.number("SELECT count(*) FROM variables"), 1);
}

#[test]
fn a_parameter_is_for_policy_sets_and_for_nothing_else() {
    let server = Server::demo();
    let owner = server.owner();
    let list = format!("/policy-sets/{}/parameters", new_set(&owner, "one"));
    for category in ["env", "terraform"] {
        let refused = owner.post(&list, &parameter("limit", json!({"category": category}))).is(422);
        assert_eq!(refused.text("/errors/0/source/pointer"), "/data/attributes/category");
    }
    let refused = owner.post(&list, &document("vars", json!({"key": "limit"}))).is(422);
    assert_eq!(refused.text("/errors/0/source/pointer"), "/data/attributes/category");
    let id = owner.post(&list, &parameter("limit", json!({"sensitive": true}))).is(201).text("/data/id");
    let change = |attributes| owner.patch(&format!("{list}/{id}"), &document("vars", attributes));
    change(json!({"category": "env"})).is(422);
    change(json!({"sensitive": false})).is(422);
    let changed = change(json!({"value": "20", "hcl": true})).is(200);
    assert_eq!(changed.at("/data/attributes/value"), Value::Null);
    assert_eq!(changed.at("/data/attributes/hcl"), json!(true));
}
