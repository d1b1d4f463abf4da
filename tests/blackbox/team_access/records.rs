//! Team access as it is written down.

use serde_json::{Value, json};

use super::{Scene, to_project, to_workspace};
use crate::harness::document;
use crate::plain::at_once::neither_undoes_the_other;

#[test]
fn access_to_a_workspace_is_created_shown_changed_and_deleted() {
    let scene = Scene::new();
    let made = scene.gives_workspace(json!({"access": "write"})).is(201).golden("team_workspaces.create.write");
    let path = format!("/team-workspaces/{}", made.text("/data/id"));
    assert_eq!(scene.owner.get(&path).is(200).at("/data"), made.at("/data"));
    let changes = |attributes: Value| scene.owner.patch(&path, &document("team-workspaces", attributes));
    let custom = changes(json!({"access": "custom", "variables": "read"})).is(200);
    custom.golden("team_workspaces.update.custom");
    let locking = changes(json!({"workspace-locking": false, "policy-overrides": true})).is(200);
    assert_eq!(locking.text("/data/attributes/runs"), "apply", "what was in force stays");
    assert_eq!(locking.at("/data/attributes/policy-overrides"), json!(true));
    let read = changes(json!({"access": "read"})).is(200);
    assert_eq!(read.at("/data/attributes/policy-overrides"), json!(false));
    scene.owner.delete(&path).is_done();
    scene.owner.get(&path).is(404);
    scene.owner.delete(&path).is(404);
}

#[test]
fn access_to_a_project_is_created_shown_changed_and_deleted() {
    let scene = Scene::new();
    // As the Terraform provider sends it.
    let empty = json!({"access": "maintain", "project-access": {}, "workspace-access": {}});
    let made = scene.gives_project(empty).is(201).golden("team_projects.create.maintain");
    let path = format!("/team-projects/{}", made.text("/data/id"));
    let changes = |attributes: Value| scene.owner.patch(&path, &document("team-projects", attributes));
    changes(json!({"access": "custom", "project-access": {"teams": "manage"}, "workspace-access": {}})).is(200);
    let custom = changes(json!({"workspace-access": {"move": true}})).is(200).golden("team_projects.update.custom");
    assert_eq!(scene.owner.get(&path).at("/data"), custom.at("/data"));
    let project = scene.owner.get(&format!("/projects/{}", scene.project));
    assert_eq!(project.at("/data/attributes/team-count"), json!(1));
    scene.owner.delete(&path).is_done();
    scene.owner.get(&path).is(404);
}

#[test]
fn a_level_other_than_custom_has_no_permissions_of_its_own() {
    let scene = Scene::new();
    scene.gives_workspace(json!({"access": "read", "runs": "apply"})).is(422).golden("team_workspaces.read_only");
    let fixed = json!({"access": "admin", "project-access": {"settings": "read"}, "workspace-access": {"move": false}});
    let pointers = ["/data/attributes/project-access/settings", "/data/attributes/workspace-access/move"];
    assert_eq!(scene.gives_project(fixed).refused(422), pointers);
    let path =
        format!("/team-workspaces/{}", scene.gives_workspace(json!({"access": "plan"})).is(201).text("/data/id"));
    let change = document("team-workspaces", json!({"workspace-locking": true}));
    assert_eq!(scene.owner.patch(&path, &change).refused(422), ["/data/attributes/workspace-locking"]);
}

#[test]
fn what_is_wrong_with_a_document_is_told() {
    let scene = Scene::new();
    for (attributes, pointer) in [
        (json!({}), "/data/attributes/access"),
        (json!({"access": null}), "/data/attributes/access"),
        (json!({"access": "owner"}), "/data/attributes/access"),
        (json!({"access": 7}), "/data/attributes/access"),
        (json!({"access": "custom", "runs": "none"}), "/data/attributes/runs"),
        (json!({"access": "custom", "run-tasks": "yes"}), "/data/attributes/run-tasks"),
    ] {
        assert_eq!(scene.gives_workspace(attributes.clone()).refused(422), [pointer], "{attributes}");
    }
    let wrong = json!({"access": "custom", "project-access": {"teams": "all"}, "workspace-access": []});
    let pointers = ["/data/attributes/workspace-access", "/data/attributes/project-access/teams"];
    assert_eq!(scene.gives_project(wrong).refused(422), pointers);
    let mut without = to_workspace(&scene.team, &scene.workspace, json!({"access": "read"}));
    without["data"]["relationships"] = json!({"team": {"data": null}});
    let pointers = ["/data/relationships/workspace", "/data/relationships/team"];
    assert_eq!(scene.owner.post("/team-workspaces", &without).refused(422), pointers);
    assert_eq!(scene.owner.get("/team-workspaces").refused(400), ["filter[workspace][id]"]);
    assert_eq!(scene.owner.get("/team-projects?filter[project][id]=").refused(400), ["filter[project][id]"]);
}

