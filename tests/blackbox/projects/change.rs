//! Changes.

use serde_json::{Value, json};

use super::{binding, bindings, pairs, tries};
use crate::harness::{Server, document};

fn change(attributes: Value) -> Value {
    document("projects", attributes)
}

#[test]
fn what_is_not_given_stays() {
    let server = Server::demo();
    let owner = server.owner();
    let given = json!({"name": "first", "description": "text", "auto-destroy-activity-duration": "1d",
                       "default-execution-mode": "local"});
    let created = tries(&owner, given).is(201);
    let path = format!("/projects/{}", created.text("/data/id"));
    assert_eq!(owner.patch(&path, &change(json!({}))).is(200).json(), created.json());
    let renamed = owner.patch(&path, &change(json!({"name": "Second"}))).is(200).golden("projects.update.renamed");
    assert_eq!(owner.get(&path).is(200).json(), renamed.json());
    // To its own name: nobody else has it.
    owner.patch(&path, &change(json!({"name": "SECOND"}))).is(200);
}

#[test]
fn absent_null_and_empty() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/projects/{}", owner.creates_project("my-organization", "abc"));
    let after = |attributes: Value| {
        let attributes = owner.patch(&path, &change(attributes)).is(200).at("/data/attributes");
        (attributes["description"].clone(), attributes["auto-destroy-activity-duration"].clone())
    };
    let given = json!({"description": "text", "auto-destroy-activity-duration": "24h"});
    assert_eq!(after(given), (json!("text"), json!("24h")));
    assert_eq!(after(json!({})), (json!("text"), json!("24h")));
    assert_eq!(after(json!({"description": ""})), (json!(""), json!("24h")));
    assert_eq!(after(json!({"description": "text"})), (json!("text"), json!("24h")));
    let nulls = json!({"description": null, "auto-destroy-activity-duration": null});
    assert_eq!(after(nulls), (json!(""), Value::Null));
}

#[test]
fn refused_changes_change_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_project("my-organization", "taken");
    let id = owner.creates_project("my-organization", "mine");
    let (path, before) = (format!("/projects/{id}"), server.contents());
    let taken = change(json!({"name": "TAKEN", "description": "not kept either"}));
    owner.patch(&path, &taken).is(422).golden("projects.create.name_taken");
    for name in [json!(null), json!(""), json!("a"), json!("a/bc"), json!(1), json!("x".repeat(41))] {
        let pointers = owner.patch(&path, &change(json!({"name": name, "description": "x"}))).refused(422);
        assert_eq!(pointers, ["/data/attributes/name"], "{name}");
    }
    let other_id = json!({"data": {"type": "projects", "id": "prj-1111111111111111"}});
    assert_eq!(owner.patch(&path, &other_id).refused(422), ["/data/id"]);
    let other_type = json!({"data": {"type": "workspaces", "id": id}});
    assert_eq!(owner.patch(&path, &other_type).refused(422), ["/data/type"]);
    assert_eq!(server.contents(), before);
    owner.patch(&path, &json!({"data": {"type": "projects", "id": id}})).is(200);
}

#[test]
fn bindings_that_are_given_replace_those_that_there_are() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/projects/{}", owner.creates_project("my-organization", "abc"));
    let after = |relationships: Value| {
        let given = json!({"data": {"type": "projects", "relationships": relationships}});
        owner.patch(&path, &given).is(200);
        bindings(&owner.get(&format!("{path}/tag-bindings")).is(200))
    };
    let two = json!({"tag-bindings": {"data": [binding("b", "1"), binding("a", "2")]}});
    assert_eq!(after(two), pairs(&[("b", "1"), ("a", "2")]));
    assert_eq!(after(json!({})), pairs(&[("b", "1"), ("a", "2")]));
    let other = json!({"tag-bindings": {"data": [binding("c", "3"), binding("a", "4")]}});
    assert_eq!(after(other), pairs(&[("c", "3"), ("a", "4")]));
    assert_eq!(after(json!({"tag-bindings": {"data": []}})), pairs(&[]));
}

#[test]
fn what_a_client_may_not_set_changes_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let path = format!("/projects/{}", owner.creates_project("my-organization", "abc"));
    let before = owner.get(&path).json();
    let mut given = change(json!({
        "created-at": "2001-01-01T00:00:00.000Z", "is-unified": true, "workspace-count": 7, "team-count": 7,
        "permissions": {"can-update": false}, "no-such-attribute": [1]
    }));
    given["data"]["relationships"] = json!({"organization": {"data": {"type": "organizations", "id": "other"}}});
    assert_eq!(owner.patch(&path, &given).is(200).json(), before);
}

#[test]
fn the_default_project_may_be_renamed() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.get("/organizations/my-organization/projects").is(200).text("/data/0/id");
    let path = format!("/projects/{id}");
    owner.patch(&path, &change(json!({"name": "Main"}))).is(200);
    // A workspace that names no project still goes there.
    owner.creates_workspace("my-organization", "infra", None);
    assert_eq!(owner.get(&path).is(200).at("/data/attributes/workspace-count"), json!(1));
}
