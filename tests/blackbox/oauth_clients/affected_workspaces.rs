//! `show_affected_workspaces`: which workspaces would lose their repository.

use serde_json::{Value, json};

use super::CLIENTS;
use crate::harness::{Permission, Server};

const SHOW: &str = "show_affected_workspaces=true";

#[test]
fn the_first_25_are_named_and_all_are_counted() {
    let server = Server::demo();
    let owner = server.owner();
    let (busy, token) = owner.creates_client("my-organization");
    let (idle, _) = owner.creates_client("my-organization");
    let names: Vec<String> = (0..27).map(|n| format!("workspace-{n}")).collect();
    for name in &names {
        owner.creates_workspace("my-organization", name, Some(&token));
    }
    owner.creates_workspace("my-organization", "without", None);
    let shown = owner.get(&format!("/oauth-clients/{busy}?{SHOW}")).is(200);
    assert_eq!(shown.at("/data/attributes/affected-workspaces"), json!(names[..25]));
    assert_eq!(shown.at("/data/attributes/affected-workspaces-count"), json!(27));
    let shown = owner.get(&format!("/oauth-clients/{idle}?{SHOW}")).is(200);
    assert_eq!(shown.at("/data/attributes/affected-workspaces"), json!([]));
    let listed = owner.get(&format!("{CLIENTS}?{SHOW}")).is(200);
    assert_eq!(listed.each("affected-workspaces-count"), [json!(27), json!(0)]);
    let paged = owner.get(&format!("{CLIENTS}?{SHOW}&page[size]=1&page[number]=2")).is(200);
    assert_eq!(paged.each("affected-workspaces-count"), [json!(0)]);
    owner.delete(&format!("/oauth-tokens/{token}")).is_done();
    let shown = owner.get(&format!("/oauth-clients/{busy}?{SHOW}")).is(200);
    assert_eq!(shown.at("/data/attributes/affected-workspaces-count"), json!(0));
}

#[test]
fn who_does_not_ask_is_not_told() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let plain = owner.get(&format!("/oauth-clients/{id}")).is(200).json();
    assert!(plain["data"]["attributes"].get("affected-workspaces").is_none());
    for value in ["false", ""] {
        assert_eq!(owner.get(&format!("/oauth-clients/{id}?show_affected_workspaces={value}")).json(), plain);
    }
    for path in [format!("/oauth-clients/{id}"), CLIENTS.to_owned()] {
        let answer = owner.get(&format!("{path}?show_affected_workspaces=maybe"));
        assert_eq!(answer.refused(400), ["show_affected_workspaces"]);
    }
}

#[test]
fn who_may_not_see_workspaces_is_told_how_many_but_not_which() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, token) = owner.creates_client("my-organization");
    owner.creates_workspace("my-organization", "secret-plans", Some(&token));
    let vera = server.member("vera", &[Permission::ManageVcsSettings]);
    let shown = vera.get(&format!("/oauth-clients/{id}?{SHOW}")).is(200);
    assert_eq!(shown.at("/data/attributes/affected-workspaces-count"), json!(1));
    assert_eq!(shown.at("/data/attributes/affected-workspaces"), Value::Array(vec![]));
}
