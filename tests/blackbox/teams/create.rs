//! Creation.

use serde_json::{Map, Value, json};

use super::{TEAMS, foreign, name, tries};
use crate::harness::{JSON_API, Permission, Server, document};

#[test]
fn a_team_of_a_name_alone() {
    let server = Server::demo();
    let owner = server.owner();
    let created = tries(&owner, name("platform")).is(200).golden("teams.create.name_alone");
    assert_eq!(owner.get(&format!("/teams/{}", created.text("/data/id"))).is(200).json(), created.json());
}

#[test]
fn every_attribute_comes_back_as_it_was_sent() {
    let server = Server::demo();
    let owner = server.owner();
    let every: Map<String, Value> = Permission::ALL.iter().map(|key| (key.key().to_owned(), json!(true))).collect();
    let created = tries(
        &owner,
        json!({
            "name": "A_team-1", "visibility": "organization", "sso-team-id": "7dddb675", "organization-access": every,
            "allow-member-token-management": false
        }),
    );
    let created = created.is(200).golden("teams.create.every_attribute");
    assert_eq!(owner.get(&format!("/teams/{}", created.text("/data/id"))).is(200).json(), created.json());
    // One key makes no other true, whatever it allows.
    let one = tries(&owner, json!({"name": "one", "organization-access": {"manage-workspaces": true}})).is(200);
    let Value::Object(access) = one.at("/data/attributes/organization-access") else { panic!("no object") };
    let given: Vec<&str> =
        access.iter().filter(|(_, value)| **value == json!(true)).map(|(key, _)| key.as_str()).collect();
    assert_eq!((given, access.len()), (vec!["manage-workspaces"], Permission::ALL.len()));
}

#[test]
fn the_documents_that_clients_send() {
    let server = Server::demo();
    let owner = server.owner();
    owner.post(TEAMS, &document("organizations", name("terrasnek"))).is(200);
    owner.post(TEAMS, &json!({"data": {"attributes": name("without-type")}})).is(200);
    let provider = json!({"name": "provider", "sso-team-id": "", "visibility": null, "organization-access": null});
    let created = tries(&owner, provider).is(200);
    assert_eq!(created.at("/data/attributes/sso-team-id"), Value::Null);
    assert_eq!(created.at("/data/attributes/visibility"), json!("secret"));
    assert_eq!(created.at("/data/attributes/allow-member-token-management"), json!(true));
}

#[test]
fn everything_wrong_is_named_at_once() {
    let server = Server::demo();
    let owner = server.owner();
    let before = server.contents();
    tries(&owner, json!({})).is(422).golden("teams.create.nothing_given");
    let everything = json!({
        "name": "two\nlines", "visibility": "public", "sso-team-id": "x".repeat(256),
        "allow-member-token-management": "yes",
        "organization-access": {"manage-teams": "yes", "manage-projects": true}
    });
    tries(&owner, everything).is(422).golden("teams.create.everything_wrong");
    for (attributes, pointer) in [
        (json!({"name": null}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": 7}), "name"),
        (json!({"name": "a\tb"}), "name"),
        (json!({"name": "x", "description": 1}), "description"),
        (json!({"name": "x".repeat(256)}), "name"),
        (json!({"name": "x", "visibility": 1}), "visibility"),
        (json!({"name": "x", "visibility": ""}), "visibility"),
        (json!({"name": "x", "sso-team-id": []}), "sso-team-id"),
        (json!({"name": "x", "sso-team-id": "a\nb"}), "sso-team-id"),
        (json!({"name": "x", "allow-member-token-management": 1}), "allow-member-token-management"),
        (json!({"name": "x", "organization-access": []}), "organization-access"),
        (json!({"name": "x", "organization-access": {"read-projects": true}}), "organization-access/read-projects"),
        (json!({"name": "x", "organization-access": {"manage-teams": 1}}), "organization-access/manage-teams"),
    ] {
        let answer = tries(&owner, attributes.clone());
        assert_eq!(answer.refused(422), [format!("/data/attributes/{pointer}")], "{attributes}");
    }
    owner.post(TEAMS, &json!({"data": []})).refused(422);
    owner.post(TEAMS, &json!([])).refused(422);
    owner.send("POST", TEAMS, Some(b"{"), &[("Content-Type", JSON_API)]).refused(400);
    owner.send("POST", TEAMS, Some(b"{}"), &[("Content-Type", "text/plain")]).refused(415);
    assert_eq!(server.contents(), before);
}

#[test]
fn a_name_is_taken_within_its_organization() {
    let server = Server::demo();
    let (owner, eve) = (server.owner(), foreign(&server));
    owner.creates_team("my-organization", "platform", &[]);
    tries(&owner, name("platform")).is(422).golden("teams.create.name_taken");
    assert_eq!(tries(&owner, name("owners")).refused(422), ["/data/attributes/name"]);
    eve.creates_team("foreign", "platform", &[]);
}
