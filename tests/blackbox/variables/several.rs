//! Several variables of a workspace in one request: all of them are changed, or none.

use serde_json::{Value, json};

use super::creates;
use crate::harness::{Server, document};

fn several(changes: &[(&str, Value)]) -> Value {
    let item = |(id, attributes): &(&str, Value)| json!({"type": "vars", "id": id, "attributes": attributes});
    json!({"data": changes.iter().map(item).collect::<Vec<_>>()})
}

#[test]
fn several_variables_are_changed_together() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let list = format!("/workspaces/{workspace}/vars");
    let [plain, secret] =
        [("region", false), ("password", true)].map(|(key, sensitive)| creates(&owner, &list, key, "old", sensitive));
    let path = format!("/workspaces/{workspace}/relationships/vars");
    let change = several(&[
        (&plain, json!({"key": "zone", "value": "new", "category": "env", "description": "where"})),
        (&secret, json!({"value": "needle"})),
    ]);
    owner.patch(&path, &change).is_done();
    let shown = owner.get(&list).is(200);
    assert_eq!(shown.each("key"), ["zone", "password"]);
    assert_eq!(shown.each("value"), [json!("new"), json!(null)]);
    assert_eq!(shown.each("version-id"), ["2", "2"]);
    assert!(!server.cells().windows(6).any(|cell| cell == b"needle"));
    owner.patch(&path, &several(&[])).is_done();
}

#[test]
fn variables_that_are_changed_together_may_take_each_others_keys() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let list = format!("/workspaces/{workspace}/vars");
    let ids = ["first", "second", "third"].map(|key| creates(&owner, &list, key, "x", false));
    let path = format!("/workspaces/{workspace}/relationships/vars");
    let keys = ["third", "first", "second"];
    let changes: Vec<_> = ids.iter().zip(keys).map(|(id, key)| (id.as_str(), json!({"key": key}))).collect();
    owner.patch(&path, &several(&changes)).is_done();
    for (id, key) in ids.iter().zip(keys) {
        assert_eq!(owner.get(&format!("/vars/{id}")).is(200).text("/data/attributes/key"), key);
    }
    let other = json!({"key": "third", "category": "env", "value": "x"});
    let env = owner.post(&list, &document("vars", other)).is(201).text("/data/id");
    let change = several(&[(&ids[0], json!({"category": "env"})), (&env, json!({"category": "terraform"}))]);
    owner.patch(&path, &change).is_done();
    // A key may look like the id of another one.
    let change = several(&[(&ids[1], json!({"key": ids[2]})), (&ids[2], json!({"key": "fourth"}))]);
    owner.patch(&path, &change).is_done();
    owner.patch(&path, &several(&[(&ids[2], json!({"key": "second"})), (&ids[1], json!({"key": "first"}))])).is_done();
    // A key that none of them gives up stays taken.
    let before = server.contents();
    let change = several(&[(&ids[0], json!({"key": "fourth"})), (&ids[1], json!({"key": "second"}))]);
    assert_eq!(owner.patch(&path, &change).refused(422), ["/data/1/attributes/key"]);
    assert_eq!(server.contents(), before);
}

/// In whichever order one grows and another shrinks.
#[test]
fn there_has_to_be_room_for_what_several_variables_are_together() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let list = format!("/workspaces/{workspace}/vars");
    let text = |kib: usize| "x".repeat(kib * 1024);
    let [one, other, ..] =
        ["a", "b", "c", "d"].map(|key| creates(&owner, &list, key, &text(if key == "a" { 10 } else { 256 }), false));
    let path = format!("/workspaces/{workspace}/relationships/vars");
    for (grows, shrinks, is_last) in [(&one, &other, false), (&other, &one, true)] {
        let mut changes = [(grows, 256), (shrinks, 10)].map(|(id, kib)| (id.as_str(), json!({"value": text(kib)})));
        if is_last {
            changes.reverse();
        }
        owner.patch(&path, &several(&changes)).is_done();
    }
    let before = server.contents();
    assert_eq!(
        owner.patch(&path, &several(&[(&one, json!({"value": text(256)})), (&other, json!({}))])).refused(422),
        ["/data"]
    );
    assert_eq!(server.contents(), before);
}

#[test]
fn where_one_of_several_variables_is_wrong_none_is_changed() {
    let server = Server::demo();
    let owner = server.owner();
    let [workspace, other] = ["infra", "other"].map(|name| owner.creates_workspace("my-organization", name, None));
    let list = format!("/workspaces/{workspace}/vars");
    let good = creates(&owner, &list, "good", "old", false);
    let secret = creates(&owner, &list, "secret", "old", true);
    let elsewhere = creates(&owner, &format!("/workspaces/{other}/vars"), "good", "old", false);
    let set = owner.post("/organizations/my-organization/varsets", &document("varsets", json!({"name": "s"}))).is(201);
    let of_set = format!("/varsets/{}/relationships/vars", set.text("/data/id"));
    let of_set = creates(&owner, &of_set, "good", "old", false);
    let path = format!("/workspaces/{workspace}/relationships/vars");
    let wrong = [
        (good.as_str(), json!({"value": "twice"}), "/data/1"),
        (&elsewhere, json!({"value": "x"}), "/data/1"),
        (&of_set, json!({"value": "x"}), "/data/1"),
        ("var-1111111111111111", json!({"value": "x"}), "/data/1"),
        (&workspace, json!({"value": "x"}), "/data/1"),
        (&secret, json!({"sensitive": false}), "/data/1/attributes/sensitive"),
        (&secret, json!({"category": "dreams"}), "/data/1/attributes/category"),
        (&secret, json!({"description": 7}), "/data/1/attributes/description"),
    ];
    for (id, attributes, pointer) in wrong {
        let change = several(&[(&good, json!({"value": "new"})), (id, attributes)]);
        assert_eq!(owner.patch(&path, &change).refused(422), [pointer], "{id}");
    }
    // The other one has the key by then.
    let third = creates(&owner, &list, "third", "old", false);
    let change = several(&[(&good, json!({"key": "fourth"})), (&third, json!({"key": "fourth"}))]);
    assert_eq!(owner.patch(&path, &change).refused(422), ["/data/1/attributes/key"]);
    owner.delete(&format!("/vars/{third}")).is_done();
    let many: Vec<(&str, Value)> = (0..101).map(|_| (good.as_str(), json!({}))).collect();
    owner.patch(&path, &several(&many)).is(400);
    owner.patch(&path, &json!({"data": {"type": "vars", "id": good}})).is(422);
    owner.patch(&path, &json!({"data": [{"type": "workspaces", "id": good}]})).is(422);
    let unchanged = owner.get(&list).is(200);
    assert_eq!(unchanged.each("version-id"), ["1", "1"]);
    assert_eq!(unchanged.each("value"), [json!("old"), json!(null)]);
}
