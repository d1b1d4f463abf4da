//! Creation and deletion.

use std::thread;

use serde_json::{Value, json};

use super::{AGENT_POOLS, linkages, related, relating, tries};
use crate::harness::{Server, document};

#[test]
fn a_pool_with_a_name_alone() {
    let server = Server::demo();
    let owner = server.owner();
    let created = tries(&owner, json!({"name": "6f4aef5d-0b4e-4d0c-9f5b-a23c9e6f4aef"})).is(201);
    let path = format!("/api/v2/agent-pools/{}", created.text("/data/id"));
    assert_eq!(created.header("Location"), Some(path.as_str()));
    let created = created.golden("agent_pools.create.name_alone");
    assert_eq!(owner.get(&format!("!{path}")).is(200).json(), created.json());
}

#[test]
fn a_pool_with_a_scope() {
    let server = Server::demo();
    let owner = server.owner();
    let [one, two] = ["one", "two"].map(|name| owner.creates_workspace("my-organization", name, None));
    let project = owner.creates_project("my-organization", "abc");
    let relationships = json!({
        "allowed-workspaces": linkages("workspaces", &[&one, &one]),
        "allowed-projects": linkages("projects", &[&project]),
        "excluded-workspaces": linkages("workspaces", &[&two])
    });
    let given = relating(json!({"name": "a pool", "organization-scoped": false}), relationships);
    let created = owner.post(AGENT_POOLS, &given).is(201).golden("agent_pools.create.with_a_scope");
    let path = format!("/agent-pools/{}", created.text("/data/id"));
    assert_eq!(owner.get(&path).is(200).json(), created.json());
    // What is gone is not listed.
    owner.delete(&format!("/workspaces/{one}")).is_done();
    owner.delete(&format!("/projects/{project}")).is_done();
    let shown = owner.get(&path).is(200);
    assert_eq!(related(&shown, "allowed-workspaces"), [""; 0]);
    assert_eq!(related(&shown, "allowed-projects"), [""; 0]);
    assert_eq!(related(&shown, "excluded-workspaces"), [two]);
}

#[test]
fn everything_wrong_is_named_at_once() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = owner.creates_workspace("other", "foreign", None);
    let mine = owner.creates_workspace("my-organization", "mine", None);
    owner.creates_agent_pool("my-organization", "taken");
    let before = server.contents();
    let relationships = json!({
        "allowed-workspaces": linkages("workspaces", &[&mine, &foreign, "ws-1111111111111111"]),
        "allowed-projects": linkages("projects", &["nonexisting", &mine]),
        "excluded-workspaces": linkages("workspaces", &[""])
    });
    let given = relating(json!({"name": "taken"}), relationships);
    owner.post(AGENT_POOLS, &given).is(422).golden("agent_pools.create.everything_wrong");
    tries(&owner, json!({})).is(422).golden("agent_pools.create.nothing_given");
    assert_eq!(server.contents(), before);
}

#[test]
fn each_member_keeps_to_its_type_and_limit() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    for name in [json!(null), json!(""), json!(" "), json!("a\nb"), json!(1), json!([]), json!("x".repeat(256))] {
        assert_eq!(tries(&owner, json!({"name": name})).refused(422), ["/data/attributes/name"], "{name}");
    }
    for wrong in [json!("true"), json!(1), json!([])] {
        let pointers = tries(&owner, json!({"name": "x", "organization-scoped": wrong})).refused(422);
        assert_eq!(pointers, ["/data/attributes/organization-scoped"], "{wrong}");
    }
    for (relationship, place) in [
        (json!([]), ""),
        (json!("x"), ""),
        (json!({"data": null}), "/data"),
        (json!({"data": {"type": "projects", "id": "x"}}), "/data"),
        (linkages("workspaces", &["ws-1111111111111111"]), "/data/0"),
        (json!({"data": [{"type": "projects"}]}), "/data/0"),
    ] {
        let given = relating(json!({"name": "x"}), json!({"allowed-projects": relationship}));
        let pointer = format!("/data/relationships/allowed-projects{place}");
        assert_eq!(owner.post(AGENT_POOLS, &given).refused(422), [pointer], "{relationship}");
    }
    let other_type = document("agents", json!({"name": "x"}));
    assert_eq!(owner.post(AGENT_POOLS, &other_type).refused(422), ["/data/type"]);
    assert_eq!(server.contents(), before);
    let created = tries(&owner, json!({"name": "é".repeat(255), "organization-scoped": null})).is(201);
    assert_eq!(created.at("/data/attributes/organization-scoped"), json!(true));
}

