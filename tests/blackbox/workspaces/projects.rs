//! The project of a workspace, and which connections it may use there.

use serde_json::{Value, json};

use super::WORKSPACES;
use crate::harness::{Permission, Server, document};

const PROJECT: &str = "/data/relationships/project/data";

fn within(project: &Value, attributes: Value) -> Value {
    let mut given = document("workspaces", attributes);
    given["data"]["relationships"] = json!({"project": {"data": project}});
    given
}

fn linkage(id: &str) -> Value {
    json!({"type": "projects", "id": id})
}

#[test]
fn a_workspace_is_in_a_project_and_moves() {
    let server = Server::demo();
    let owner = server.owner();
    let (one, two) = (owner.creates_project("my-organization", "one"), owner.creates_project("my-organization", "two"));
    let default = owner.post(WORKSPACES, &within(&Value::Null, json!({"name": "default"}))).is(201);
    let default = default.text(&format!("{PROJECT}/id"));
    assert!(default.starts_with("prj-") && default != one);
    let created = owner.post(WORKSPACES, &within(&linkage(&one), json!({"name": "infra"}))).is(201);
    assert_eq!(created.at(PROJECT), linkage(&one));
    let path = format!("/workspaces/{}", created.text("/data/id"));
    for project in [&two, &two, &default] {
        let moved = owner.patch(&path, &within(&linkage(project), json!({}))).is(200);
        assert_eq!(moved.at(PROJECT), linkage(project));
    }
    let renamed = owner.patch(&path, &document("workspaces", json!({"name": "renamed"}))).is(200);
    assert_eq!(renamed.at(PROJECT), linkage(&default));
}

#[test]
fn a_project_must_be_one_of_the_organizations_own() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = owner.creates_project("other", "theirs");
    let path = format!("/workspaces/{}", owner.creates_workspace("my-organization", "infra", None));
    let before = server.contents();
    for id in [foreign.as_str(), "prj-1111111111111111", "nonexisting", ""] {
        let refused = owner.post(WORKSPACES, &within(&linkage(id), json!({"name": "new"}))).is(422);
        refused.golden("workspaces.create.unknown_project");
        owner.patch(&path, &within(&linkage(id), json!({}))).is(422).golden("workspaces.create.unknown_project");
    }
    let wrong = [json!({"type": "workspaces", "id": "x"}), json!({"type": "projects"}), json!("prj"), json!([])];
    for project in wrong {
        assert_eq!(owner.post(WORKSPACES, &within(&project, json!({"name": "new"}))).refused(422), [PROJECT]);
        assert_eq!(owner.patch(&path, &within(&project, json!({}))).refused(422), [PROJECT], "{project}");
    }
    assert_eq!(owner.patch(&path, &within(&Value::Null, json!({}))).refused(422), [PROJECT]);
    let unlinked = json!({"name": "new", "vcs-repo": {"identifier": "a/b", "oauth-token-id": "ot-1111111111111111"}});
    let pointers = owner.post(WORKSPACES, &within(&linkage(&foreign), unlinked)).refused(422);
    assert_eq!(pointers, [PROJECT, "/data/attributes/vcs-repo/oauth-token-id"]);
    assert_eq!(server.contents(), before);
}

/// Managing all workspaces shows no projects, and is not managing them.
#[test]
fn moving_takes_managing_projects_and_tells_nothing_of_hidden_ones() {
    let server = Server::demo();
    let owner = server.owner();
    let hidden = owner.creates_project("my-organization", "hidden");
    let id = owner.creates_workspace("my-organization", "infra", None);
    let path = format!("/workspaces/{id}");
    let will = server.member("will", &[Permission::ManageWorkspaces]);
    will.get(&format!("/projects/{hidden}")).is(404);
    let before = server.contents();
    let [refused, unknown] = [hidden.as_str(), "prj-1111111111111111"]
        .map(|project| will.patch(&path, &within(&linkage(project), json!({"name": "renamed"}))).is(403).json());
    assert_eq!(refused, unknown);
    assert_eq!(server.contents(), before);
    will.patch(&path, &within(&linkage(&server.default_project()), json!({"name": "renamed"}))).is(200);
    let reader =
        server.member("rita", &[Permission::ManageWorkspaces, Permission::ReadWorkspaces, Permission::ReadProjects]);
    reader.patch(&path, &within(&linkage(&hidden), json!({}))).is(403);
    let moves = server.member("mona", &[Permission::ManageWorkspaces, Permission::ManageProjects]);
    moves.patch(&path, &within(&linkage(&hidden), json!({}))).is(200);
}

