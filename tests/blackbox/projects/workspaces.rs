//! Workspaces that move.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{Permission, Server, sample_with};

fn moving(ids: &[&str]) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| json!({"type": "workspaces", "id": id})).collect();
    json!({"data": data})
}

#[test]
fn workspaces_move_all_or_none() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let [one, two] = ["one", "two"].map(|name| owner.creates_workspace("my-organization", name, None));
    let foreign = owner.creates_workspace("other", "foreign", None);
    let project = owner.creates_project("my-organization", "abc");
    let path = format!("/projects/{project}/relationships/workspaces");
    let count = || owner.get(&format!("/projects/{project}")).is(200).at("/data/attributes/workspace-count");

    let before = server.contents();
    for missing in [foreign.as_str(), "ws-1111111111111111", "nonexisting", ""] {
        owner.post(&path, &moving(&[&one, missing])).is(404).golden("not_found");
    }
    owner.post(&path, &moving(&[])).is_done();
    assert_eq!(server.contents(), before);

    let skip = server.trail(0).len();
    owner.post(&path, &moving(&[&one, &two, &one])).is_done();
    assert_eq!(count(), json!(2));
    assert_eq!(server.trail(skip).len(), 2);
    let before = server.contents();
    owner.post(&path, &moving(&[&two])).is_done();
    assert_eq!(server.contents(), before);
}

#[test]
fn what_names_no_workspaces_is_refused() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "one", None);
    let path = format!("/projects/{}/relationships/workspaces", owner.creates_project("my-organization", "abc"));
    let before = server.contents();
    for (data, pointer) in [
        (json!(null), "/data"),
        (json!({"type": "workspaces", "id": workspace}), "/data"),
        (json!([workspace]), "/data/0"),
        (json!([{"type": "projects", "id": workspace}]), "/data/0"),
        (json!([{"type": "workspaces"}]), "/data/0"),
        (json!([{"type": "workspaces", "id": 7}]), "/data/0"),
    ] {
        assert_eq!(owner.post(&path, &json!({"data": data})).refused(422), [pointer], "{data}");
    }
    assert_eq!(owner.post(&path, &json!({})).refused(422), [""]);
    assert_eq!(server.contents(), before);
}

#[test]
fn a_link_does_not_move_to_where_its_client_may_not_be_used() {
    let server = Server::demo();
    let owner = server.owner();
    let client = owner.tries_client(&sample_with(json!({"organization-scoped": true}))).is(201);
    let token = client.text("/data/relationships/oauth-tokens/data/0/id");
    let [linked, free] = [("linked", Some(token.as_str())), ("free", None)]
        .map(|(name, token)| owner.creates_workspace("my-organization", name, token));
    let project = owner.creates_project("my-organization", "abc");
    let path = format!("/projects/{project}/relationships/workspaces");
    assert_eq!(server.sqlite().execute("UPDATE oauth_clients SET organization_scoped = 0", []), Ok(1));
    let before = server.contents();
    owner.post(&path, &moving(&[&free, &linked])).is(422).golden("projects.workspaces.client_not_available");
    assert_eq!(server.contents(), before);
    let attach = "INSERT INTO oauth_client_projects SELECT oauth_clients.number, projects.number
                  FROM oauth_clients, projects WHERE projects.id = ?1";
    assert_eq!(server.sqlite().execute(attach, [&project]), Ok(1));
    owner.post(&path, &moving(&[&free, &linked])).is_done();
}

#[test]
fn who_sees_the_project_is_told_what_is_missing() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "one", None);
    let path = format!("/projects/{}/relationships/workspaces", owner.creates_project("my-organization", "abc"));
    let members = [
        ("rita", vec![Permission::ReadProjects, Permission::ReadWorkspaces, Permission::ManageWorkspaces]),
        ("paul", vec![Permission::ManageAgentPools]),
    ];
    for (name, permissions) in members {
        let member = server.member(name, &permissions);
        let before = server.contents();
        member.post(&path, &moving(&[&workspace])).is(403).golden("projects.workspaces.forbidden");
        assert_eq!(server.contents(), before);
    }
}

#[test]
fn a_project_that_is_deleted_while_workspaces_move_into_it_leaves_none_behind() {
    let server = Server::demo();
    let owner = server.owner();
    let name = |n: usize| format!("infra-{n}");
    let workspaces: Vec<String> = (0..32).map(|n| owner.creates_workspace("my-organization", &name(n), None)).collect();
    let project = owner.creates_project("my-organization", "abc");
    let path = format!("/projects/{project}");
    let (moved, deleted): (Vec<u16>, Vec<u16>) = thread::scope(|scope| {
        let (server, path) = (&server, &path);
        let moving = workspaces.iter().map(|workspace| {
            scope.spawn(move || {
                server.owner().post(&format!("{path}/relationships/workspaces"), &moving(&[workspace])).status
            })
        });
        let moving: Vec<_> = moving.collect();
        let deleting: Vec<_> = (0..32).map(|_| scope.spawn(move || server.owner().delete(path).status)).collect();
        let statuses = |callers: Vec<thread::ScopedJoinHandle<'_, u16>>| {
            callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
        };
        (statuses(moving), statuses(deleting))
    });
    // Whichever came first: the workspaces, which keep the project, or the end of the project, which keeps them out.
    let is_gone = deleted.contains(&204);
    assert!(moved.iter().all(|status| *status == if is_gone { 404 } else { 204 }), "{moved:?}");
    assert!(deleted.iter().all(|status| [204, 404, 409].contains(status)), "{deleted:?}");
    let strays = "SELECT count(*) FROM workspaces WHERE project NOT IN (SELECT number FROM projects)";
    assert_eq!(server.number(strays), 0);
    assert_eq!(server.number("SELECT count(*) FROM workspaces"), 32);
}
