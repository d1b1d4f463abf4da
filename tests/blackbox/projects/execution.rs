//! The default execution mode and its agent pool: a project's own, or its organization's.

use serde_json::{Value, json};

use super::{PROJECTS, tries};
use crate::harness::{Answer, Server, document};

/// Mode, pool and whether they are the project's own.
fn execution(answer: &Answer) -> (String, Value, bool) {
    let overwrites = answer.at("/data/attributes/setting-overwrites");
    assert_eq!(overwrites["default-execution-mode"], overwrites["default-agent-pool"]);
    (
        answer.text("/data/attributes/default-execution-mode"),
        answer.at("/data/relationships/default-agent-pool/data/id"),
        overwrites["default-execution-mode"].as_bool().expect("a flag"),
    )
}

fn own(mode: &str, pool: Value) -> (String, Value, bool) {
    (mode.to_owned(), pool, true)
}

fn inherited(mode: &str, pool: Value) -> (String, Value, bool) {
    (mode.to_owned(), pool, false)
}

#[test]
fn a_mode_of_its_own_and_back() {
    let server = Server::demo();
    let owner = server.owner();
    let pool = owner.creates_agent_pool("my-organization", "pool");
    let agent = json!({"name": "abc", "default-execution-mode": "agent", "default-agent-pool-id": pool});
    let created = tries(&owner, agent).is(201);
    assert_eq!(execution(&created), own("agent", json!(pool)));
    let created = created.golden("projects.create.with_agent_pool");
    let path = format!("/projects/{}", created.text("/data/id"));
    let after = |attributes: Value| execution(&owner.patch(&path, &document("projects", attributes)).is(200));
    assert_eq!(after(json!({"description": "x"})), own("agent", json!(pool)));
    assert_eq!(after(json!({"default-execution-mode": "remote"})), own("remote", Value::Null));
    let no_pool = json!({"default-execution-mode": "local", "default-agent-pool-id": ""});
    assert_eq!(after(no_pool), own("local", Value::Null));
    let overwrites = json!({"default-execution-mode": false, "default-agent-pool": false});
    assert_eq!(after(json!({"setting-overwrites": overwrites})), inherited("remote", Value::Null));
    assert_eq!(after(json!({"default-execution-mode": "local"})), own("local", Value::Null));
    assert_eq!(after(json!({"default-execution-mode": null})), inherited("remote", Value::Null));
    let mut by_relationship = document("projects", json!({"default-execution-mode": "agent"}));
    by_relationship["data"]["relationships"] =
        json!({"default-agent-pool": {"data": {"type": "agent-pools", "id": pool}}});
    assert_eq!(execution(&owner.patch(&path, &by_relationship).is(200)), own("agent", json!(pool)));
}

#[test]
fn the_organizations_mode_shows_through() {
    let server = Server::demo();
    let owner = server.owner();
    let pool = owner.creates_agent_pool("my-organization", "pool");
    let path = format!("/projects/{}", owner.creates_project("my-organization", "abc"));
    assert_eq!(execution(&owner.get(&path).is(200)), inherited("remote", Value::Null));
    let set = "UPDATE organizations SET default_execution_mode = 'agent', default_agent_pool = 1";
    assert_eq!(server.sqlite().execute(set, []), Ok(1));
    let shown = owner.get(&path).is(200);
    assert_eq!(execution(&shown), inherited("agent", json!(pool)));
    // What was read and is sent back as it is still goes by the organization.
    assert_eq!(owner.patch(&path, &shown.json()).is(200).json(), shown.json());
    let local = document("projects", json!({"default-execution-mode": "local"}));
    assert_eq!(execution(&owner.patch(&path, &local).is(200)), own("local", Value::Null));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = owner.creates_agent_pool("other", "foreign");
    let pool = owner.creates_agent_pool("my-organization", "pool");
    let path = format!("/projects/{}", owner.creates_project("my-organization", "abc"));
    let before = server.contents();
    let (mode, agent_pool) = ("/data/attributes/default-execution-mode", "/data/attributes/default-agent-pool-id");
    for (given, pointer) in [
        (json!({"default-execution-mode": "cloud"}), mode),
        (json!({"default-execution-mode": ""}), mode),
        (json!({"default-execution-mode": "agent"}), agent_pool),
        (json!({"default-execution-mode": "agent", "default-agent-pool-id": null}), agent_pool),
        (json!({"default-execution-mode": "agent", "default-agent-pool-id": 1}), agent_pool),
        (json!({"default-execution-mode": "agent", "default-agent-pool-id": foreign}), agent_pool),
        (json!({"default-execution-mode": "agent", "default-agent-pool-id": "apool-1111111111111111"}), agent_pool),
        (json!({"default-execution-mode": "agent", "default-agent-pool-id": "nonexisting"}), agent_pool),
        (json!({"default-execution-mode": "remote", "default-agent-pool-id": pool}), agent_pool),
        (json!({"default-agent-pool-id": pool}), agent_pool),
        (json!({"setting-overwrites": {"default-execution-mode": true}}), mode),
    ] {
        let told = owner.patch(&path, &document("projects", given.clone())).refused(422);
        assert!(told.contains(&pointer.to_owned()), "{given}: {told:?}");
        let mut new = given.clone();
        new["name"] = json!("new");
        let told = tries(&owner, new).refused(422);
        assert!(told.contains(&pointer.to_owned()), "{given}: {told:?}");
    }
    let mut by_relationship = document("projects", json!({"name": "new", "default-execution-mode": "agent"}));
    by_relationship["data"]["relationships"] =
        json!({"default-agent-pool": {"data": {"type": "agent-pools", "id": foreign}}});
    owner.post(PROJECTS, &by_relationship).is(422).golden("projects.create.agent_pool_unusable");
    assert_eq!(server.contents(), before);
}

#[test]
fn a_pool_that_is_not_for_everybody_must_allow_the_project() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.creates_project("my-organization", "abc");
    let pool = owner.creates_agent_pool("my-organization", "pool");
    let narrow = document("agent-pools", json!({"organization-scoped": false}));
    owner.patch(&format!("/agent-pools/{pool}"), &narrow).is(200);
    let given = document("projects", json!({"default-execution-mode": "agent", "default-agent-pool-id": pool}));
    let path = format!("/projects/{id}");
    assert_eq!(owner.patch(&path, &given).refused(422), ["/data/attributes/default-agent-pool-id"]);
    let mut allowing = document("agent-pools", json!({}));
    allowing["data"]["relationships"] = json!({"allowed-projects": {"data": [{"type": "projects", "id": id}]}});
    owner.patch(&format!("/agent-pools/{pool}"), &allowing).is(200);
    assert_eq!(execution(&owner.patch(&path, &given).is(200)), own("agent", json!(pool)));
}
