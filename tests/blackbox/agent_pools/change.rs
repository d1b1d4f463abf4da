//! Changes.

use serde_json::{Value, json};

use super::{AGENT_POOLS, linkages, related, relating};
use crate::harness::{Server, document};

#[test]
fn what_is_not_given_stays() {
    let server = Server::demo();
    let owner = server.owner();
    let [one, two] = ["one", "two"].map(|name| owner.creates_workspace("my-organization", name, None));
    let project = owner.creates_project("my-organization", "abc");
    let relationships = json!({
        "allowed-workspaces": linkages("workspaces", &[&one]),
        "allowed-projects": linkages("projects", &[&project]),
        "excluded-workspaces": linkages("workspaces", &[&two])
    });
    let given = relating(json!({"name": "a pool", "organization-scoped": false}), relationships);
    let created = owner.post(AGENT_POOLS, &given).is(201);
    let path = format!("/agent-pools/{}", created.text("/data/id"));
    assert_eq!(owner.patch(&path, &document("agent-pools", json!({}))).is(200).json(), created.json());
    let renamed = owner.patch(&path, &document("agent-pools", json!({"name": "other"}))).is(200);
    assert_eq!(renamed.text("/data/attributes/name"), "other");
    assert_eq!(renamed.at("/data/relationships"), created.at("/data/relationships"));
    let scoped = owner.patch(&path, &document("agent-pools", json!({"organization-scoped": true}))).is(200);
    assert_eq!(scoped.at("/data/attributes/organization-scoped"), json!(true));
    assert_eq!(owner.get(&path).is(200).json(), scoped.json());
}

#[test]
fn each_relationship_replaces_what_there_is_of_its_own() {
    let server = Server::demo();
    let owner = server.owner();
    let [one, two] = ["one", "two"].map(|name| owner.creates_workspace("my-organization", name, None));
    let project = owner.creates_project("my-organization", "abc");
    let path = format!("/agent-pools/{}", owner.creates_agent_pool("my-organization", "pool"));
    let after = |name: &str, kind: &str, ids: &[&str]| {
        let changed = owner.patch(&path, &relating(json!({}), json!({name: linkages(kind, ids)}))).is(200);
        ["allowed-workspaces", "allowed-projects", "excluded-workspaces"].map(|name| related(&changed, name))
    };
    let none: Vec<String> = vec![];
    let [one_alone, two_alone, project_alone] = [&one, &two, &project].map(|id| vec![id.clone()]);
    assert_eq!(after("allowed-workspaces", "workspaces", &[&one]), [one_alone.clone(), none.clone(), none.clone()]);
    assert_eq!(
        after("excluded-workspaces", "workspaces", &[&one]),
        [one_alone.clone(), none.clone(), one_alone.clone()]
    );
    assert_eq!(after("allowed-workspaces", "workspaces", &[&two]), [two_alone, none.clone(), one_alone.clone()]);
    assert_eq!(
        after("allowed-projects", "projects", &[&project]),
        [vec![two.clone()], project_alone.clone(), one_alone.clone()]
    );
    assert_eq!(after("allowed-workspaces", "workspaces", &[]), [none.clone(), project_alone, one_alone.clone()]);
    assert_eq!(after("allowed-projects", "projects", &[]), [none.clone(), none.clone(), one_alone]);
    assert_eq!(after("excluded-workspaces", "workspaces", &[]), [none.clone(), none.clone(), none]);
}

#[test]
fn refused_changes_change_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = owner.creates_project("other", "foreign");
    owner.creates_agent_pool("my-organization", "taken");
    let id = owner.creates_agent_pool("my-organization", "pool");
    let (path, before) = (format!("/agent-pools/{id}"), server.contents());
    let refused = |given: &Value| owner.patch(&path, given).refused(422);
    for name in [json!("taken"), json!(null), json!(""), json!(1), json!("x".repeat(256))] {
        let given = document("agent-pools", json!({"name": name, "organization-scoped": false}));
        assert_eq!(refused(&given), ["/data/attributes/name"], "{name}");
    }
    let given = relating(json!({}), json!({"allowed-projects": linkages("projects", &[&foreign])}));
    assert_eq!(refused(&given), ["/data/relationships/allowed-projects/data/0"]);
    let other_id = json!({"data": {"type": "agent-pools", "id": "apool-1111111111111111"}});
    assert_eq!(refused(&other_id), ["/data/id"]);
    assert_eq!(refused(&json!({"data": {"type": "agents", "id": id}})), ["/data/type"]);
    assert_eq!(server.contents(), before);
    owner.patch(&path, &json!({"data": {"type": "agent-pools", "id": id, "attributes": {"name": "pool"}}})).is(200);
}

#[test]
fn the_trail_of_a_pool() {
    let server = Server::demo();
    let owner = server.owner();
    let skip = server.trail(0).len();
    let id = owner.creates_agent_pool("my-organization", "one");
    owner.patch(&format!("/agent-pools/{id}"), &document("agent-pools", json!({"name": "two"}))).is(200);
    owner.delete(&format!("/agent-pools/{id}")).is_done();
    let actions: Vec<String> =
        server.trail(skip).iter().map(|e| e.split(' ').next().unwrap_or("").to_owned()).collect();
    assert_eq!(actions, ["create", "update", "destroy"]);
    assert!(server.trail(skip).iter().all(|event| event.contains(&format!(" agent_pool {id} in org-"))));
}