#[test]
fn names_are_taken_within_an_organization_only() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    for organization in ["my-organization", "other"] {
        owner.creates_agent_pool(organization, "pool");
    }
    assert_eq!(tries(&owner, json!({"name": "pool"})).refused(422), ["/data/attributes/name"]);
}

#[test]
fn of_32_creations_of_one_name_at_once_exactly_one_succeeds() {
    let server = Server::demo();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let create = || tries(&server.owner(), json!({"name": "pool"})).status;
        let callers: Vec<_> = (0..32).map(|_| scope.spawn(create)).collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(201), count(422)), (1, 31), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM agent_pools"), 1);
}

#[test]
fn a_pool_that_nothing_uses_is_deleted() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "one", None);
    let given = relating(json!({"name": "pool"}), json!({"allowed-workspaces": linkages("workspaces", &[&workspace])}));
    let path = format!("/agent-pools/{}", owner.post(AGENT_POOLS, &given).is(201).text("/data/id"));
    owner.delete(&path).is_done();
    owner.get(&path).is(404).golden("not_found");
    owner.delete(&path).is(404).golden("not_found");
    owner.get(&format!("/workspaces/{workspace}")).is(200);
}

#[test]
fn a_pool_in_use_stays() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_client("my-organization");
    owner.creates_workspace("my-organization", "one", None);
    let mut stack = document("stacks", json!({"name": "network"}));
    stack["data"]["relationships"] = json!({"project": {"data": {"type": "projects", "id": server.default_project()}}});
    owner.post("/stacks", &stack).is(201);
    let task = json!({"name": "scan", "url": "https://example.com/scan"});
    owner.post("/organizations/my-organization/tasks", &document("tasks", task)).is(201);
    let module = json!({"name": "vpc", "provider": "aws", "registry-name": "private"});
    owner.post("/organizations/my-organization/registry-modules", &document("registry-modules", module)).is(201);
    let path = format!("/agent-pools/{}", owner.creates_agent_pool("my-organization", "pool"));
    let uses = [
        ("workspaces", "agent_pool", "workspaces"),
        ("oauth_clients", "agent_pool", "OAuth clients"),
        ("stacks", "agent_pool", "stacks"),
        ("run_tasks", "agent_pool", "run tasks"),
        ("registry_modules", "agent_pool", "tests of registry modules"),
        ("projects", "default_agent_pool", "projects, as their default"),
        ("organizations", "default_agent_pool", "the organization, as its default"),
    ];
    for (table, column, told) in uses {
        let set = |value: &str| server.sqlite().execute(&format!("UPDATE {table} SET {column} = {value}"), []);
        assert_eq!(set("1"), Ok(1));
        let before = server.contents();
        let detail = owner.delete(&path).is(409).text("/errors/0/detail");
        assert_eq!(detail, format!("The agent pool is in use by {told}."));
        assert_eq!(server.contents(), before);
        assert_eq!(set("NULL"), Ok(1));
    }
    server
        .sqlite()
        .execute_batch("UPDATE workspaces SET agent_pool = 1; UPDATE projects SET default_agent_pool = 1")
        .expect("used");
    owner.delete(&path).is(409).golden("agent_pools.delete.in_use");
    let shown = owner.get(&path).is(200);
    assert_eq!(shown.at("/data/relationships/workspaces/data").as_array().map(Vec::len), Some(1));
    assert_ne!(shown.at("/data/relationships/workspaces/data/0/id"), Value::Null);
}
