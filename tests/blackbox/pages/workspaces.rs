//! Workspaces and their repositories.

use serde_json::{Value, json};

use super::Browser;
use crate::harness::{Permission, Server, sample_with};

const LIST: &str = "/organizations/my-organization/workspaces";

fn link_of(server: &Server, workspace: &str) -> Value {
    server.owner().get(&format!("/workspaces/{workspace}")).is(200).at("/data/attributes/vcs-repo")
}

#[test]
fn a_workspace_is_linked_changed_and_unlinked() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "network", None);
    let browser = Browser::of(&server, "demo");
    browser.get(LIST).is(200).has("Not linked to a repository");
    let link = format!("{LIST}/{workspace}/link");
    browser.get(&link).is(200).has("No VCS provider with a connection");
    let (_, token) = owner.creates_client("my-organization");

    let page = browser.get(&link).is(200);
    for (fields, words) in [
        (&[("identifier", "")][..], "Repository is required"),
        (&[("identifier", "acme")], "Repository must look like owner/repository."),
        (&[("identifier", "../x")], "Repository must look like"),
        (&[("identifier", "a/b"), ("branch", &"x".repeat(256))], "Branch must be one line"),
        (&[("identifier", "a/b"), ("oauth-token-id", "ot-6yEmxNAhaoQLH1Da")], "OAuth token does not exist"),
        (&[("identifier", "a/b"), ("oauth-token-id", "")], "VCS provider is required"),
    ] {
        browser.submit(&page, &link, fields).is(422).has(words);
    }
    assert_eq!(link_of(&server, &workspace), Value::Null);
    let fields = [("identifier", "acme/infra"), ("branch", "main"), ("ingress-submodules", "true")];
    browser.submit(&page, &link, &fields).is(200).at(LIST).has("The workspace network was linked.").has("acme/infra");
    let stored = link_of(&server, &workspace);
    assert_eq!(stored["identifier"], "acme/infra");
    assert_eq!((&stored["branch"], &stored["ingress-submodules"]), (&json!("main"), &json!(true)));
    assert_eq!(stored["oauth-token-id"], token.as_str());

    let page = browser.get(&link).is(200).has("value=\"acme/infra\"").has("value=\"main\"");
    browser.submit(&page, &link, &[("branch", "")]).is(200);
    assert_eq!(link_of(&server, &workspace)["branch"], "");

    let unlink = format!("{LIST}/{workspace}/unlink");
    let page = browser.get(&unlink).is(200).has("acme/infra");
    browser.submit(&page, &unlink, &[]).is(200).at(LIST).has("The workspace network was unlinked.");
    assert_eq!(link_of(&server, &workspace), Value::Null);
    browser.get(&unlink).is(404);
}

#[test]
fn workspaces_are_found_by_name_and_page() {
    let server = Server::demo();
    for n in 0..21 {
        server.owner().creates_workspace("my-organization", &format!("network-{n:02}"), None);
    }
    let browser = Browser::of(&server, "demo");
    browser.get(LIST).is(200).has("1 to 20 of 21").has("network-00").has_not("network-20");
    browser.get(&format!("{LIST}?search=&page=2")).is(200).has("network-20").has_not("network-00");
    browser.get(&format!("{LIST}?search=WORK-07")).is(200).has("network-07").has_not("network-08");
    browser.get(&format!("{LIST}?search=%22%3E%3Cb%3E")).is(200).has("No workspace matches.").has_not("\"><b>");
}

#[test]
fn all_links_move_from_one_connection_to_another_or_none() {
    let server = Server::demo();
    let owner = server.owner();
    let browser = Browser::of(&server, "demo");
    let path = format!("{LIST}/move");
    browser.get(&path).is(200).has("This needs two VCS providers");
    let ((one, from), (_, to)) = (owner.creates_client("my-organization"), owner.creates_client("my-organization"));
    let workspaces = ["a", "b"].map(|name| owner.creates_workspace("my-organization", name, Some(&from)));
    let page = browser.get(&format!("{path}?from={one}")).is(200);
    for (fields, words) in [
        (&[("from", from.as_str()), ("to", from.as_str())][..], "Choose another VCS provider"),
        (&[("from", from.as_str()), ("to", "ot-6yEmxNAhaoQLH1Da")], "Choose a VCS provider."),
        (&[("from", "x"), ("to", to.as_str())], "Choose a VCS provider."),
    ] {
        browser.submit(&page, &path, fields).is(422).has(words);
    }
    browser.submit(&page, &path, &[("from", &from), ("to", &to)]).is(200).at(LIST).has("2 workspaces were moved.");
    for workspace in &workspaces {
        let link = link_of(&server, workspace);
        assert_eq!((&link["oauth-token-id"], &link["identifier"]), (&json!(to), &json!("acme/infra")));
    }
    // A connection that is for none of the projects takes none of the links.
    let scoped = json!({"data": {"type": "oauth-clients", "attributes": {"organization-scoped": false}}});
    owner.patch(&format!("/oauth-clients/{one}"), &scoped).is(200);
    let page = browser.get(&path).is(200);
    browser
        .submit(&page, &path, &[("from", &to), ("to", &from)])
        .is(422)
        .has("is not available in the projects of workspace a, workspace b.");
    assert_eq!(link_of(&server, &workspaces[0])["oauth-token-id"], to.as_str());
}