#[test]
fn a_team_has_access_once() {
    let scene = Scene::new();
    scene.gives_workspace(json!({"access": "read"})).is(201);
    scene.gives_workspace(json!({"access": "admin"})).is(422).golden("team_workspaces.create.twice");
    scene.gives_project(json!({"access": "read"})).is(201);
    assert_eq!(scene.gives_project(json!({"access": "read"})).refused(422), ["/data/attributes/team"]);
}

#[test]
fn what_access_is_of_and_to_stays() {
    let scene = Scene::new();
    let other = scene.owner.creates_visible_team("my-organization", "others");
    let (workspace, project) = (
        scene.owner.creates_workspace("my-organization", "other", None),
        scene.owner.creates_project("my-organization", "other"),
    );
    let (of_workspace, of_project) =
        [scene.gives_workspace(json!({"access": "read"})), scene.gives_project(json!({"access": "read"}))]
            .map(|made| made.is(201))
            .into();
    for (made, name, kind, id) in [
        (&of_workspace, "team", "teams", &other),
        (&of_workspace, "workspace", "workspaces", &workspace),
        (&of_project, "team", "teams", &other),
        (&of_project, "project", "projects", &project),
    ] {
        let kind_of_access = made.text("/data/type");
        let path = format!("/{kind_of_access}/{}", made.text("/data/id"));
        let mut given = document(&kind_of_access, json!({"access": "read"}));
        given["data"]["relationships"] = made.at("/data/relationships");
        scene.owner.patch(&path, &given).is(200);
        given["data"]["relationships"] = json!({name: {"data": {"type": kind, "id": id}}});
        let refused = scene.owner.patch(&path, &given).refused(422);
        assert_eq!(refused, [format!("/data/relationships/{name}/data")], "{kind_of_access}");
    }
}

#[test]
fn foreign_teams_workspaces_and_projects_are_not_found() {
    let scene = Scene::new();
    let eve = scene.server.outsider("eve");
    eve.creates_organization("foreign");
    let foreign_team = eve.creates_visible_team("foreign", "theirs");
    let (foreign_workspace, foreign_project) =
        (eve.creates_workspace("foreign", "theirs", None), eve.creates_project("foreign", "theirs"));
    let read = || json!({"access": "read"});
    for (team, workspace) in [
        (foreign_team.as_str(), scene.workspace.as_str()),
        (scene.team.as_str(), foreign_workspace.as_str()),
        ("team-1111111111111111", scene.workspace.as_str()),
        (scene.team.as_str(), "ws-1111111111111111"),
        ("nonsense", "nonsense"),
    ] {
        scene.owner.post("/team-workspaces", &to_workspace(team, workspace, read())).is(404);
    }
    scene.owner.post("/team-projects", &to_project(&scene.team, &foreign_project, read())).is(404);
    scene.owner.post("/team-projects", &to_project(&foreign_team, &scene.project, read())).is(404);
    let id = scene.gives_workspace(read()).is(201).text("/data/id");
    eve.get(&format!("/team-workspaces/{id}")).is(404);
    eve.delete(&format!("/team-workspaces/{id}")).is(404);
    eve.get(&format!("/team-workspaces?filter[workspace][id]={}", scene.workspace)).is(404);
    // The one kind is not found on the other's path.
    scene.owner.get(&format!("/team-projects/{id}")).is(404);
}

#[test]
fn access_goes_with_what_it_is_of_and_to_and_is_on_record() {
    let scene = Scene::new();
    let count = || {
        let sql = "SELECT count(*) FROM team_access";
        scene.server.sqlite().query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count")
    };
    scene.gives_workspace(json!({"access": "read"})).is(201);
    let path = format!("/team-projects/{}", scene.gives_project(json!({"access": "read"})).is(201).text("/data/id"));
    scene.owner.patch(&path, &document("team-projects", json!({"access": "write"}))).is(200);
    assert_eq!(count(), 2);
    scene.owner.delete(&format!("/workspaces/{}", scene.workspace)).is_done();
    assert_eq!(count(), 1);
    scene.owner.delete(&format!("/teams/{}", scene.team)).is_done();
    assert_eq!(count(), 0);
    let sql = "SELECT group_concat(resource_type || ' ' || action, ', ') FROM
               (SELECT * FROM audit_events WHERE resource_type LIKE 'team\\__%' ESCAPE '\\' ORDER BY number)";
    let events: String = scene.server.sqlite().query_row(sql, [], |row| row.get(0)).expect("events");
    assert_eq!(events, "team_workspace create, team_project create, team_project update");
}

#[test]
fn changes_at_the_same_time_are_all_made() {
    let scene = Scene::new();
    let custom = json!({"access": "custom", "runs": "read", "variables": "none"});
    let path = format!("/team-workspaces/{}", scene.gives_workspace(custom).is(201).text("/data/id"));
    let value = |round: usize| json!(round.is_multiple_of(2));
    neither_undoes_the_other(&scene.owner, &path, "team-workspaces", value, ["workspace-locking", "run-tasks"]);
}
