//! Picking a repository for a workspace from what the provider lists.

use super::*;

const WORKSPACES: &str = "/organizations/my-organization/workspaces";

#[test]
fn a_repository_is_searched_picked_and_linked() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/api/v4/projects" => {
            let project = |n: u32| {
                let name = if n.is_multiple_of(4) { "infra" } else { "web" };
                json!({"path_with_namespace": format!("acme/{name}-{n}"), "name": name, "default_branch": "main"})
            };
            Said::json(Value::from_iter((0..50).map(project)))
        }
        _ => good(seen),
    });
    scene.connects();
    let (token, ..) = scene.token().expect("a token");
    let workspace = scene.owner.creates_workspace("my-organization", "network", None);
    let link = format!("{WORKSPACES}/{workspace}/link");
    let before = scene.imitation.seen().len();
    scene.browser.get(&link).is(200).has("Find a repository").has_not(">Use<");
    assert_eq!(scene.imitation.seen().len(), before, "nothing is asked before somebody searches");
    let found = scene.browser.get(&format!("{link}?from={token}&search=INFRA")).is(200);
    let found = found.has("<bdi>acme/infra-0</bdi>").has("acme/infra-48").has_not("acme/web-1<");
    let pick = found
        .body
        .split("href=\"")
        .find(|rest| rest.contains("infra-4&") || rest.contains("infra-4\""))
        .expect("a link");
    let pick = pick.split('"').next().expect("a path").replace("&#38;", "&");
    let page = scene.browser.get(&pick).is(200).has("value=\"acme/infra-4\"");
    scene.browser.submit(&page, &link, &[]).is(200).at(WORKSPACES).has("acme/infra-4");
    let linked = scene.owner.get(&format!("/workspaces/{workspace}")).is(200);
    assert_eq!(linked.text("/data/attributes/vcs-repo/identifier"), "acme/infra-4");
    scene
        .browser
        .get(&format!("{link}?from={token}&search=%22%3E%3Cb%3E"))
        .is(200)
        .has("No repository matches.")
        .has_not("\"><b>");
    for wrong in ["0", "x", "-1"] {
        scene.browser.get(&format!("{link}?from={token}&page={wrong}")).is(404);
    }
}

/// A search reads some of the provider's pages; whether there are more shows also where nothing has matched so far.
#[test]
fn a_search_without_a_match_so_far_leads_on() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/api/v4/projects" => {
            Said::With("x-next-page: 2", json!([{"path_with_namespace": "acme/web", "name": "web"}]).to_string())
        }
        _ => good(seen),
    });
    scene.connects();
    let (token, ..) = scene.token().expect("a token");
    let workspace = scene.owner.creates_workspace("my-organization", "network", None);
    let path = format!("{WORKSPACES}/{workspace}/link?from={token}&search=infra");
    scene.browser.get(&path).is(200).has("No repository on this page matches.").has("rel=\"next\"");
}

#[test]
fn where_the_provider_cannot_be_asked_it_is_entered_by_hand() {
    let scene = Scene::new(|seen| match seen.path.as_str() {
        "/api/v4/projects" => Said::Json(403, json!({"message": "needle"}).to_string()),
        _ => good(seen),
    });
    scene.connects();
    let (token, ..) = scene.token().expect("a token");
    let workspace = scene.owner.creates_workspace("my-organization", "network", None);
    let link = format!("{WORKSPACES}/{workspace}/link");
    let page = scene
        .browser
        .get(&format!("{link}?from={token}"))
        .is(200)
        .has("Enter the repository by hand.")
        .has_not("needle");
    scene.browser.submit(&page, &link, &[("identifier", "acme/by-hand")]).is(200).at(WORKSPACES).has("acme/by-hand");
    // With a token that is not open to the workspace, nobody is asked.
    let before = scene.imitation.seen().len();
    scene.browser.get(&format!("{link}?from=ot-6yEmxNAhaoQLH1Da")).is(200).has_not("by hand.");
    assert_eq!(scene.imitation.seen().len(), before);
}
