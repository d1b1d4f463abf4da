//! Organizations that do not take the tokens of users.

use serde_json::json;

use super::{ORGANIZATION, changes};
use crate::harness::{Permission, Server};

#[test]
fn people_are_nobody_where_their_tokens_are_not_taken() {
    let server = Server::demo();
    let (owner, team, token) = (server.owner(), server.owners_team(), server.organization_token());
    let (member, ada) = (server.member("mia", &[Permission::ManageVcsSettings]), server.outsider("ada"));
    let (client, _) = owner.creates_client("my-organization");
    owner.creates_organization("second");
    assert_eq!(owner.get(ORGANIZATION).at("/data/attributes/user-tokens-enabled"), json!(true));
    // Also whoever shuts the door is told how it stands.
    let closed = changes(&owner, json!({"user-tokens-enabled": false})).is(200);
    assert_eq!(closed.at("/data/attributes/user-tokens-enabled"), json!(false));

    let entitlement_set = format!("/entitlement-sets/{}", closed.text("/data/attributes/external-id"));
    let client = format!("/oauth-clients/{client}");
    let paths = [ORGANIZATION, "/organizations/my-organization/oauth-clients", &entitlement_set, &client];
    for caller in [&owner, &member] {
        for path in paths {
            caller.get(path).is(401).golden("unauthorized");
        }
        changes(caller, json!({"user-tokens-enabled": true})).is(401).golden("unauthorized");
        caller.delete(ORGANIZATION).is(401).golden("unauthorized");
    }
    // Whoever was never in it does not learn that it is there.
    for path in paths {
        ada.get(path).is(404).golden("not_found");
    }
    for caller in [&team, &token] {
        for path in paths {
            caller.get(path).is(200);
        }
        assert_eq!(caller.get("/organizations").each("id"), ["my-organization"]);
    }
    // Elsewhere people go on as before; their list has what they can open.
    assert_eq!(owner.get("/organizations").is(200).each("id"), ["second"]);
    assert_eq!(owner.get("/organizations?page[size]=5").at("/meta/pagination/total-count"), json!(1));
    assert!(member.get("/organizations").is(200).list().is_empty());
    owner.get("/account/details").is(200);

    token.delete(ORGANIZATION).is(404);
    changes(&team, json!({"user-tokens-enabled": true})).is(200);
    for path in paths {
        owner.get(path).is(200);
    }
    assert_eq!(owner.get("/organizations").each("id"), ["my-organization", "second"]);
}

#[test]
fn an_organization_can_begin_without_the_tokens_of_users() {
    let server = Server::demo();
    let owner = server.owner();
    let given = json!({"name": "closed", "email": "a@b", "user-tokens-enabled": false});
    let created = super::tries(&owner, given).is(201);
    assert_eq!(created.at("/data/attributes/user-tokens-enabled"), json!(false));
    owner.get("/organizations/closed").is(401).golden("unauthorized");
    let team = server.with_token(&server.cli(&["token", "create", "--team", "closed/owners"]));
    team.delete("/organizations/closed").is_done();
}
