//! What a document brings along if it is asked to.

use serde_json::{Value, json};

use super::CLIENTS;
use crate::harness::{Answer, Permission, Server, sample_of_2018};

fn included(answer: &Answer) -> Vec<(Value, Value)> {
    let included = answer.at("/included");
    let items = included.as_array().expect("included resources");
    items.iter().map(|item| (item["type"].clone(), item["id"].clone())).collect()
}

#[test]
fn tokens_and_projects_are_included_whole_and_once() {
    let server = Server::demo();
    let owner = server.owner();
    let project = owner.creates_project("my-organization", "platform");
    let mut document = sample_of_2018();
    document["data"]["relationships"] = json!({"projects": {"data": [{"type": "projects", "id": project}]}});
    let first = owner.tries_client(&document).is(201);
    let second = owner.tries_client(&document).is(201);
    let id = first.text("/data/id");
    let token = |client: &Answer| (json!("oauth-tokens"), client.at("/data/relationships/oauth-tokens/data/0/id"));
    let project = (json!("projects"), json!(project));
    let path = format!("/oauth-clients/{id}");

    let both = owner.get(&format!("{path}?include=oauth_tokens,projects")).is(200).golden("oauth_clients.show.include");
    assert_eq!(included(&both), [token(&first), project.clone()]);
    // The document itself is the same, and what is included is what its own path shows.
    assert_eq!(both.at("/data"), first.at("/data"));
    for resource in both.at("/included").as_array().expect("resources") {
        let shown = owner.get(&format!("!{}", resource["links"]["self"].as_str().expect("a link"))).is(200);
        assert_eq!(shown.at("/data"), *resource);
    }
    let spelled = owner.get(&format!("{path}?include=oauth-tokens")).is(200);
    assert_eq!(included(&spelled), [token(&first)]);
    let listed = owner.get(&format!("{CLIENTS}?include=projects,oauth_tokens&page[size]=2")).is(200);
    assert_eq!(included(&listed), [token(&first), token(&second), project.clone()]);
    let whole = owner.get(&format!("{CLIENTS}?include=projects")).is(200);
    assert_eq!(included(&whole), [project]);
    assert_eq!(whole.list().len(), 2);
}

#[test]
fn who_asks_for_nothing_gets_nothing_and_for_what_there_is_not_an_error() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let path = format!("/oauth-clients/{id}");
    for nothing in ["", "include=", "include=,"] {
        assert!(owner.get(&format!("{path}?{nothing}")).is(200).json().get("included").is_none());
    }
    assert!(included(&owner.get(&format!("{path}?include=projects")).is(200)).is_empty());
    for path in [path, CLIENTS.to_owned()] {
        for wrong in ["organization", "oauth_tokens,oauth_client", "oauth_tokens.oauth_client", "projects%00", "*"] {
            let answer = owner.get(&format!("{path}?include={wrong}"));
            assert_eq!(answer.refused(400), ["include"]);
            // By these words go-tfe knows what was wrong.
            assert!(answer.text("/errors/0/detail").contains("include parameter"), "{}", answer.body);
        }
    }
    for path in ["/organizations/my-organization/oauth-tokens", "/account/details"] {
        assert_eq!(owner.get(&format!("{path}?include=projects")).refused(400), ["include"]);
    }
}

#[test]
fn projects_are_included_for_who_may_see_projects() {
    let server = Server::demo();
    let owner = server.owner();
    let project = owner.creates_project("my-organization", "secret-plans");
    let (id, _) = owner.creates_client("my-organization");
    let linkage = json!({"data": [{"type": "projects", "id": project}]});
    owner.post(&format!("/oauth-clients/{id}/relationships/projects"), &linkage).is_done();
    let vera = server.member("vera", &[Permission::ManageVcsSettings]);
    let shown = vera.get(&format!("/oauth-clients/{id}?include=projects")).is(200);
    assert_eq!(shown.at("/data/relationships/projects"), linkage);
    assert!(included(&shown).is_empty());
    let reads = [Permission::ReadProjects, Permission::ReadWorkspaces, Permission::ManageVcsSettings];
    let paul = server.member("paul", &reads);
    assert_eq!(included(&paul.get(&format!("/oauth-clients/{id}?include=projects"))).len(), 1);
}
