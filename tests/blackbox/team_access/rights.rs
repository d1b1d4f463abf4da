//! What the levels and custom permissions let a team do, and what they do not.

use serde_json::{Value, json};

use super::{Scene, creates_workspace_in, to_project, to_workspace};
use crate::harness::{Caller, Permission, document, linkage};

/// What the caller gets for changing, locking and unlocking, tagging, and deleting the workspace.
fn tries(caller: &Caller, workspace: &str) -> [u16; 5] {
    let path = format!("/workspaces/{workspace}");
    let tag = json!({"data": [{"type": "tags", "attributes": {"name": "x"}}]});
    [
        caller.get(&path).status,
        caller.patch(&path, &document("workspaces", json!({"description": "x"}))).status,
        caller.post(&format!("{path}/actions/lock"), &json!({})).status,
        caller.post(&format!("{path}/actions/unlock"), &json!({})).status,
        caller.post(&format!("{path}/relationships/tags"), &tag).status,
    ]
}

#[test]
fn each_level_of_a_workspace_gives_its_own_and_no_more() {
    let scene = Scene::new();
    assert_eq!(tries(&scene.tina, &scene.workspace), [404; 5]);
    let path =
        format!("/team-workspaces/{}", scene.gives_workspace(json!({"access": "read"})).is(201).text("/data/id"));
    for (attributes, expected) in [
        (json!({"access": "read"}), [200, 404, 404, 404, 404]),
        (json!({"access": "plan"}), [200, 404, 404, 404, 404]),
        (json!({"access": "write"}), [200, 404, 200, 200, 404]),
        (json!({"access": "admin"}), [200, 200, 200, 200, 204]),
        (json!({"access": "custom", "workspace-locking": false}), [200, 404, 404, 404, 404]),
        (json!({"access": "custom", "workspace-locking": true}), [200, 404, 200, 200, 404]),
    ] {
        scene.owner.patch(&path, &document("team-workspaces", attributes.clone())).is(200);
        assert_eq!(tries(&scene.tina, &scene.workspace), expected, "{attributes}");
    }
    // What is taken away is gone with the next request.
    scene.owner.delete(&path).is_done();
    assert_eq!(tries(&scene.tina, &scene.workspace), [404; 5]);
}

#[test]
fn each_level_of_a_project_counts_for_its_workspaces() {
    let scene = Scene::new();
    let elsewhere = scene.owner.creates_workspace("my-organization", "elsewhere", None);
    let made = scene.gives_project(json!({"access": "read"})).is(201);
    let path = format!("/team-projects/{}", made.text("/data/id"));
    let project = format!("/projects/{}", scene.project);
    for (n, (access, workspaces, creates, updates)) in [
        ("read", [200, 404, 404, 404, 404], 404, 404),
        ("write", [200, 404, 200, 200, 404], 404, 404),
        ("maintain", [200, 200, 200, 200, 204], 201, 404),
        ("admin", [200, 200, 200, 200, 204], 201, 200),
    ]
    .into_iter()
    .enumerate()
    {
        scene.owner.patch(&path, &document("team-projects", json!({"access": access}))).is(200);
        assert_eq!(tries(&scene.tina, &scene.workspace), workspaces, "{access}");
        assert_eq!(tries(&scene.tina, &elsewhere), [404; 5], "{access}");
        let new = creates_workspace_in(&scene.tina, &scene.project, &format!("new-{n}"));
        assert_eq!(new.status, creates, "{access}");
        let change = scene.tina.patch(&project, &document("projects", json!({"description": access})));
        assert_eq!(change.status, updates, "{access}");
        scene.tina.get(&project).is(200);
    }
    // Not in another project, nor in the default one.
    creates_workspace_in(&scene.tina, &scene.server.default_project(), "other").is(404);
    let new = document("workspaces", json!({"name": "other"}));
    scene.tina.post("/organizations/my-organization/workspaces", &new).is(404);
    scene.tina.delete(&project).is(409);
}

#[test]
fn custom_permissions_of_a_project() {
    let scene = Scene::new();
    let attributes = json!({"access": "custom", "project-access": {"settings": "update"},
                            "workspace-access": {"create": true, "delete": true}});
    scene.gives_project(attributes).is(201);
    let project = format!("/projects/{}", scene.project);
    scene.tina.patch(&project, &document("projects", json!({"description": "x"}))).is(200);
    scene.tina.delete(&project).is(404);
    let made = creates_workspace_in(&scene.tina, &scene.project, "made").is(201);
    assert_eq!(made.at("/data/attributes/permissions/can-destroy"), json!(true));
    assert_eq!(made.at("/data/attributes/permissions/can-update"), json!(false));
    let made = format!("/workspaces/{}", made.text("/data/id"));
    scene.tina.patch(&made, &document("workspaces", json!({"description": "x"}))).is(404);
    scene.tina.delete(&made).is(403);
    scene.tina.post(&format!("{made}/actions/safe-delete"), &json!({})).is_done();
}

