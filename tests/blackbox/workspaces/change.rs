//! Changes to everything but the repository.

use serde_json::{Value, json};

use super::WORKSPACES;
use crate::harness::{Server, document};

fn change(attributes: Value) -> Value {
    document("workspaces", attributes)
}

#[test]
fn a_renamed_workspace_keeps_its_id() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.creates_workspace("my-organization", "old", None);
    let renamed = owner.patch(&format!("{WORKSPACES}/old"), &change(json!({"name": "new"}))).is(200);
    assert_eq!((renamed.text("/data/id"), renamed.text("/data/attributes/name")), (id.clone(), "new".to_owned()));
    owner.get(&format!("{WORKSPACES}/old")).is(404);
    assert_eq!(owner.get(&format!("{WORKSPACES}/new")).is(200).json(), renamed.json());
    // To its own name: nobody else has it.
    owner.patch(&format!("/workspaces/{id}"), &change(json!({"name": "new"}))).is(200);
}

#[test]
fn rename_to_a_taken_name_is_refused() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_workspace("my-organization", "taken", None);
    let path = format!("/workspaces/{}", owner.creates_workspace("my-organization", "mine", None));
    let before = server.contents();
    let answer = owner.patch(&path, &change(json!({"name": "taken", "description": "not kept either"})));
    answer.is(422).golden("workspaces.create.name_taken");
    for name in [json!(null), json!(""), json!("a b"), json!(1), json!("x".repeat(256))] {
        let pointers = owner.patch(&path, &change(json!({"name": name, "description": "x"}))).refused(422);
        assert_eq!(pointers, ["/data/attributes/name"]);
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn absent_null_and_empty_are_three_things() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/workspaces/{}", owner.creates_workspace("my-organization", "infra", None));
    let after = |attributes: Value| owner.patch(&path, &change(attributes)).is(200).at("/data/attributes/description");
    assert_eq!(after(json!({"description": "text"})), json!("text"));
    assert_eq!(after(json!({})), json!("text"));
    assert_eq!(after(json!({"name": "other"})), json!("text"));
    assert_eq!(after(json!({"description": ""})), json!(""));
    assert_eq!(after(json!({"description": "line\nline"})), json!("line\nline"));
    assert_eq!(after(json!({"description": null})), Value::Null);
    let pointers = owner.patch(&path, &change(json!({"description": "x".repeat(1025)}))).refused(422);
    assert_eq!(pointers, ["/data/attributes/description"]);
}

#[test]
fn a_change_may_say_nothing_at_all() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let path = format!("/workspaces/{}", owner.creates_workspace("my-organization", "infra", Some(&token)));
    let before = owner.get(&path).at("/data");
    let id = before["id"].clone();
    for given in [json!({"data": {"type": "workspaces"}}), json!({"data": {"type": "workspaces", "id": id}})] {
        assert_eq!(but_for_when(owner.patch(&path, &given).is(200).at("/data"), &before), before);
    }
}

#[test]
fn a_document_about_another_workspace_is_refused() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.creates_workspace("my-organization", "infra", None);
    let other = owner.creates_workspace("my-organization", "other", None);
    let before = server.contents();
    for path in [format!("/workspaces/{id}"), format!("{WORKSPACES}/infra")] {
        for wrong in [json!(other), json!("infra"), json!(1)] {
            let given = json!({"data": {"type": "workspaces", "id": wrong, "attributes": {"description": "x"}}});
            assert_eq!(owner.patch(&path, &given).refused(422), ["/data/id"], "{wrong}");
        }
    }
    assert_eq!(server.contents(), before);
}

/// A resource as it is now, as if it had been changed when `before` was.
fn but_for_when(mut now: Value, before: &Value) -> Value {
    for when in ["updated-at", "latest-change-at"] {
        now["attributes"][when] = before["attributes"][when].clone();
    }
    now
}

#[test]
fn what_a_client_may_not_set_changes_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let path = format!("/workspaces/{}", owner.creates_workspace("my-organization", "infra", None));
    let before = owner.get(&path).at("/data");
    let mut given = change(json!({
        "created-at": "2001-01-01T00:00:00.000Z", "updated-at": "2001-01-01T00:00:00.000Z",
        "vcs-repo-identifier": "acme/infra", "organization": "other", "locked": true, "resource-count": 7,
        "source": "terraform", "source-name": "later", "source-url": "https://example.com", "environment": "prod",
        "permissions": {"can-destroy": false}, "tag-names": ["x"], "no-such-attribute": [1]
    }));
    given["data"]["relationships"] = json!({"organization": {"data": {"type": "organizations", "id": "other"}}});
    let after = owner.patch(&path, &given).is(200).at("/data");
    assert_ne!(after["attributes"]["updated-at"], json!("2001-01-01T00:00:00.000Z"));
    assert_eq!(but_for_when(after, &before), before);
}

#[test]
fn a_workspace_is_not_found_through_another_organization() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    owner.creates_workspace("my-organization", "infra", None);
    let before = server.contents();
    let path = "/organizations/other/workspaces/infra";
    owner.patch(path, &change(json!({"name": "x"}))).is(404).golden("not_found");
    owner.delete(path).is(404).golden("not_found");
    assert_eq!(server.contents(), before);
}
