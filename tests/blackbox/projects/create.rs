//! Creation.

use std::thread;

use serde_json::{Value, json};

use super::{PROJECTS, binding, bindings, pairs, tries};
use crate::harness::{Server, document};

#[test]
fn a_project_with_a_name_alone() {
    let server = Server::demo();
    let owner = server.owner();
    let created = tries(&owner, json!({"name": "Network edge"})).is(201);
    let path = format!("/api/v2/projects/{}", created.text("/data/id"));
    assert_eq!(created.header("Location"), Some(path.as_str()));
    let created = created.golden("projects.create.name_alone");
    assert_eq!(owner.get(&format!("!{path}")).is(200).json(), created.json());
}

#[test]
fn a_project_with_everything() {
    let server = Server::demo();
    let owner = server.owner();
    let mut given = document(
        "projects",
        json!({
            "name": "Network edge", "description": "What is seen\nfrom outside", "default-execution-mode": "local",
            "auto-destroy-activity-duration": "14d", "setting-overwrites": {"default-execution-mode": true}
        }),
    );
    given["data"]["relationships"] = json!({"tag-bindings": {"data": [binding("env", "prod"), binding("cost", "")]}});
    let created = owner.post(PROJECTS, &given).is(201).golden("projects.create.with_everything");
    let path = format!("/projects/{}", created.text("/data/id"));
    assert_eq!(owner.get(&path).is(200).json(), created.json());
    let listed = owner.get(&format!("{path}/tag-bindings")).is(200);
    assert_eq!(bindings(&listed), pairs(&[("env", "prod"), ("cost", "")]));
}

#[test]
fn everything_wrong_is_named_at_once() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let mut given = document(
        "projects",
        json!({
            "name": "! / nope", "description": "x".repeat(257), "default-execution-mode": "cloud",
            "default-agent-pool-id": "apool-1111111111111111", "auto-destroy-activity-duration": "20m",
            "setting-overwrites": {"default-execution-mode": true, "default-agent-pool": false}
        }),
    );
    given["data"]["relationships"] =
        json!({"tag-bindings": {"data": [binding("", "x"), binding("a", "x"), binding("a", "y")]}});
    owner.post(PROJECTS, &given).is(422).golden("projects.create.everything_wrong");
    tries(&owner, json!({})).is(422).golden("projects.create.nothing_given");
    tries(&owner, json!({"name": "DEFAULT project"})).is(422).golden("projects.create.name_taken");
    assert_eq!(server.contents(), before);
}

#[test]
fn each_attribute_keeps_to_its_type_and_limit() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    for name in ["", " ", "ab", " abc", "abc ", "a/bc", "a.bc", "äbc", &"x".repeat(41)] {
        assert_eq!(tries(&owner, json!({"name": name})).refused(422), ["/data/attributes/name"], "{name}");
    }
    for wrong in [json!(1), json!(true), json!([]), json!({})] {
        assert_eq!(tries(&owner, json!({"name": wrong})).refused(422), ["/data/attributes/name"], "{wrong}");
        for attribute in ["description", "auto-destroy-activity-duration", "default-execution-mode"] {
            let pointers = tries(&owner, json!({"name": "abc", attribute: wrong})).refused(422);
            assert_eq!(pointers, [format!("/data/attributes/{attribute}")], "{wrong}");
        }
    }
    for wrong in [json!(1), json!(true), json!([]), json!("x")] {
        let pointers = tries(&owner, json!({"name": "abc", "setting-overwrites": wrong})).refused(422);
        assert_eq!(pointers, ["/data/attributes/setting-overwrites"], "{wrong}");
        if wrong == json!(true) {
            continue;
        }
        let overwrites = json!({"default-execution-mode": wrong});
        let pointers = tries(&owner, json!({"name": "abc", "setting-overwrites": overwrites})).refused(422);
        assert_eq!(pointers, ["/data/attributes/setting-overwrites/default-execution-mode"], "{wrong}");
    }
    for duration in ["", "d", "20m", "12345d", "1", "-1h"] {
        let pointers = tries(&owner, json!({"name": "abc", "auto-destroy-activity-duration": duration})).refused(422);
        assert_eq!(pointers, ["/data/attributes/auto-destroy-activity-duration"], "{duration}");
    }
    assert_eq!(tries(&owner, json!({"name": null})).refused(422), ["/data/attributes/name"]);
    assert_eq!(server.contents(), before);
    let longest = json!({"name": "x".repeat(40), "description": "é".repeat(256),
                         "auto-destroy-activity-duration": "9999h"});
    let created = tries(&owner, longest.clone()).is(201);
    for attribute in ["name", "description", "auto-destroy-activity-duration"] {
        assert_eq!(created.at(&format!("/data/attributes/{attribute}")), longest[attribute]);
    }
}

#[test]
fn null_and_nothing_are_no_description() {
    let server = Server::demo();
    for (n, description) in [json!(null), json!("")].into_iter().enumerate() {
        let created = tries(&server.owner(), json!({"name": format!("abc-{n}"), "description": description})).is(201);
        assert_eq!(created.text("/data/attributes/description"), "");
    }
}

#[test]
fn documents_of_another_type_are_refused() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    for (given, pointer) in [
        (json!({"data": {"type": "project", "attributes": {"name": "abc"}}}), "/data/type"),
        (json!({"data": [{"type": "projects"}]}), "/data"),
        (json!({"data": null}), "/data"),
        (json!({}), ""),
    ] {
        assert_eq!(owner.post(PROJECTS, &given).refused(422), [pointer], "{given}");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn bindings_that_are_none_are_refused() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let refused = |bindings: Value| {
        let mut given = document("projects", json!({"name": "abc"}));
        given["data"]["relationships"] = json!({"tag-bindings": {"data": bindings}});
        owner.post(PROJECTS, &given).refused(422)
    };
    let place = "/data/relationships/tag-bindings/data";
    assert_eq!(refused(json!(null)), [place]);
    assert_eq!(refused(json!({})), [place]);
    assert_eq!(refused(json!([{"type": "tags", "attributes": {"key": "a"}}])), [format!("{place}/0")]);
    assert_eq!(refused(json!([binding("a", "x"), "env"])), [format!("{place}/1")]);
    let wrong = json!([{"type": "tag-bindings", "attributes": {"key": 1, "value": true}}]);
    assert_eq!(refused(wrong), [format!("{place}/0/attributes/key"), format!("{place}/0/attributes/value")]);
    let eleven: Vec<Value> = (0..11).map(|n| binding(&format!("key-{n}"), "x")).collect();
    assert_eq!(refused(json!(eleven)), [place]);
    assert_eq!(server.contents(), before);
}

#[test]
fn names_are_taken_within_an_organization_only() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let ids = ["my-organization", "other"].map(|organization| owner.creates_project(organization, "abc"));
    for (organization, id) in ["my-organization", "other"].iter().zip(&ids) {
        let shown = owner.get(&format!("/projects/{id}")).is(200);
        assert_eq!(shown.text("/data/relationships/organization/data/id"), *organization);
    }
}

#[test]
fn of_32_creations_of_one_name_at_once_exactly_one_succeeds() {
    let server = Server::demo();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let server = &server;
        let create = |n: usize| {
            tries(&server.owner(), json!({"name": if n.is_multiple_of(2) { "infra" } else { "INFRA" }})).status
        };
        let callers: Vec<_> = (0..32).map(|n| scope.spawn(move || create(n))).collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(201), count(422)), (1, 31), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM projects"), 2);
}