#[test]
fn who_reads_a_projects_sets_alone_reads_no_variables_of_the_organizations() {
    let scene = Scene::new();
    let sets = "/organizations/my-organization/varsets";
    for (name, parent) in [("everywhere", Value::Null), ("own", json!({"type": "projects", "id": scene.project}))] {
        let mut given = document("varsets", json!({"name": name, "global": parent.is_null()}));
        let variable = json!({"type": "vars", "attributes": {"key": name, "value": "x", "category": "env"}});
        given["data"]["relationships"] = json!({"parent": {"data": parent}, "vars": {"data": [variable]}});
        scene.owner.post(sets, &given).is(201);
    }
    let access = |variables: &str| {
        json!({"access": "custom", "project-access": {"variable-sets": "read"},
               "workspace-access": {"variables": variables}})
    };
    let record = format!("/team-projects/{}", scene.gives_project(access("none")).is(201).text("/data/id"));
    for (variables, expected) in [("none", json!(["own"])), ("read", json!(["own", "everywhere"]))] {
        scene.owner.patch(&record, &document("team-projects", access(variables))).is(200);
        let listed = scene.tina.get(&format!("/projects/{}/varsets?include=vars", scene.project)).is(200);
        assert_eq!(listed.each("name"), ["everywhere", "own"]);
        let included = listed.at("/included");
        let keys: Vec<&Value> = included.as_array().unwrap().iter().map(|it| &it["attributes"]["key"]).collect();
        assert_eq!(json!(keys), expected, "{variables}");
        let own = listed.at("/data/1/id");
        let own = format!("/varsets/{}", own.as_str().unwrap());
        scene.tina.get(&format!("{own}/relationships/vars")).is(200);
        scene.tina.delete(&own).is(404);
    }
}

#[test]
fn access_is_granted_by_who_manages_it_and_no_further() {
    let scene = Scene::new();
    let other = scene.owner.creates_visible_team("my-organization", "other");
    let gives_workspace = |access: &str| {
        scene.tina.post("/team-workspaces", &to_workspace(&other, &scene.workspace, json!({"access": access}))).status
    };
    let gives_project = |access: &str| {
        scene.tina.post("/team-projects", &to_project(&other, &scene.project, json!({"access": access}))).status
    };
    let path = format!("/team-projects/{}", scene.gives_project(json!({"access": "write"})).is(201).text("/data/id"));
    let own = |access: Value| scene.tina.patch(&path, &document("team-projects", access));
    assert_eq!((gives_workspace("read"), gives_project("read")), (404, 404));
    own(json!({"access": "admin"})).is(404);
    scene.owner.patch(&path, &document("team-projects", json!({"access": "maintain"}))).is(200);
    assert_eq!((gives_workspace("read"), gives_project("read")), (201, 404));
    own(json!({"access": "admin"})).is(404);
    scene.owner.patch(&path, &document("team-projects", json!({"access": "admin"}))).is(200);
    assert_eq!((gives_workspace("read"), gives_project("read")), (422, 201));
    scene.tina.delete(&path).is_done();
    scene.tina.get(&path).is(404);
}

#[test]
fn workspaces_are_moved_by_who_may_move_them_out_of_one_project_and_into_the_other() {
    let scene = Scene::new();
    let second = scene.owner.creates_project("my-organization", "second");
    let elsewhere = scene.owner.creates_workspace("my-organization", "elsewhere", None);
    let moves = |workspace: &str, project: &str| {
        let path = format!("/projects/{project}/relationships/workspaces");
        scene.tina.post(&path, &linkage("workspaces", &[workspace])).status
    };
    let patches = |project: &str| {
        let mut change = document("workspaces", json!({}));
        change["data"]["relationships"] = json!({"project": {"data": {"type": "projects", "id": project}}});
        scene.tina.patch(&format!("/workspaces/{}", scene.workspace), &change).status
    };
    let gives = |project: &str| {
        let given = to_project(&scene.team, project, json!({"access": "maintain"}));
        format!("/team-projects/{}", scene.owner.post("/team-projects", &given).is(201).text("/data/id"))
    };
    let (from, to) = (gives(&scene.project), gives(&second));
    let admin = document("team-projects", json!({"access": "admin"}));
    assert_eq!((moves(&scene.workspace, &second), patches(&second)), (403, 403));
    scene.owner.patch(&to, &admin).is(200);
    assert_eq!((moves(&scene.workspace, &second), patches(&second)), (403, 403));
    scene.owner.patch(&from, &admin).is(200);
    assert_eq!(moves(&elsewhere, &second), 404, "what is not seen is not there");
    assert_eq!((moves(&scene.workspace, &second), patches(&scene.project)), (204, 200));
    assert_eq!(patches(&scene.server.default_project()), 403);
}

