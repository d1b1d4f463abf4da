//! Creation and deletion.

use std::thread;

use serde_json::{Value, json};

use super::WORKSPACES;
use crate::harness::{Answer, Caller, Server, document};

fn tries(caller: &Caller, attributes: Value) -> Answer {
    caller.post(WORKSPACES, &document("workspaces", attributes))
}

#[test]
fn a_workspace_without_a_repository() {
    let server = Server::demo();
    let owner = server.owner();
    let created = tries(&owner, json!({"name": "infra"})).is(201);
    let path = format!("/api/v2/workspaces/{}", created.text("/data/id"));
    assert_eq!(created.header("Location"), Some(path.as_str()));
    let created = created.golden("workspaces.create.without_vcs_repo");
    assert_eq!(owner.get(&format!("!{path}")).is(200).json(), created.json());
}

#[test]
fn a_workspace_with_a_repository() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let repository = json!({
        "identifier": "acme/infra", "oauth-token-id": token, "branch": "main", "ingress-submodules": true,
        "tags-regex": "v\\d+"
    });
    let given = json!({"name": "infra", "description": "What holds it all", "vcs-repo": repository});
    let created = tries(&owner, given).is(201).golden("workspaces.create.with_vcs_repo");
    assert_eq!(owner.get(&format!("{WORKSPACES}/infra")).is(200).json(), created.json());
}

#[test]
fn the_body_of_the_terraform_provider() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let repository =
        json!({"identifier": "acme/infra", "ingress-submodules": false, "tags-regex": "", "oauth-token-id": token});
    let given = json!({
        "name": "infra", "allow-destroy-plan": true, "auto-apply-run-trigger": false, "file-triggers-enabled": true,
        "queue-all-runs": true, "speculative-enabled": true, "structured-run-output-enabled": true,
        "working-directory": "", "setting-overwrites": {"execution-mode": false, "agent-pool": false},
        "vcs-repo": repository
    });
    tries(&owner, given).is(201).golden("workspaces.create.by_terraform_provider");
}

#[test]
fn everything_wrong_is_named_at_once() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_workspace("my-organization", "taken", None);
    let before = server.contents();
    let repository = json!({
        "identifier": "no-slash", "oauth-token-id": 7, "github-app-installation-id": 8, "branch": "a\nb",
        "ingress-submodules": "yes", "tags-regex": "x".repeat(1025)
    });
    let given = json!({"name": "a b", "description": "x".repeat(1025), "vcs-repo": repository});
    tries(&owner, given).is(422).golden("workspaces.create.everything_wrong");
    tries(&owner, json!({})).is(422).golden("workspaces.create.nothing_given");
    let taken = json!({"name": "taken"});
    tries(&owner, taken).is(422).golden("workspaces.create.name_taken");
    let unknown = json!({"identifier": "a/b", "oauth-token-id": "ot-1111111111111111"});
    let pointers = tries(&owner, json!({"name": "taken", "vcs-repo": unknown})).refused(422);
    assert_eq!(pointers, ["/data/attributes/name", "/data/attributes/vcs-repo/oauth-token-id"]);
    assert_eq!(server.contents(), before);
}

#[test]
fn each_attribute_keeps_to_its_type_and_limit() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    for name in ["", " ", "a b", "a/b", "a.b", "ä", &"x".repeat(256)] {
        assert_eq!(tries(&owner, json!({"name": name})).refused(422), ["/data/attributes/name"], "{name}");
    }
    for wrong in [json!(1), json!(true), json!([]), json!({})] {
        assert_eq!(tries(&owner, json!({"name": wrong})).refused(422), ["/data/attributes/name"], "{wrong}");
        let pointers = tries(&owner, json!({"name": "x", "description": wrong})).refused(422);
        assert_eq!(pointers, ["/data/attributes/description"], "{wrong}");
    }
    for wrong in [json!(1), json!(true), json!([]), json!("acme/infra")] {
        let pointers = tries(&owner, json!({"name": "x", "vcs-repo": wrong})).refused(422);
        assert_eq!(pointers, ["/data/attributes/vcs-repo"], "{wrong}");
    }
    assert_eq!(tries(&owner, json!({"name": null})).refused(422), ["/data/attributes/name"]);
    assert_eq!(server.contents(), before);
    let longest = json!({"name": "x".repeat(255), "description": "é".repeat(1024), "vcs-repo": null});
    let created = tries(&owner, longest.clone()).is(201);
    for attribute in ["name", "description", "vcs-repo"] {
        assert_eq!(created.at(&format!("/data/attributes/{attribute}")), longest[attribute]);
    }
}

#[test]
fn names_are_taken_within_an_organization_only() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let ids = ["my-organization", "other"].map(|organization| owner.creates_workspace(organization, "infra", None));
    for (organization, id) in ["my-organization", "other"].iter().zip(&ids) {
        let shown = owner.get(&format!("/organizations/{organization}/workspaces/infra")).is(200);
        assert_eq!(shown.text("/data/id"), *id);
        assert_eq!(shown.text("/data/relationships/organization/data/id"), *organization);
    }
}

#[test]
fn deletion_by_id_and_by_name() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let by_id = format!("/workspaces/{}", owner.creates_workspace("my-organization", "one", Some(&token)));
    owner.creates_workspace("my-organization", "two", Some(&token));
    let by_name = format!("{WORKSPACES}/two");
    for path in [by_id, by_name] {
        owner.delete(&path).is_done();
        owner.get(&path).is(404).golden("not_found");
        owner.delete(&path).is(404).golden("not_found");
    }
    assert_eq!(server.number("SELECT count(*) FROM repository_links"), 0);
    owner.get(&format!("/oauth-clients/{client}")).is(200);
    owner.creates_workspace("my-organization", "two", None);
}

#[test]
fn the_trail_of_a_workspace() {
    let server = Server::demo();
    let owner = server.owner();
    let skip = server.trail(0).len();
    let id = owner.creates_workspace("my-organization", "one", None);
    owner.patch(&format!("/workspaces/{id}"), &document("workspaces", json!({"name": "two"}))).is(200);
    owner.delete(&format!("{WORKSPACES}/two")).is_done();
    let actions: Vec<String> =
        server.trail(skip).iter().map(|e| e.split(' ').next().unwrap_or("").to_owned()).collect();
    assert_eq!(actions, ["create", "update", "destroy"]);
    assert!(server.trail(skip).iter().all(|event| event.contains(&format!(" workspace {id} in org-"))));
}

#[test]
fn of_64_creations_of_one_name_at_once_exactly_one_succeeds() {
    let server = Server::demo();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let create = || tries(&server.owner(), json!({"name": "infra"})).status;
        let callers: Vec<_> = (0..64).map(|_| scope.spawn(create)).collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(201), count(422)), (1, 63), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM workspaces"), 1);
}
