//! Changes, and the end.

use serde_json::{Value, json};

use super::{TEAMS, changes, foreign, name, owners, tries};
use crate::harness::{Permission, Server, document};

#[test]
fn a_change_keeps_what_it_does_not_name() {
    let server = Server::demo();
    let owner = server.owner();
    let access = json!({"manage-vcs-settings": true, "manage-teams": true});
    let given = json!({"name": "platform", "visibility": "organization", "sso-team-id": "sso",
                       "organization-access": access, "allow-member-token-management": false});
    let created = tries(&owner, given).is(200);
    let team = created.text("/data/id");
    assert_eq!(changes(&owner, &team, json!({})).is(200).json(), created.json());
    let nulls = json!({"visibility": null, "organization-access": null, "allow-member-token-management": null});
    assert_eq!(changes(&owner, &team, nulls).is(200).json(), created.json());

    let update = json!({"organization-access": {"manage-teams": false, "manage-run-tasks": true, "unknown": 1}});
    let updated = changes(&owner, &team, update).is(200).golden("teams.update.some_access");
    assert_eq!(owner.get(&format!("/teams/{team}")).is(200).json(), updated.json());
    for nothing in [json!(""), Value::Null] {
        let updated = changes(&owner, &team, json!({"sso-team-id": nothing})).is(200);
        assert_eq!(updated.at("/data/attributes/sso-team-id"), Value::Null);
    }
    let renamed = changes(&owner, &team, name("re named")).is(200);
    assert_eq!(renamed.at("/data/attributes/name"), json!("re named"));
}

#[test]
fn what_must_not_be_changed_is_named() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_team("my-organization", "taken", &[]);
    let team = owner.creates_team(
        "my-organization",
        "platform",
        &[Permission::ManageWorkspaces, Permission::ManageProjects, Permission::ReadWorkspaces],
    );
    let before = server.contents();
    for (attributes, pointers) in [
        (name("taken"), vec!["/data/attributes/name"]),
        (json!({"name": null}), vec!["/data/attributes/name"]),
        (json!({"name": " "}), vec!["/data/attributes/name"]),
        (json!({"visibility": "x", "name": 1}), vec!["/data/attributes/name", "/data/attributes/visibility"]),
        // The one that would be left without what it needs.
        (
            json!({"organization-access": {"manage-workspaces": false}}),
            vec!["/data/attributes/organization-access/manage-projects"],
        ),
    ] {
        assert_eq!(changes(&owner, &team, attributes.clone()).refused(422), pointers, "{attributes}");
    }
    let path = format!("/teams/{team}");
    assert_eq!(owner.patch(&path, &document("users", json!({}))).refused(422), ["/data/type"]);
    let another = json!({"data": {"type": "teams", "id": "team-1111111111111111", "attributes": {}}});
    assert_eq!(owner.patch(&path, &another).refused(422), ["/data/id"]);
    assert_eq!(server.contents(), before);
    let own = json!({"data": {"type": "teams", "id": team, "attributes": {}}});
    owner.patch(&path, &own).is(200);
}

#[test]
fn the_owners_stay_what_they_are() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owners(&server);
    owner.get(&format!("/teams/{team}")).is(200).golden("teams.show.owners");
    let before = server.contents();
    let less = json!({"name": "kings", "organization-access": {"manage-teams": false, "manage-modules": true}});
    changes(&owner, &team, less).is(422).golden("teams.update.owners");
    owner.delete(&format!("/teams/{team}")).is(422).golden("teams.delete.owners");
    assert_eq!(server.contents(), before);
    let more = json!({"name": "owners", "visibility": "organization", "organization-access": {"manage-teams": true}});
    let changed = changes(&owner, &team, more).is(200);
    assert_eq!(changed.at("/data/attributes/visibility"), json!("organization"));
    // Not even by who manages everything else.
    let chief = server.member("chief", &[Permission::ManageOrganizationAccess]);
    let token = server.organization_token();
    let before = server.contents();
    changes(&chief, &team, json!({"visibility": "secret"})).is(404).golden("not_found");
    chief.delete(&format!("/teams/{team}")).is(404).golden("not_found");
    token.delete(&format!("/teams/{team}")).is(404).golden("not_found");
    assert_eq!(server.contents(), before);
}

#[test]
fn a_deleted_team_takes_its_tokens_and_its_rights_with_it() {
    let server = Server::demo();
    let owner = server.owner();
    let vera = server.member("vera", &[Permission::ManageVcsSettings]);
    let team = owner.get(&format!("{TEAMS}?filter[names]=vera")).text("/data/0/id");
    let token = vera.post(&format!("/teams/{team}/authentication-token"), &json!({})).is(201);
    let token = server.with_token(&token.text("/data/attributes/token"));
    let (clients, events) = ("/organizations/my-organization/oauth-clients", server.trail(0).len());
    vera.get(clients).is(200);
    token.get(clients).is(200);
    owner.delete(&format!("/teams/{team}")).is_done();
    assert_eq!(server.trail(events), [format!("destroy team {team} in {} by demo", organization_id(&server))]);
    vera.get(clients).is(404).golden("not_found");
    vera.get("/organizations/my-organization").is(200);
    token.get(clients).is(401);
    owner.get(&format!("/teams/{team}")).is(404).golden("not_found");
    owner.delete(&format!("/teams/{team}")).is(404).golden("not_found");
}

fn organization_id(server: &Server) -> String {
    server.owner().get("/organizations/my-organization").text("/data/attributes/external-id")
}

#[test]
fn nobody_changes_the_teams_of_another_organization() {
    let server = Server::demo();
    let eve = foreign(&server);
    let team = eve.creates_visible_team("foreign", "platform");
    let owner = server.owner();
    let before = server.contents();
    owner.get(&format!("/teams/{team}")).is(404).golden("not_found");
    changes(&owner, &team, name("x")).is(404).golden("not_found");
    owner.delete(&format!("/teams/{team}")).is(404).golden("not_found");
    assert_eq!(server.contents(), before);
}
