//! Organizations, the first page, members, the audit trail.

use serde_json::json;

use super::Browser;
use crate::harness::Server;

#[test]
fn a_new_user_is_led_from_step_to_step() {
    let server = Server::demo();
    server.cli(&["user", "create", "ada", "--email", "ada@example.com"]);
    let browser = Browser::of(&server, "ada");
    browser.get("/").is(200).has("Create an organization").has("Add a VCS provider").has("Create an API token");
    browser.get("/organizations").is(200).has("You are not a member of any organization.");
    let form = browser.get("/organizations/new").is(200).has("value=\"ada@example.com\"");
    for (fields, words) in [
        (&[("name", ""), ("email", "a@b")][..], "Name must not be empty."),
        (&[("name", "a b"), ("email", "a@b")], "Name may only contain"),
        (&[("name", "acme"), ("email", "a")], "E-mail must be an e-mail address."),
        (&[("name", "My-Organization"), ("email", "a@b")], "Name has already been taken"),
        (&[("name", &"x".repeat(256)), ("email", "a@b")], "Name must not be longer"),
    ] {
        browser.submit(&form, "/organizations", fields).is(422).has(words);
    }
    let created = browser.submit(&form, "/organizations", &[("name", "acme"), ("email", "ops@example.com")]).is(200);
    created
        .at("/organizations/acme/vcs-providers")
        .has("The organization acme was created.")
        .has("no VCS provider yet");
    browser.get("/").is(200).has("/organizations/acme/vcs-providers/new");
    browser.get("/organizations").is(200).has("acme").has("Owner").has("0 VCS providers");
}

#[test]
fn members_and_why_they_may_manage_vcs_settings() {
    let server = Server::demo();
    let owner = server.owner();
    server.cli(&["user", "create", "grace", "--email", "grace@example.com"]);
    let access = json!({"manage-vcs-settings": true});
    let attributes = json!({"name": "ops", "organization-access": access, "visibility": "organization"});
    let team = owner
        .post("/organizations/my-organization/teams", &json!({"data": {"type": "teams", "attributes": attributes}}));
    let team = team.is(200).text("/data/id");
    let invited = json!({"data": {"type": "organization-memberships", "attributes": {"email": "grace@example.com"},
        "relationships": {"teams": {"data": [{"type": "teams", "id": team}]}}}});
    owner.post("/organizations/my-organization/organization-memberships", &invited).is(201);

    let members = "/organizations/my-organization/members";
    for user in ["demo", "grace"] {
        let page = Browser::of(&server, user).get(members).is(200);
        page.has("grace").has("through the team ops").has("ops");
    }
    // Who may manage VCS settings sees what belongs to that, and nothing more.
    let grace = Browser::of(&server, "grace");
    let page = grace.get("/organizations/my-organization").is(200).at("/organizations/my-organization/vcs-providers");
    page.has("Add a VCS provider").has_not("Audit trail").has_not(">Workspaces<");
    grace.get("/organizations/my-organization/audit-trail").is(404);
    grace.get("/organizations/my-organization/workspaces").is(404);
}

#[test]
fn the_audit_trail_by_kind_and_page() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, _) = owner.creates_client("my-organization");
    for n in 0..25 {
        owner.creates_workspace("my-organization", &format!("w{n}"), None);
    }
    let browser = Browser::of(&server, "demo");
    let trail = "/organizations/my-organization/audit-trail";
    browser.get(trail).is(200).has("Workspace created").has("1 to 20<").has("by <bdi>demo</bdi>");
    let clients = browser.get(&format!("{trail}?kind=oauth_client")).is(200);
    clients.has("OAuth client created").has(&client).has_not("<strong>Workspace created");
    browser.get(&format!("{trail}?kind=workspace&page=2")).is(200).has("21 to 25<").has_not("rel=\"next\"");
    // Beyond the end there is a way back.
    browser.get(&format!("{trail}?page=9")).is(200).has("beyond the end<").has("rel=\"prev\"");
    browser.get(&format!("{trail}?kind=%3Cscript%3E")).is(200).has("No event matches.").has_not("<script>");
    for page in ["0", "-1", "x", "99999999999999999999"] {
        browser.get(&format!("{trail}?page={page}")).is(404);
    }
}

/// Nothing is on a page beyond the end, also where the list is not empty.
#[test]
fn a_page_beyond_the_end_leads_back_and_does_not_call_the_list_empty() {
    let server = Server::demo();
    server.owner().creates_workspace("my-organization", "network", None);
    server.owner().creates_client("my-organization");
    let browser = Browser::of(&server, "demo");
    let of_organization = ["vcs-providers", "workspaces", "audit-trail", "vcs-events", "members"]
        .map(|list| format!("/organizations/my-organization/{list}"));
    for list in ["/account", "/organizations"].into_iter().chain(of_organization.iter().map(String::as_str)) {
        let page = browser.get(&format!("{list}?page=2")).is(200).has("beyond the ").has("page=1\">Previous");
        page.has_not("There is no VCS")
            .has_not("There is no workspace")
            .has_not("No event")
            .has_not("You are not")
            .has_not("You have no");
    }
    // From far beyond to the last page.
    browser.get(&format!("{}?page=9", of_organization[0])).is(200).has("page=1\">Previous");
}

/// An organization may refuse the tokens of users; the users themselves still work at its pages.
#[test]
fn an_organization_without_user_tokens_still_has_pages() {
    let server = Server::demo();
    let attributes = json!({"user-tokens-enabled": false});
    let document = json!({"data": {"type": "organizations", "id": "my-organization", "attributes": attributes}});
    server.owner().patch("/organizations/my-organization", &document).is(200);
    server.owner().get("/organizations/my-organization").is(401);
    let browser = Browser::of(&server, "demo");
    browser.get("/organizations").is(200).has("my-organization");
    browser.get("/organizations/my-organization/vcs-providers").is(200);
}
