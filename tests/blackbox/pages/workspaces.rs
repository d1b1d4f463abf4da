//! Workspaces and their repositories.

use serde_json::{Value, json};

use super::Browser;
use crate::harness::Server;

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
