//! SSH keys of organizations: their values go in and never come out.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document};

const SSH_KEYS: &str = "/organizations/my-organization/ssh-keys";
const VALUE: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nneedle-in-an-ssh-key\n-----END OPENSSH PRIVATE KEY-----\n";

fn tries(caller: &Caller, attributes: Value) -> Answer {
    caller.post(SSH_KEYS, &document("ssh-keys", attributes))
}

#[test]
fn a_key_is_created_and_its_value_not_seen_again() {
    let server = Server::demo_with(&["--log-level", "trace"]);
    let owner = server.owner();
    let created = tries(&owner, json!({"name": "modules", "value": VALUE})).is(201);
    let path = format!("/api/v2/ssh-keys/{}", created.text("/data/id"));
    assert_eq!(created.header("Location"), Some(path.as_str()));
    let created = created.golden("ssh_keys.create");
    let shown = owner.get(&format!("!{path}")).is(200);
    assert_eq!(shown.json(), created.json());
    let listed = owner.get(SSH_KEYS).is(200);
    let wrong_type = tries(&owner, json!({"name": 1, "value": [VALUE]}));
    let too_long = tries(&owner, json!({"name": "x", "value": VALUE.repeat(1000)}));
    assert_eq!((wrong_type.status, too_long.status), (422, 422));
    for text in [&created.body, &shown.body, &listed.body, &wrong_type.body, &too_long.body, &server.log()] {
        assert!(!text.contains("needle"), "{text}");
    }
    let sealed: Vec<u8> =
        server.sqlite().query_row("SELECT value_sealed FROM ssh_keys", [], |row| row.get(0)).expect("a value");
    assert!(sealed.len() > VALUE.len() && !sealed.windows(6).any(|window| window == b"needle"));
}

#[test]
fn everything_wrong_is_named_at_once() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_ssh_key("my-organization", "taken");
    let before = server.contents();
    tries(&owner, json!({})).is(422).golden("ssh_keys.create.nothing_given");
    tries(&owner, json!({"name": "taken", "value": VALUE})).is(422).golden("ssh_keys.create.name_taken");
    for name in [json!(null), json!(""), json!(" "), json!("a\nb"), json!(1), json!({}), json!("x".repeat(256))] {
        let pointers = tries(&owner, json!({"name": name, "value": VALUE})).refused(422);
        assert_eq!(pointers, ["/data/attributes/name"], "{name}");
    }
    for value in [json!(null), json!(""), json!(" \n"), json!(1), json!([]), json!("x".repeat(64 * 1024 + 1))] {
        let pointers = tries(&owner, json!({"name": "x", "value": value})).refused(422);
        assert_eq!(pointers, ["/data/attributes/value"]);
    }
    let other_type = document("keys", json!({"name": "x", "value": VALUE}));
    assert_eq!(owner.post(SSH_KEYS, &other_type).refused(422), ["/data/type"]);
    assert_eq!(server.contents(), before);
    tries(&owner, json!({"name": "é".repeat(255), "value": "x".repeat(64 * 1024)})).is(201);
}

#[test]
fn lists_are_whole_unless_a_page_is_asked_for() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    owner.creates_ssh_key("other", "not mine");
    for name in ["zebra", "ape", "cat"] {
        owner.creates_ssh_key("my-organization", name);
    }
    owner.get(SSH_KEYS).is(200).golden("ssh_keys.index");
    let second = owner.get(&format!("{SSH_KEYS}?page[size]=2&page[number]=2")).is(200);
    assert_eq!(second.each("name"), ["cat"]);
    assert_eq!(second.at("/meta/pagination/total-count"), json!(3));
    for (query, parameter) in [("page[size]=x", "page[size]"), ("include=x", "include"), ("q=x", "q")] {
        assert_eq!(owner.get(&format!("{SSH_KEYS}?{query}")).refused(400), [parameter]);
    }
}

#[test]
fn a_change_changes_the_name_alone() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_ssh_key("my-organization", "taken");
    let id = owner.creates_ssh_key("my-organization", "old");
    let path = format!("/ssh-keys/{id}");
    let sealed = || {
        let find = "SELECT value_sealed FROM ssh_keys WHERE id = ?1";
        server.sqlite().query_row(find, [&id], |row| row.get::<_, Vec<u8>>(0)).expect("a value")
    };
    let value = sealed();
    let renamed = owner.patch(&path, &document("ssh-keys", json!({"name": "new", "value": VALUE}))).is(200);
    assert_eq!(renamed.text("/data/attributes/name"), "new");
    assert_eq!(owner.get(&path).is(200).json(), renamed.json());
    assert_eq!(sealed(), value);
    // What go-tfe sends when nothing is to change.
    let unchanged = json!({"data": {"type": "ssh-keys", "id": id, "attributes": {}}});
    assert_eq!(owner.patch(&path, &unchanged).is(200).json(), renamed.json());
    owner.patch(&path, &document("ssh-keys", json!({"name": "new"}))).is(200);

    let before = server.contents();
    for name in [json!("taken"), json!(null), json!(""), json!(1), json!("x".repeat(256))] {
        let given = document("ssh-keys", json!({"name": name}));
        assert_eq!(owner.patch(&path, &given).refused(422), ["/data/attributes/name"], "{name}");
    }
    let other_id = json!({"data": {"type": "ssh-keys", "id": "sshkey-1111111111111111"}});
    assert_eq!(owner.patch(&path, &other_id).refused(422), ["/data/id"]);
    let other_type = json!({"data": {"type": "workspaces", "id": id}});
    assert_eq!(owner.patch(&path, &other_type).refused(422), ["/data/type"]);
    assert_eq!(server.contents(), before);
}

#[test]
fn a_deleted_key_leaves_its_workspaces_without_one() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let path = format!("/ssh-keys/{}", owner.creates_ssh_key("my-organization", "modules"));
    assert_eq!(server.sqlite().execute("UPDATE workspaces SET ssh_key = 1, updated_at = 0", []), Ok(1));
    owner.delete(&path).is_done();
    owner.get(&path).is(404).golden("not_found");
    owner.delete(&path).is(404).golden("not_found");
    assert_eq!(server.number("SELECT count(*) FROM workspaces WHERE ssh_key IS NULL AND updated_at > 0"), 1);
    owner.get(&format!("/workspaces/{workspace}")).is(200);
}

#[test]
fn of_32_creations_of_one_name_at_once_exactly_one_succeeds() {
    let server = Server::demo();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let create = || tries(&server.owner(), json!({"name": "modules", "value": VALUE})).status;
        let callers: Vec<_> = (0..32).map(|_| scope.spawn(create)).collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(201), count(422)), (1, 31), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM ssh_keys"), 1);
}

#[test]
fn the_trail_of_a_key() {
    let server = Server::demo();
    let owner = server.owner();
    let skip = server.trail(0).len();
    let id = owner.creates_ssh_key("my-organization", "one");
    owner.patch(&format!("/ssh-keys/{id}"), &document("ssh-keys", json!({"name": "two"}))).is(200);
    owner.delete(&format!("/ssh-keys/{id}")).is_done();
    let deeds: Vec<String> = server.trail(skip).iter().map(|e| e.split(' ').next().unwrap_or("").to_owned()).collect();
    assert_eq!(deeds, ["create", "update", "destroy"]);
    assert!(server.trail(skip).iter().all(|event| event.contains(&format!(" ssh_key {id} in org-"))));
}