#[test]
fn very_many_links_move_in_parts_and_the_page_tells_how_far_it_came() {
    let server = Server::demo();
    let owner = server.owner();
    let browser = Browser::of(&server, "demo");
    let path = format!("{LIST}/move");
    let ((_, from), (_, to)) = (owner.creates_client("my-organization"), owner.creates_client("my-organization"));
    server.links_many(&from, 3001);
    let page = browser.get(&path).is(200);
    browser.submit(&page, &path, &[("from", &from), ("to", &to)]).is(200).at(LIST).has("3001 workspaces were moved.");

    // The second part meets a person who is no longer an owner.
    server.once_linked(&from, 3000, "DELETE FROM team_members");
    browser.submit(&page, &path, &[("from", &to), ("to", &from)]).is(404).has("Links moved: 3000; not moved: 1.");
    assert_eq!([server.links_of(&from), server.links_of(&to)], [3000, 1]);
}

#[test]
fn a_workspace_is_created_and_leads_on_to_its_repository() {
    let server = Server::demo();
    let owner = server.owner();
    let browser = Browser::of(&server, "demo");
    let new = format!("{LIST}/new");
    browser.get(LIST).is(200).has("There is no workspace yet.").has(&format!("href=\"{new}\""));
    let form = browser.get(&new).is(200);
    for (name, words) in [
        ("", "Name must not be empty"),
        ("a b", "Name may only contain"),
        ("<script>", "Name may only contain"),
        (&"x".repeat(256), "Name must"),
    ] {
        browser.submit(&form, &new, &[("name", name)]).is(422).has(words).has_not("<script");
    }
    let linking = browser.submit(&form, &new, &[("name", "network")]).is(200);
    let made = owner.get("/organizations/my-organization/workspaces/network").is(200);
    let linking = linking.at(&format!("{LIST}/{}/link", made.text("/data/id")));
    linking.has("The workspace network was created.").has("No VCS provider with a connection");
    browser
        .submit(&form, &new, &[("name", "network")])
        .is(422)
        .has("Name has already been taken")
        .has("value=\"network\"");
    assert_eq!(owner.get("/organizations/my-organization/workspaces").is(200).list().len(), 1);
}

#[test]
fn who_may_not_create_workspaces_has_no_form_for_it() {
    let server = Server::demo();
    let owner = server.owner();
    server.cli(&["user", "create", "eve", "--email", "eve@example.com"]);
    let team = owner.creates_team("my-organization", "of eve", &[Permission::ReadWorkspaces]);
    owner.invites("my-organization", "eve", &[&team]);
    let eve = Browser::of(&server, "eve");
    let csrf = eve.get(LIST).is(200).has_not("New workspace").csrf();
    let new = format!("{LIST}/new");
    eve.get(&new).is(404);
    eve.post(&new, &[("csrf", &csrf), ("name", "network")]).is(404);
    assert!(owner.get("/organizations/my-organization/workspaces").is(200).list().is_empty());
}

/// A provider that was added by its form has an empty name where none was entered.
#[test]
fn a_link_through_a_provider_without_a_name_says_which_kind_it_is() {
    let server = Server::demo();
    let owner = server.owner();
    let client = owner.tries_client(&sample_with(json!({"name": ""}))).is(201);
    let token = client.text("/data/relationships/oauth-tokens/data/0/id");
    let browser = Browser::of(&server, "demo");
    browser.get(LIST).is(200).has_not("Move links");
    owner.creates_workspace("my-organization", "network", Some(&token));
    browser.get(LIST).is(200).has("through <bdi>GitHub</bdi>").has("Move links");
}