#[test]
fn a_connection_that_is_not_organization_scoped_is_for_its_projects() {
    let server = Server::demo();
    let owner = server.owner();
    let (one, two) = (owner.creates_project("my-organization", "one"), owner.creates_project("my-organization", "two"));
    let (client, token) = owner.creates_client("my-organization");
    let (_, for_all) = owner.creates_client("my-organization");
    let sqlite = server.sqlite();
    let narrow = format!("UPDATE oauth_clients SET organization_scoped = 0 WHERE id = '{client}'");
    assert_eq!(sqlite.execute(&narrow, []), Ok(1));
    let attach = format!(
        "INSERT INTO oauth_client_projects SELECT oauth_clients.number, projects.number
         FROM oauth_clients, projects WHERE oauth_clients.id = '{client}' AND projects.id = '{one}'"
    );
    assert_eq!(sqlite.execute(&attach, []), Ok(1));
    let link = |token: &str| json!({"identifier": "acme/infra", "oauth-token-id": token});
    let at_token = ["/data/attributes/vcs-repo/oauth-token-id"];
    let golden = "workspaces.create.token_of_other_projects";

    // On creation, in the default project and in another.
    let new = json!({"name": "new", "vcs-repo": link(&token)});
    owner.post(WORKSPACES, &document("workspaces", new.clone())).is(422).golden(golden);
    assert_eq!(owner.post(WORKSPACES, &within(&linkage(&two), new.clone())).refused(422), at_token);
    let created = owner.post(WORKSPACES, &within(&linkage(&one), new)).is(201);
    let path = format!("/workspaces/{}", created.text("/data/id"));
    let changes = |document: &Value| owner.patch(&path, document);

    // On moving with the link.
    changes(&within(&linkage(&two), json!({}))).is(422).golden(golden);
    assert_eq!(changes(&within(&linkage(&two), json!({"vcs-repo": {"branch": "x"}}))).refused(422), at_token);
    // With another.
    let moved = changes(&within(&linkage(&two), json!({"vcs-repo": link(&for_all)}))).is(200);
    assert_eq!(moved.text("/data/attributes/vcs-repo/oauth-token-id"), for_all);
    // On linking.
    changes(&document("workspaces", json!({"vcs-repo": link(&token)}))).is(422).golden(golden);
    let back = changes(&within(&linkage(&one), json!({"vcs-repo": link(&token)}))).is(200);
    assert_eq!(back.text("/data/attributes/vcs-repo/oauth-token-id"), token);
    let unlinked = changes(&within(&linkage(&two), json!({"vcs-repo": null}))).is(200);
    assert_eq!(unlinked.at("/data/attributes/vcs-repo"), Value::Null);
    changes(&within(&linkage(&one), json!({"vcs-repo": link(&token)}))).is(200);
    // A link that is there stays when its project is detached, and may be said again as the Terraform provider does with
    // every change; what would be a new link may not.
    sqlite.execute("DELETE FROM oauth_client_projects", []).expect("detached");
    let renamed = changes(&document("workspaces", json!({"name": "renamed"}))).is(200);
    assert_eq!(renamed.text("/data/attributes/vcs-repo/oauth-token-id"), token);
    let mut again = link(&token);
    again["branch"] = json!("x");
    let changed = changes(&document("workspaces", json!({"description": "changed", "vcs-repo": again}))).is(200);
    assert_eq!(changed.text("/data/attributes/vcs-repo/branch"), "x");
    let other = json!({"vcs-repo": {"identifier": "acme/other"}});
    assert_eq!(changes(&document("workspaces", other)).refused(422), at_token);
    changes(&within(&linkage(&two), json!({"vcs-repo": again}))).is(422).golden(golden);
}

/// Nothing that is included may lead back to itself through what is included beside it: go-tfe would follow it for ever.
#[test]
fn projects_and_organizations_are_included_without_a_circle() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.creates_workspace("my-organization", "infra", None);
    let default = owner.get(&format!("/workspaces/{id}")).is(200).text(&format!("{PROJECT}/id"));
    let project = owner.get(&format!("/projects/{default}")).is(200).at("/data");
    for path in [format!("/workspaces/{id}"), WORKSPACES.to_owned()] {
        let included = |what: &str| owner.get(&format!("{path}?include={what}")).is(200).at("/included");
        assert_eq!(included("project"), json!([project]), "{path}");
        let both = included("organization,project");
        assert_eq!(both.as_array().map(Vec::len), Some(2), "{path}");
        let of_organization = &both[1]["relationships"];
        assert!(of_organization.get("default-project").is_none() && of_organization.get("oauth-tokens").is_some());
    }
    let reader = server.member("rita", &[crate::harness::Permission::ReadWorkspaces]);
    assert_eq!(reader.get(&format!("/workspaces/{id}?include=project")).is(200).at("/included"), json!([]));
    owner.post(&format!("/workspaces/{id}/actions/lock"), &json!({"reason": "mine"})).is(200);
    let holder = owner.get(&format!("/workspaces/{id}?include=locked_by")).is(200);
    assert_eq!(holder.at("/included/0/id"), holder.at("/data/relationships/locked-by/data/id"));
}

#[test]
fn a_workspace_destroys_itself_as_its_project_has_it_unless_it_says_otherwise() {
    let server = Server::demo();
    let owner = server.owner();
    let project = owner.creates_project("my-organization", "short-lived");
    let set = |duration: Value| {
        let change = document("projects", json!({"auto-destroy-activity-duration": duration}));
        owner.patch(&format!("/projects/{project}"), &change).is(200);
    };
    set(json!("3d"));
    let created = owner.post(WORKSPACES, &within(&linkage(&project), json!({"name": "infra"}))).is(201);
    let path = format!("/workspaces/{}", created.text("/data/id"));
    let duration = "/data/attributes/auto-destroy-activity-duration";
    assert_eq!(created.at(duration), json!("3d"));
    owner.patch(&path, &document("workspaces", json!({"auto-destroy-activity-duration": "2h"}))).is(200);
    assert_eq!(owner.get(&path).at(duration), json!("2h"));
    owner.patch(&path, &document("workspaces", json!({"auto-destroy-activity-duration": null}))).is(200);
    set(json!(null));
    assert_eq!(owner.get(&path).at(duration), Value::Null);
}