#[test]
fn who_administers_a_workspace_may_pick_a_connection() {
    let scene = Scene::new();
    let (client, token) = scene.owner.creates_client("my-organization");
    let clients = "/organizations/my-organization/oauth-clients";
    scene.tina.get(clients).is(404);
    scene.gives_workspace(json!({"access": "admin"})).is(201);
    scene.tina.get(clients).is(200);
    let one = scene.tina.get(&format!("/oauth-clients/{client}?show_affected_workspaces=true")).is(200);
    assert_eq!(one.at("/data/attributes/affected-workspaces"), json!([]));
    scene.tina.patch(&format!("/oauth-clients/{client}"), &document("oauth-clients", json!({"name": "x"}))).is(404);
    let link = json!({"vcs-repo": {"identifier": "acme/infra", "oauth-token-id": token}});
    scene.tina.patch(&format!("/workspaces/{}", scene.workspace), &document("workspaces", link)).is(200);
}

#[test]
fn a_connection_names_the_workspaces_and_projects_that_the_caller_sees() {
    let scene = Scene::new();
    let (client, token) = scene.owner.creates_client("my-organization");
    let link = json!({"vcs-repo": {"identifier": "acme/infra", "oauth-token-id": token}});
    scene.owner.patch(&format!("/workspaces/{}", scene.workspace), &document("workspaces", link)).is(200);
    scene.owner.creates_workspace("my-organization", "unseen", Some(&token));
    let hidden = scene.owner.creates_project("my-organization", "hidden");
    let projects = json!({"data": [{"type": "projects", "id": scene.project}, {"type": "projects", "id": hidden}]});
    scene.owner.post(&format!("/oauth-clients/{client}/relationships/projects"), &projects).is_done();
    scene.gives_workspace(json!({"access": "admin"})).is(201);
    let asked = format!("/oauth-clients/{client}?show_affected_workspaces=true&include=projects");
    let shown = || {
        let shown = scene.tina.get(&asked).is(200);
        let [names, count] = ["affected-workspaces", "affected-workspaces-count"]
            .map(|name| shown.at(&format!("/data/attributes/{name}")));
        (names, count, shown.at("/included"))
    };
    assert_eq!(shown(), (json!(["edge"]), json!(2), json!([])));
    scene.gives_project(json!({"access": "read"})).is(201);
    let (_, _, included) = shown();
    assert_eq!(included.as_array().unwrap().iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&json!(scene.project)]);
}

/// As pages have it: they offer a workspace the connections of its project.
#[test]
fn repositories_of_a_client_of_selected_projects_are_shown_there_alone() {
    let scene = Scene::new();
    let (client, token) = scene.owner.creates_client("my-organization");
    let paths = [
        format!("/oauth-tokens/{token}/authorized-repos"),
        format!("/oauth-tokens/{token}/vcs-organizations"),
        format!("/organizations/my-organization/vcs/repo?oauth_token_id={token}&identifier=acme/infra"),
        format!("/organizations/my-organization/vcs/tree?oauth_token_id={token}&identifier=acme/infra"),
    ];
    let looks = |caller: &Caller| paths.each_ref().map(|path| caller.get(path).status);
    let record = scene.gives_workspace(json!({"access": "admin"})).is(201).text("/data/id");
    assert_eq!(looks(&scene.tina), [200; 4]);
    let scoped = document("oauth-clients", json!({"organization-scoped": false}));
    scene.owner.patch(&format!("/oauth-clients/{client}"), &scoped).is(200);
    assert_eq!(looks(&scene.tina), [404; 4]);
    let unknown = scene.tina.get("/oauth-tokens/ot-1111111111111111/authorized-repos").is(404);
    assert_eq!(scene.tina.get(&paths[0]).json(), unknown.json());
    scene.tina.get(&format!("/oauth-tokens/{token}")).is(200);
    let will = scene.server.member("will", &[Permission::ManageWorkspaces]);
    assert_eq!(looks(&will), [200; 4], "by a permission in the organization");
    let attach = json!({"data": [{"type": "projects", "id": scene.project}]});
    scene.owner.post(&format!("/oauth-clients/{client}/relationships/projects"), &attach).is_done();
    assert_eq!(looks(&scene.tina), [200; 4]);
    // Who administers something elsewhere, and may only write here, does not choose repositories here.
    let write = document("team-workspaces", json!({"access": "write"}));
    scene.owner.patch(&format!("/team-workspaces/{record}"), &write).is(200);
    let elsewhere = scene.owner.creates_project("my-organization", "elsewhere");
    scene.owner.post("/team-projects", &to_project(&scene.team, &elsewhere, json!({"access": "admin"}))).is(201);
    assert_eq!(looks(&scene.tina), [404; 4]);
    scene.gives_project(json!({"access": "maintain"})).is(201);
    assert_eq!(looks(&scene.tina), [200; 4]);
}
