//! The projects that a client is attached to.

use serde_json::{Value, json};

use crate::harness::{Server, document, sample_of_2018};

fn linkage(ids: &[&str]) -> Value {
    let items: Vec<Value> = ids.iter().map(|id| json!({"type": "projects", "id": id})).collect();
    json!({"data": items})
}

/// As go-tfe sends them: whole resources, most of them empty.
fn whole_resources(ids: &[&str]) -> Value {
    let attributes = json!({
        "name": "", "description": "", "default-execution-mode": "", "is-unified": false, "setting-overwrites": null
    });
    let relationships = json!({
        "organization": {"data": null}, "default-agent-pool": {"data": null}, "effective-tag-bindings": {"data": []}
    });
    let item =
        |id: &&str| json!({"type": "projects", "id": id, "attributes": attributes, "relationships": relationships});
    json!({"data": ids.iter().map(item).collect::<Vec<Value>>()})
}

#[test]
fn projects_are_attached_and_detached_as_often_as_one_likes() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let (one, two) = (owner.creates_project("my-organization", "one"), owner.creates_project("my-organization", "two"));
    let path = format!("/oauth-clients/{id}/relationships/projects");
    let attached = || owner.get(&format!("/oauth-clients/{id}")).at("/data/relationships/projects");
    assert_eq!(attached(), linkage(&[]));
    for _ in 0..2 {
        owner.post(&path, &whole_resources(&[&one, &two])).is_done();
        assert_eq!(attached(), linkage(&[&one, &two]));
    }
    owner.post(&path, &linkage(&[&one, &one])).is_done();
    owner.post(&path, &linkage(&[])).is_done();
    assert_eq!(attached(), linkage(&[&one, &two]));
    for _ in 0..2 {
        owner.send_json("DELETE", &path, &whole_resources(&[&one])).is_done();
        assert_eq!(attached(), linkage(&[&two]));
    }
    owner.send_json("DELETE", &path, &linkage(&[])).is_done();
    assert_eq!(attached(), linkage(&[&two]));
    // What changed nothing is not on record.
    let updates =
        server.trail(0).iter().filter(|event| event.starts_with(&format!("update oauth_client {id}"))).count();
    assert_eq!(updates, 2);
    // A project that is deleted is not attached any more.
    owner.delete(&format!("/projects/{two}")).is_done();
    assert_eq!(attached(), linkage(&[]));
}

#[test]
fn a_client_may_have_many_projects() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let (other, _) = owner.creates_client("my-organization");
    let projects: Vec<String> =
        (0..12).map(|n| owner.creates_project("my-organization", &format!("project-{n}"))).collect();
    let projects: Vec<&str> = projects.iter().map(String::as_str).collect();
    let path = format!("/oauth-clients/{id}/relationships/projects");
    let is_attached_to = |expected: &[&str]| {
        let shown = owner.get(&format!("/oauth-clients/{id}?include=projects")).is(200);
        assert_eq!(shown.at("/data/relationships/projects"), linkage(expected));
        let included: Vec<Value> = shown.at("/included").as_array().into_iter().flatten().cloned().collect();
        let included: Vec<&str> = included.iter().filter_map(|resource| resource["id"].as_str()).collect();
        assert_eq!(included, expected);
        let listed = owner.get("/organizations/my-organization/oauth-clients").is(200);
        assert_eq!(listed.at("/data/0/relationships/projects"), linkage(expected));
        assert_eq!(listed.at("/data/1/relationships/projects"), linkage(&projects[..1]), "the other client's");
    };
    owner.post(&format!("/oauth-clients/{other}/relationships/projects"), &linkage(&projects[..1])).is_done();
    owner.post(&path, &linkage(&projects[4..12])).is_done();
    is_attached_to(&projects[4..12]);
    owner.post(&path, &linkage(&projects[..4])).is_done();
    is_attached_to(&projects);
    owner.send_json("DELETE", &path, &linkage(&projects[9..])).is_done();
    is_attached_to(&projects[..9]);
    owner.delete(&format!("/projects/{}", projects[8])).is_done();
    is_attached_to(&projects[..8]);
    let all_of_them = json!({"projects": linkage(&projects[..8])});
    let one_of_them = json!({"projects": linkage(&projects[7..8])});
    for (relationships, expected) in [(one_of_them, &projects[7..8]), (all_of_them, &projects[..8])] {
        let change = json!({"data": {"type": "oauth-clients", "relationships": relationships}});
        owner.patch(&format!("/oauth-clients/{id}"), &change).is(200);
        is_attached_to(expected);
    }
}

#[test]
fn a_client_is_created_and_changed_with_its_projects() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = owner.creates_project("other", "theirs");
    let (one, two) = (owner.creates_project("my-organization", "one"), owner.creates_project("my-organization", "two"));
    let mut sample = sample_of_2018();
    sample["data"]["relationships"] = json!({"projects": linkage(&[&one, &foreign, "prj-1111111111111111", &one])});
    let created = owner.tries_client(&sample).is(201);
    assert_eq!(created.at("/data/relationships/projects"), linkage(&[&one]));
    let path = format!("/oauth-clients/{}", created.text("/data/id"));
    assert_eq!(owner.get(&path).json(), created.json());
    let change = |projects: Value| {
        owner.patch(&path, &json!({"data": {"type": "oauth-clients", "relationships": {"projects": projects}}}))
    };
    let changed = change(linkage(&[&two])).is(200);
    assert_eq!(changed.at("/data/relationships/projects"), linkage(&[&two]));
    owner.patch(&path, &document("oauth-clients", json!({"name": "kept"}))).is(200);
    assert_eq!(owner.get(&path).at("/data/relationships/projects"), linkage(&[&two]));
    // A change must not lose a project that the caller believes to be attached.
    let before = server.contents();
    let refused = change(linkage(&[&one, &foreign, "prj-1111111111111111"]));
    let at = "/data/relationships/projects/data";
    assert_eq!(refused.refused(422), [format!("{at}/1"), format!("{at}/2")]);
    assert_eq!(server.contents(), before);
    assert_eq!(change(linkage(&[])).is(200).at("/data/relationships/projects"), linkage(&[]));
}

#[test]
fn one_that_is_wrong_keeps_all_from_being_attached() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = owner.creates_project("other", "theirs");
    let mine = owner.creates_project("my-organization", "mine");
    let (id, _) = owner.creates_client("my-organization");
    let path = format!("/oauth-clients/{id}/relationships/projects");
    let wrong: [(Value, &[&str]); 9] = [
        (linkage(&[&mine, &foreign]), &["/data/1"]),
        (linkage(&["prj-1111111111111111", &mine, "nonexisting"]), &["/data/0", "/data/2"]),
        (json!({"data": [{"type": "workspaces", "id": mine}, {"type": "projects", "id": mine}]}), &["/data/0"]),
        (json!({"data": [{"type": "projects"}]}), &["/data/0"]),
        (json!({"data": [{"type": "projects", "id": null}]}), &["/data/0"]),
        (json!({"data": [{"type": "projects", "id": 7}, mine]}), &["/data/0", "/data/1"]),
        (json!({"data": {"type": "projects", "id": mine}}), &["/data"]),
        (json!({"data": null}), &["/data"]),
        (json!({}), &[""]),
    ];
    let before = server.contents();
    for (document, pointers) in wrong {
        for method in ["POST", "DELETE"] {
            assert_eq!(owner.send_json(method, &path, &document).refused(422), pointers, "{method} {document}");
        }
    }
    assert_eq!(server.contents(), before);
}
