//! Lists, and who sees what.

use serde_json::json;

use super::tries;
use crate::harness::{Caller, Permission, Server};

#[test]
fn everybody_lists_their_own() {
    let server = Server::demo();
    let (owner, ada) = (server.owner(), server.outsider("ada"));
    assert_eq!(ada.get("/organizations").is(200).json(), json!({"data": []}));
    ada.creates_organization("hers");
    owner.creates_organization("second");
    owner.get("/organizations").is(200).golden("organizations.list");
    assert_eq!(ada.get("/organizations").each("id"), ["hers"]);
    assert_eq!(server.organization_token().get("/organizations").each("id"), ["my-organization"]);
    assert_eq!(server.owners_team().get("/organizations").each("id"), ["my-organization"]);
    owner.get("/organizations?page[size]=1&page[number]=2").is(200).golden("organizations.list.page_2_of_2");
    assert_eq!(owner.get("/organizations?page[size]=x").refused(400), ["page[size]"]);
}

#[test]
fn a_list_is_narrowed_by_parts_of_names_and_addresses() {
    let server = Server::demo();
    let owner = server.owner();
    for (name, email) in [("alpha", "ops@one.test"), ("Beta", "ALPHA@two.test"), ("gamma", "ops@two.test")] {
        tries(&owner, json!({"name": name, "email": email})).is(201);
    }
    for (query, expected) in [
        ("q=alpha", vec!["alpha", "Beta"]),
        ("q=ALPHA", vec!["alpha", "Beta"]),
        ("q[name]=alpha", vec!["alpha"]),
        ("q[email]=alpha", vec!["Beta"]),
        ("q[name]=a&q[email]=ops@", vec!["alpha", "gamma"]),
        ("q=two&q[name]=BET", vec!["Beta"]),
        ("q=", vec!["my-organization", "alpha", "Beta", "gamma"]),
        ("q=%25", vec![]),
        ("q=_", vec![]),
        ("q='%20OR%201=1%20--", vec![]),
    ] {
        let found = owner.get(&format!("/organizations?{query}")).is(200);
        assert_eq!(found.each("id"), expected, "{query}");
    }
    let page = owner.get("/organizations?q=two&page[size]=1&page[number]=2").is(200);
    assert_eq!((page.each("id"), page.at("/meta/pagination/total-count")), (vec![json!("gamma")], json!(2)));
    assert_eq!(owner.get("/organizations?q[x]=a").refused(400), ["q[x]"]);
    assert_eq!(owner.get("/organizations?filter[name]=a").refused(400), ["filter[name]"]);
    let token = server.organization_token();
    assert_eq!(token.get("/organizations?q=my").each("id"), ["my-organization"]);
    assert!(token.get("/organizations?q=alpha").is(200).list().is_empty());
}

#[test]
fn permissions_follow_the_caller_in_lists_as_everywhere() {
    let server = Server::demo();
    let vera = server.member("vera", &[Permission::ManageVcsSettings]);
    // In two teams she has what either gives.
    let other_team = "
        INSERT INTO teams (id, organization, name, created_at, organization_access)
          SELECT 'team-2222222222222222', number, 'other', 0, 8 FROM organizations;
        INSERT INTO team_members (team, membership)
          SELECT teams.number, organization_memberships.number FROM teams, organization_memberships
          WHERE teams.name = 'other' AND organization_memberships.email = 'vera@example.com';";
    server.sqlite().execute_batch(other_team).expect("another team");
    vera.creates_organization("hers");
    vera.get("/organizations").is(200).golden("organizations.list.permissions");
    let polly = server.member("polly", &[Permission::ManagePolicies]);
    let sentinel = |caller: &Caller| {
        caller.get("/organizations/my-organization").at("/data/attributes/permissions/can-update-sentinel")
    };
    assert_eq!((sentinel(&polly), sentinel(&server.member("pia", &[]))), (json!(true), json!(false)));
    for caller in [vera, server.owner(), server.owners_team(), server.organization_token(), server.member("mia", &[])] {
        for organization in caller.get("/organizations").is(200).list() {
            let name = organization["id"].as_str().expect("a name");
            assert_eq!(caller.get(&format!("/organizations/{name}")).at("/data"), organization);
        }
    }
    let mia = server.member("max", &[]).get("/organizations/my-organization");
    mia.is(200).golden("organizations.show.member");
    server.organization_token().get("/organizations/my-organization").golden("organizations.show.organization_token");
}
