//! `GET /oauth-clients/:id/workspaces`: what is linked through a client.

use serde_json::{Value, json};

use crate::harness::{Permission, Server, document};

fn path(client: &str) -> String {
    format!("/oauth-clients/{client}/workspaces")
}

#[test]
fn the_workspaces_that_are_linked_through_the_client_by_the_page() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let (other, other_token) = owner.creates_client("my-organization");
    owner.get(&path(&client)).is(200).golden("oauth_clients.workspaces.none");
    owner.creates_workspace("my-organization", "one", Some(&token));
    owner.creates_workspace("my-organization", "elsewhere", Some(&other_token));
    owner.creates_workspace("my-organization", "without", None);
    let last = owner.creates_workspace("my-organization", "two", Some(&token));

    owner
        .get(&format!("{}?page[size]=1&page[number]=2", path(&client)))
        .is(200)
        .golden("oauth_clients.workspaces.page");
    let list = owner.get(&path(&client)).is(200);
    assert_eq!(list.each("name"), ["one", "two"]);
    assert_eq!(list.at("/data/1"), owner.get(&format!("/workspaces/{last}")).at("/data"), "as the workspace itself");
    assert_eq!(owner.get(&path(&other)).each("name"), ["elsewhere"]);
    let included = owner.get(&format!("{}?include=project", path(&client))).is(200);
    assert_eq!(included.at("/included/0/type"), json!("projects"));

    owner.delete(&format!("/oauth-tokens/{token}")).is_done();
    assert_eq!(owner.get(&path(&client)).each("name"), [Value::Null; 0]);
}

#[test]
fn the_caller_must_see_the_client_and_gets_the_workspaces_that_they_see() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let workspace = owner.creates_workspace("my-organization", "one", Some(&token));
    owner.creates_workspace("my-organization", "two", Some(&token));
    // Sees connections, but no workspace until their team has access to one.
    let vera = server.member("vera", &[Permission::ManageVcsSettings]);
    let list = vera.get(&path(&client)).is(200);
    assert_eq!(list.at("/meta/pagination/total-count"), json!(0));
    let team = owner.get("/organizations/my-organization/teams?q=vera").is(200).text("/data/0/id");
    let mut access = document("team-workspaces", json!({"access": "read"}));
    access["data"]["relationships"] = json!({
        "team": {"data": {"type": "teams", "id": team}},
        "workspace": {"data": {"type": "workspaces", "id": workspace}},
    });
    owner.post("/team-workspaces", &access).is(201);
    assert_eq!(vera.get(&path(&client)).is(200).each("name"), ["one"]);
    // Sees workspaces, but no connection.
    server.member("rita", &[Permission::ReadWorkspaces]).get(&path(&client)).is(404);
    // Belongs to another organization, which has a client too.
    let eve = server.outsider("eve");
    eve.creates_organization("foreign");
    let (foreign, _) = eve.creates_client("foreign");
    eve.get(&path(&client)).is(404);
    owner.get(&path(&foreign)).is(404);
    assert_eq!(eve.get(&path(&foreign)).is(200).list(), [Value::Null; 0]);
    server.anonymous().get(&path(&client)).is(401);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    for id in ["oc-1111111111111111", token.as_str(), "nonexisting", "%00"] {
        owner.get(&path(id)).is(404);
    }
    for parameter in ["search[name]", "filter[project][id]", "sort", "q", "include"] {
        assert_eq!(owner.get(&format!("{}?{parameter}=x", path(&client))).refused(400), [parameter]);
    }
    assert_eq!(owner.get(&format!("{}?page[number]=-1", path(&client))).refused(400), ["page[number]"]);
    assert_eq!(owner.get(&format!("{}?page[size]=101", path(&client))).refused(422), ["page[size]"]);
    assert_eq!(owner.post(&path(&client), &json!({"data": []})).status, 405);
}
