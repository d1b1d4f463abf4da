//! Deletion.

use serde_json::json;

use super::{PROJECTS, tries};
use crate::harness::{Server, document};

#[test]
fn an_empty_project_is_deleted_with_what_is_its_own() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.creates_project("my-organization", "abc");
    let path = format!("/projects/{id}");
    let (client, _) = owner.creates_client("my-organization");
    let attach = "INSERT INTO oauth_client_projects SELECT oauth_clients.number, projects.number
                  FROM oauth_clients, projects WHERE oauth_clients.id = ?1 AND projects.id = ?2";
    assert_eq!(server.sqlite().execute(attach, (&client, &id)), Ok(1));
    owner.delete(&path).is_done();
    owner.get(&path).is(404).golden("not_found");
    owner.delete(&path).is(404).golden("not_found");
    assert_eq!(server.number("SELECT count(*) FROM oauth_client_projects"), 0);
    owner.get(&format!("/oauth-clients/{client}")).is(200);
    owner.creates_project("my-organization", "abc");
}

#[test]
fn what_must_stay_stays() {
    let server = Server::demo();
    let owner = server.owner();
    let default = owner.get(PROJECTS).is(200).text("/data/0/id");
    let project = owner.creates_project("my-organization", "abc");
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let moving = json!({"data": [{"type": "workspaces", "id": workspace}]});
    owner.post(&format!("/projects/{project}/relationships/workspaces"), &moving).is_done();
    let before = server.contents();
    owner.delete(&format!("/projects/{default}")).is(409).golden("projects.delete.default");
    owner.delete(&format!("/projects/{project}")).is(409).golden("projects.delete.with_workspaces");
    assert_eq!(server.contents(), before);
    owner.delete(&format!("/workspaces/{workspace}")).is_done();
    owner.delete(&format!("/projects/{project}")).is_done();
}

#[test]
fn the_trail_of_a_project() {
    let server = Server::demo();
    let owner = server.owner();
    let skip = server.trail(0).len();
    let id = tries(&owner, json!({"name": "one"})).is(201).text("/data/id");
    owner.patch(&format!("/projects/{id}"), &document("projects", json!({"name": "two"}))).is(200);
    owner.patch(&format!("/projects/{id}/tag-bindings"), &json!({"data": [super::binding("a", "b")]})).is(200);
    owner.patch(&format!("/projects/{id}/relationships/tag-bindings"), &json!({"data": []})).is_done();
    owner.delete(&format!("/projects/{id}")).is_done();
    let actions: Vec<String> =
        server.trail(skip).iter().map(|e| e.split(' ').next().unwrap_or("").to_owned()).collect();
    assert_eq!(actions, ["create", "update", "update", "update", "destroy"]);
    assert!(server.trail(skip).iter().all(|event| event.contains(&format!(" project {id} in org-"))));
}
