//! Who sees which access, and which workspaces and projects access makes visible.

use serde_json::{Value, json};

use super::{Scene, creates_workspace_in, to_workspace};
use crate::harness::{Caller, Permission};

fn ids(caller: &Caller, path: &str) -> Vec<String> {
    let list = caller.get(path).is(200).list();
    list.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

const WORKSPACES: &str = "/organizations/my-organization/workspaces";
const PROJECTS: &str = "/organizations/my-organization/projects";

#[test]
fn members_see_the_workspaces_that_their_teams_have_access_to() {
    let scene = Scene::new();
    creates_workspace_in(&scene.owner, &scene.project, "core").is(201);
    let elsewhere = scene.owner.creates_workspace("my-organization", "elsewhere", None);
    assert!(ids(&scene.tina, WORKSPACES).is_empty() && ids(&scene.tina, PROJECTS).is_empty());
    scene.gives_workspace(json!({"access": "read"})).is(201);
    assert_eq!(ids(&scene.tina, WORKSPACES), std::slice::from_ref(&scene.workspace));
    assert!(ids(&scene.tina, PROJECTS).is_empty(), "access to a workspace is none to its project");
    scene.gives_project(json!({"access": "custom"})).is(201);
    let page = scene.tina.get(&format!("{WORKSPACES}?sort=-name&page[size]=1&include=project")).is(200);
    assert_eq!(page.at("/meta/pagination/total-count"), json!(2));
    assert_eq!(page.at("/data/0/id"), json!(scene.workspace));
    assert_eq!(page.at("/included/0/id"), json!(scene.project));
    assert_eq!(ids(&scene.tina, PROJECTS), std::slice::from_ref(&scene.project));
    scene.tina.get(&format!("/workspaces/{elsewhere}")).is(404);
    scene.tina.get(&format!("{WORKSPACES}/elsewhere")).is(404);
    scene.tina.get(&format!("{WORKSPACES}/edge")).is(200);
    // A team's own token sees what its members see.
    let token = format!("/teams/{}/authentication-token", scene.team);
    let token = scene.owner.post(&token, &json!({})).is(201).text("/data/attributes/token");
    assert_eq!(ids(&scene.server.with_token(&token), WORKSPACES).len(), 2);
}

#[test]
fn each_workspace_of_a_list_tells_what_the_caller_may_do_with_it() {
    let scene = Scene::new();
    creates_workspace_in(&scene.owner, &scene.project, "core").is(201);
    scene.gives_workspace(json!({"access": "admin"})).is(201);
    scene.gives_project(json!({"access": "read"})).is(201);
    let may = |path: String| scene.tina.get(&path).is(200).at("/data/attributes/permissions/can-update");
    let list = scene.tina.get(&format!("{WORKSPACES}?sort=name&include=organization")).is(200);
    let permissions: Vec<Value> =
        list.list().iter().map(|item| item["attributes"]["permissions"]["can-update"].clone()).collect();
    assert_eq!(permissions, [json!(false), json!(true)]);
    assert_eq!(may(format!("{WORKSPACES}/core")), json!(false));
    assert_eq!(may(format!("{WORKSPACES}/edge")), json!(true));
    let organization = "/included/0/attributes/permissions/can-create-workspace";
    assert_eq!(list.at(organization), json!(false), "one workspace is not the organization");
}

#[test]
fn projects_are_kept_by_what_the_caller_may_do_there() {
    let scene = Scene::new();
    let second = scene.owner.creates_project("my-organization", "second");
    let custom = json!({"access": "custom", "workspace-access": {"create": true}});
    scene.gives_project(custom).is(201);
    let admin = super::to_project(&scene.team, &second, json!({"access": "admin"}));
    scene.owner.post("/team-projects", &admin).is(201);
    let create = format!("{PROJECTS}?filter[permissions][create-workspace]=true");
    let update = format!("{PROJECTS}?filter[permissions][update]=true");
    assert_eq!(ids(&scene.tina, &create), [scene.project.clone(), second.clone()]);
    assert_eq!(ids(&scene.tina, &update), [second]);
    assert_eq!(ids(&scene.owner, &update).len(), 3);
}

#[test]
fn access_of_other_teams_is_for_who_manages_it() {
    let scene = Scene::new();
    let own = scene.gives_workspace(json!({"access": "read"})).is(201).text("/data/id");
    let gives = |team: &str| {
        let given = to_workspace(team, &scene.workspace, json!({"access": "read"}));
        scene.owner.post("/team-workspaces", &given).is(201).text("/data/id")
    };
    let visible = gives(&scene.owner.creates_visible_team("my-organization", "visible"));
    let secret_team = scene.owner.creates_team("my-organization", "secret", &[]);
    let secret = gives(&secret_team);
    let list = format!("/team-workspaces?filter[workspace][id]={}", scene.workspace);
    assert_eq!(ids(&scene.owner, &list), [own.clone(), visible.clone(), secret.clone()]);
    assert_eq!(ids(&scene.owner, &format!("{list}&filter[team][id]={secret_team}")), std::slice::from_ref(&secret));
    assert_eq!(ids(&scene.owner, &format!("{list}&page[size]=2&page[number]=2")), std::slice::from_ref(&secret));
    assert_eq!(ids(&scene.tina, &list), std::slice::from_ref(&own));
    scene.tina.get(&format!("/team-workspaces/{visible}")).is(404);
    let path = format!("/team-workspaces/{own}");
    scene.owner.patch(&path, &crate::harness::document("team-workspaces", json!({"access": "admin"}))).is(200);
    assert_eq!(ids(&scene.tina, &list), [own, visible.clone()], "a secret team stays secret");
    scene.tina.get(&format!("/team-workspaces/{visible}")).is(200);
    scene.tina.get(&format!("/team-workspaces/{secret}")).is(404);
    scene.tina.delete(&format!("/team-workspaces/{secret}")).is(404);
    let will = scene.server.member("will", &[Permission::ManageWorkspaces]);
    assert_eq!(ids(&will, &list).len(), 1, "the visible team's alone: the others are secret to will");
}
