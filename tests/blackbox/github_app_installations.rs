//! GitHub App installations: recorded at the command line, read by clients, used in links.

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, bowline_in, document};

fn recorded(server: &Server, organization: &str, account: &str, number: &str) -> String {
    server.cli(&["github-app-installation", "create", organization, account, "--installation-id", number])
}

fn links(caller: &Caller, workspace: &str, repo: &Value) -> Answer {
    caller.patch(&format!("/workspaces/{workspace}"), &document("workspaces", json!({"vcs-repo": repo})))
}

#[test]
fn an_installation_is_recorded_listed_and_shown() {
    let server = Server::demo();
    let owner = server.owner();
    let id = recorded(&server, "my-organization", "acme", "12345");
    owner.get(&format!("/github-app/installation/{id}")).is(200).golden("github_app_installations.show");
    recorded(&server, "my-organization", "ada", "7");
    for list in ["/github-app/installations", "/github-app-installations"] {
        assert_eq!(owner.get(list).is(200).each("name"), [json!("acme"), json!("ada")], "{list}");
    }
    let found = |query: &str| owner.get(&format!("/github-app/installations?{query}")).is(200).each("installation-id");
    assert_eq!(found("filter[name]=ACME"), [json!(12345)]);
    assert_eq!(found("filter[installation_id]=7"), [json!(7)]);
    assert_eq!(found("filter[installation_id]=x"), Vec::<serde_json::Value>::new());
    assert_eq!(found("page[size]=1&page[number]=2"), [json!(7)]);
    let list = server.cli(&["github-app-installation", "list", "--organization", "my-organization"]);
    assert!(list.contains(&id) && list.contains("12345"), "{list}");
    // One of another organization is in no list of this one, and in none of those who are not in it.
    owner.creates_organization("other");
    let foreign = recorded(&server, "other", "acme", "12345");
    let of_organization = owner.get("/organizations/my-organization/github-app-installations").is(200);
    assert_eq!(of_organization.each("name").len(), 2);
    assert_eq!(owner.get("/github-app/installations").is(200).list().len(), 3);
    let reader = server.organization_token();
    assert_eq!(reader.get("/github-app/installations").is(200).list().len(), 2);
    reader.get(&format!("/github-app/installation/{foreign}")).is(404);
    assert_eq!(server.member("mia", &[]).get("/github-app/installations").is(200).list().len(), 0);
}

#[test]
fn a_workspace_is_linked_through_an_installation_by_people_alone() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let workspace = owner.creates_workspace("my-organization", "infra", Some(&token));
    let id = recorded(&server, "my-organization", "acme", "12345");
    owner.creates_organization("other");
    let foreign = recorded(&server, "other", "acme", "12345");
    // As the Terraform provider sends it.
    let repo =
        json!({"identifier": "acme/infra", "oauth-token-id": "", "github-app-installation-id": id, "branch": ""});
    let at = ["/data/attributes/vcs-repo/github-app-installation-id"];
    for caller in [server.organization_token(), server.owners_team()] {
        assert_eq!(links(&caller, &workspace, &repo).refused(422), at);
    }
    for wrong in [foreign.as_str(), "ghain-1111111111111111", "nonsense"] {
        let mut repo = repo.clone();
        repo["github-app-installation-id"] = json!(wrong);
        assert_eq!(links(&owner, &workspace, &repo).refused(422), at);
    }
    let mut both = repo.clone();
    both["oauth-token-id"] = json!(token);
    assert_eq!(links(&owner, &workspace, &both).refused(422), at);

    let linked = links(&owner, &workspace, &repo).is(200).at("/data/attributes/vcs-repo");
    assert_eq!(linked["github-app-installation-id"], json!(id));
    assert_eq!((&linked["oauth-token-id"], &linked["service-provider"]), (&Value::Null, &json!("github_app")));
    // Everything that was answered can be sent back; another setting does not need the installation again.
    let again = links(&owner, &workspace, &linked).is(200).at("/data/attributes/vcs-repo");
    assert_eq!(again, linked);
    let branch = links(&server.organization_token(), &workspace, &json!({"branch": "main"})).is(200);
    assert_eq!(branch.at("/data/attributes/vcs-repo/branch"), json!("main"));
    let back = links(&owner, &workspace, &json!({"identifier": "acme/infra", "oauth-token-id": token})).is(200);
    assert_eq!(back.at("/data/attributes/vcs-repo/github-app-installation-id"), Value::Null);
}

#[test]
fn deleting_an_installation_unlinks_what_uses_it() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let id = recorded(&server, "my-organization", "acme", "12345");
    links(&owner, &workspace, &json!({"identifier": "acme/infra", "github-app-installation-id": id})).is(200);
    let skip = server.trail(0).len();
    server.cli(&["github-app-installation", "delete", &id, "--yes"]);
    let left = owner.get(&format!("/workspaces/{workspace}")).is(200);
    assert_eq!(left.at("/data/attributes/vcs-repo"), Value::Null);
    owner.get(&format!("/github-app/installation/{id}")).is(404);
    let events = server.trail(skip);
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].starts_with(&format!("unlink workspace {workspace} in ")), "{events:?}");
    assert!(events[1].starts_with(&format!("destroy github_app_installation {id} in ")), "{events:?}");
}

#[test]
fn what_cannot_be_an_installation_is_refused_at_the_command_line() {
    let server = Server::demo();
    recorded(&server, "my-organization", "acme", "12345");
    let before = server.contents();
    for (arguments, said) in [
        (["create", "none", "acme", "--installation-id", "1"].as_slice(), "There is no organization named none;"),
        (&["create", "my-organization", "a/b", "--installation-id", "1"], "The account must be"),
        (&["create", "my-organization", "acme", "--installation-id", "0"], "The installation id must be"),
        (&["create", "my-organization", "acme", "--installation-id", "x"], "invalid value 'x'"),
        (&["create", "my-organization", "bea", "--installation-id", "12345"], "my-organization has the installation"),
        (&["delete", "ghain-1111111111111111", "--yes"], "There is no GitHub App installation ghain-1111111111111111;"),
    ] {
        let output = bowline_in(&server.data_dir, &[&["github-app-installation"], arguments].concat());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && stderr.contains(said), "{arguments:?}: {stderr}");
    }
    assert_eq!(server.contents(), before);
}
