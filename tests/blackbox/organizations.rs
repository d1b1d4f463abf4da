//! Organizations and the account through the API.

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document};

fn tries(caller: &Caller, attributes: Value) -> Answer {
    caller.post("/organizations", &document("organizations", attributes))
}

#[test]
fn an_organization_is_created_with_an_owners_team_and_shown() {
    let server = Server::demo();
    let ada = server.outsider("ada");
    let created = tries(&ada, json!({"name": "Acme_1", "email": "ops@acme.test"})).is(201);
    assert_eq!(created.header("Location"), Some("/api/v2/organizations/Acme_1"));
    let created = created.golden("organizations.create");
    assert_eq!(ada.get("/organizations/Acme_1").is(200).json(), created.json());
    assert_eq!(ada.get("/organizations/aCME_1").is(200).json(), created.json());
    for link in ["/data/links/self", "/data/relationships/oauth-clients/links/related"] {
        ada.get(&format!("!{}", created.text(link))).is(200);
    }
    ada.creates_client("Acme_1");
    let owners = "SELECT count(*) FROM teams JOIN organizations ON organizations.number = teams.organization
                  JOIN team_members ON team_members.team = teams.number
                  WHERE organizations.name = 'Acme_1' AND teams.name = 'owners'";
    assert_eq!(server.number(owners), 1);
    assert_eq!(server.number("SELECT count(*) FROM teams"), 2, "one team to begin with");
}

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
fn permissions_follow_the_caller() {
    let server = Server::demo();
    for caller in [server.owner(), server.owners_team(), server.organization_token()] {
        let shown = caller.get("/organizations/my-organization").is(200);
        let permissions = json!({"can-create-workspace": true, "can-traverse": true, "can-update-oauth": true});
        assert_eq!(shown.at("/data/attributes/permissions"), permissions);
    }
}

#[test]
fn names_and_addresses_are_checked_together() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    tries(&owner, json!({})).is(422).golden("organizations.create.nothing_given");
    let bad_names = ["", " ", "a b", "a/b", "a.b", "ä", "a\n", "../x", "a%2Fb", "a:b", "a\u{202e}b"];
    for name in bad_names.map(str::to_owned).into_iter().chain(["x".repeat(256)]) {
        let answer = tries(&owner, json!({"name": name, "email": "a@b"}));
        assert_eq!(answer.refused(422), ["/data/attributes/name"], "{name}");
    }
    let bad_addresses = ["", " ", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "a@b\r\nBcc: c@d"];
    for email in bad_addresses.map(str::to_owned).into_iter().chain([format!("{}@b", "x".repeat(254))]) {
        let answer = tries(&owner, json!({"name": "new", "email": email}));
        assert_eq!(answer.refused(422), ["/data/attributes/email"], "{email}");
    }
    for wrong in [json!(null), json!(1), json!(true), json!([]), json!({})] {
        let answer = tries(&owner, json!({"name": wrong, "email": wrong}));
        assert_eq!(answer.refused(422), ["/data/attributes/name", "/data/attributes/email"], "{wrong}");
    }
    assert_eq!(server.contents(), before);
    let longest = "x".repeat(255);
    let created = tries(&owner, json!({"name": longest, "email": format!("{}@b", "x".repeat(253))})).is(201);
    assert_eq!(created.text("/data/id"), longest);
    owner.creates_client(&longest);
}

#[test]
fn a_name_is_taken_ignoring_case_whoever_took_it() {
    let server = Server::demo();
    let ada = server.outsider("ada");
    let before = server.contents();
    for name in ["my-organization", "MY-Organization"] {
        tries(&ada, json!({"name": name, "email": "a@b"})).is(422).golden("organizations.create.name_taken");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn what_a_client_may_not_set_changes_nothing() {
    let server = Server::demo();
    let given = json!({
        "name": "Acme_1", "email": "ops@acme.test", "external-id": "org-1111111111111111", "created-at": "now",
        "permissions": {"can-update-oauth": false}, "collaborator-auth-policy": "two_factor_mandatory",
        "cost-estimation-enabled": true, "stacks-enabled": true
    });
    tries(&server.owner(), given).is(201).golden("organizations.create");
}

#[test]
fn only_people_make_organizations() {
    let server = Server::demo();
    let callers = [server.owners_team(), server.organization_token()];
    let before = server.contents();
    for caller in callers {
        tries(&caller, json!({"name": "new", "email": "a@b"})).is(404).golden("not_found");
        tries(&caller, json!({})).is(404).golden("not_found");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn the_account_tells_whose_token_it_is() {
    let server = Server::demo();
    server.owner().get("/account/details").is(200).golden("account.user");
    server.outsider("ada").get("/account/details").is(200).golden("account.user_without_organization");
    server.owners_team().get("/account/details").is(200).golden("account.team");
    server.organization_token().get("/account/details").is(200).golden("account.organization");
}

#[test]
fn ping_answers_with_and_without_a_token() {
    let server = Server::demo();
    for caller in [server.owner(), server.anonymous(), server.with_token("nonsense")] {
        let answer = caller.get("/ping");
        answer.is_done();
        assert_eq!(answer.header("TFP-API-Version"), Some("2.5"));
        assert_eq!(answer.header("TFP-AppName"), Some("Terraform Enterprise"));
        // A client that reads a limit from it holds itself to that.
        assert_eq!(answer.header("X-RateLimit-Limit"), None);
    }
}
