//! SSH keys of organizations: their values go in and never come out. What holds for every plain resource is in `plain/`.

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document};

const SSH_KEYS: &str = "/organizations/my-organization/ssh-keys";

fn tries(caller: &Caller, attributes: Value) -> Answer {
    caller.post(SSH_KEYS, &document("ssh-keys", attributes))
}

#[test]
fn a_key_is_shown_without_its_value_and_named_where_it_is_wrong() {
    let server = Server::demo();
    let owner = server.owner();
    let made = tries(&owner, json!({"name": "modules", "value": "a private key"})).is(201);
    let id = made.text("/data/id");
    let shown = json!({"id": id, "type": "ssh-keys", "attributes": {"name": "modules"}, "relationships": {},
                       "links": {"self": format!("/api/v2/ssh-keys/{id}")}});
    assert_eq!(made.json()["data"], shown);
    tries(&owner, json!({"name": "é".repeat(255), "value": "x".repeat(64 * 1024)})).is(201);
    assert_eq!(tries(&owner, json!({})).refused(422), ["/data/attributes/name", "/data/attributes/value"]);
    for (name, value, wrong) in [(" ", "x", "name"), ("a\nb", "x", "name"), ("x", " \n", "value")] {
        let pointers = tries(&owner, json!({"name": name, "value": value})).refused(422);
        assert_eq!(pointers, [format!("/data/attributes/{wrong}")]);
    }
}

#[test]
fn a_change_changes_the_name_alone() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.creates_ssh_key("my-organization", "old");
    let sealed = server.ciphertexts();
    let given = document("ssh-keys", json!({"name": "new", "value": "another"}));
    let renamed = owner.patch(&format!("/ssh-keys/{id}"), &given).is(200);
    assert_eq!((renamed.text("/data/attributes/name").as_str(), server.ciphertexts()), ("new", sealed));
    // What go-tfe sends when nothing is to change.
    let unchanged = json!({"data": {"type": "ssh-keys", "id": id, "attributes": {}}});
    assert_eq!(owner.patch(&format!("/ssh-keys/{id}"), &unchanged).is(200).json(), renamed.json());
}

#[test]
fn a_deleted_key_leaves_its_workspaces_without_one() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_workspace("my-organization", "infra", None);
    let id = owner.creates_ssh_key("my-organization", "modules");
    assert_eq!(server.sqlite().execute("UPDATE workspaces SET ssh_key = 1, updated_at = 0", []), Ok(1));
    owner.delete(&format!("/ssh-keys/{id}")).is_done();
    assert_eq!(server.number("SELECT count(*) FROM workspaces WHERE ssh_key IS NULL AND updated_at > 0"), 1);
}
