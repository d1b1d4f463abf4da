//! Repositories, organizations and directories, in the shapes of the service.

use serde_json::json;

use super::*;
use crate::harness::Permission;

fn gitlab(seen: &Seen) -> Said {
    match seen.path.as_str() {
        "/api/v4/projects" if !seen.query.contains("page=2") => Said::With("X-Next-Page: 2", format!("[{PROJECT}]")),
        "/api/v4/projects" => Said::json("[]"),
        "/api/v4/groups/acme%2Fnet/projects" => Said::json(format!("[{PROJECT}]")),
        "/api/v4/groups" => Said::json(json!([{"full_path": "acme"}, {"full_path": "acme/net"}])),
        "/api/v4/projects/acme%2Finfra" => Said::json(PROJECT),
        "/api/v4/projects/acme%2Finfra/repository/tree" if !seen.query.contains("ref=gone") => {
            Said::json(json!([{"path": "modules", "type": "tree"}, {"path": "main.tf", "type": "blob"},
                              {"path": "modules/vpc", "type": "tree"}]))
        }
        _ => Said::Json(404, json!({"message": "404 Not found"}).to_string()),
    }
}

#[test]
fn repositories_come_by_the_page() {
    let scene = Scene::new(gitlab);
    let path = format!("/oauth-tokens/{}/authorized-repos", scene.token);
    let first = scene.owner.get(&format!("{path}?page[size]=1")).is(200).golden("vcs.authorized_repos");
    assert_eq!(first.text("/data/0/relationships/oauth-token/data/id"), scene.token);
    assert_eq!(first.at("/meta/next-page"), json!(2));
    let last = scene.owner.get(&format!("{path}?page[size]=1&page[number]=2")).is(200);
    assert_eq!((last.list().len(), last.at("/meta/next-page")), (0, json!(null)));
    let of_group = scene.owner.get(&format!("{path}?organization=acme/net")).is(200);
    assert_eq!(of_group.each("display-identifier"), [json!("acme/infra")]);
    for seen in scene.imitation.seen() {
        assert_eq!(seen.token, TOKEN, "{seen:?}");
    }
    let asked = scene.imitation.seen().len();
    assert_eq!(scene.owner.get(&format!("{path}?page[size]=101")).refused(422), ["page[size]"]);
    assert_eq!(scene.owner.get(&format!("{path}?page[number]=-1")).refused(400), ["page[number]"]);
    assert_eq!(scene.imitation.seen().len(), asked, "a wrong page is refused before the provider is asked");
}

#[test]
fn organizations_directories_and_one_repository() {
    let scene = Scene::new(gitlab);
    let organizations = scene.owner.get(&format!("/oauth-tokens/{}/vcs-organizations", scene.token)).is(200);
    assert_eq!(organizations.golden("vcs.organizations").each("name"), [json!("acme"), json!("acme/net")]);
    let ask = |what: &str| {
        scene.owner.get(&format!("/organizations/my-organization/vcs/{what}&oauth_token_id={}", scene.token))
    };
    let there = ask("repo?identifier=acme/infra").is(200).golden("vcs.repo");
    assert_eq!(there.at("/data/attributes/exists"), json!(true));
    for identifier in ["acme/other", "acme", "../x", &"x/".repeat(200), "a%00/b"] {
        let absent = ask(&format!("repo?identifier={identifier}")).is(200);
        assert_eq!(absent.at("/data/attributes/exists"), json!(false), "{identifier}");
        ask(&format!("tree?identifier={identifier}")).refused(404);
    }
    let tree = ask("tree?identifier=acme/infra&branch=main").is(200).golden("vcs.tree");
    assert_eq!(tree.each("id"), [json!("modules"), json!("modules/vpc")]);
    assert_eq!(ask("tree?identifier=acme/infra&githubAppInstallationId=").is(200).json(), tree.json());
    ask("tree?identifier=acme/infra&branch=gone").refused(404);
    assert_eq!(ask(&format!("tree?identifier=acme/infra&branch={}", "x".repeat(256))).refused(400), ["branch"]);
    assert_eq!(ask("repo?").refused(400), ["identifier"]);
}

#[test]
fn a_token_is_asked_for_by_those_who_may_and_of_its_own_organization() {
    let scene = Scene::new(gitlab);
    let (server, token) = (&scene.server, &scene.token);
    scene.owner.creates_organization("second");
    let (_, foreign) = creates_client(&scene.owner, "second", &scene.imitation.origin());
    let repo = |organization: &str, token: &str| {
        format!("/organizations/{organization}/vcs/repo?identifier=acme/infra&oauth_token_id={token}")
    };
    scene.owner.get(&repo("my-organization", token)).is(200);
    for (organization, token) in [
        ("my-organization", foreign.as_str()),
        ("second", token),
        ("my-organization", "ot-1111111111111111"),
        ("my-organization", "nonexisting"),
        ("nonexisting", token),
    ] {
        scene.owner.get(&repo(organization, token)).refused(404);
    }
    let missing = scene.owner.get("/organizations/my-organization/vcs/repo?identifier=acme/infra");
    assert_eq!(missing.refused(400), ["oauth_token_id"]);
    let asked = scene.imitation.seen().len();
    let member = |name: &str, permission: Permission| {
        let caller = server.outsider(name);
        let team = scene.owner.creates_team("my-organization", name, &[permission]);
        scene.owner.invites("my-organization", name, &[&team]);
        caller
    };
    for (name, permission) in [("mia", Permission::ReadWorkspaces), ("ben", Permission::ManageMembership)] {
        let member = member(name, permission);
        member.get(&repo("my-organization", token)).refused(404);
        member.get(&format!("/oauth-tokens/{token}/authorized-repos")).refused(404);
    }
    server.outsider("eve").get(&format!("/oauth-tokens/{token}/vcs-organizations")).refused(404);
    server.anonymous().get(&format!("/oauth-tokens/{token}/vcs-organizations")).refused(401);
    assert_eq!(scene.imitation.seen().len(), asked, "who may not ask has nothing sent to the provider");
    // To link a workspace, one has to find the repository.
    let worker = member("will", Permission::ManageWorkspaces);
    worker.get(&format!("/oauth-tokens/{token}/authorized-repos")).is(200);
    worker.get("/organizations/my-organization/vcs-events").refused(404);
}
