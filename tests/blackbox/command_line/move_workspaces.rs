//! `client move-workspaces`: all links of one OAuth client to another.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::refused;
use crate::harness::{Caller, Server, bowline_in, command, eventually, linkage, sample_with, sample_without};

/// Links that one transaction moves.
const AT_ONCE: u32 = 3000;

/// The link of a workspace.
fn link(owner: &Caller, workspace: &str) -> Value {
    owner.get(&format!("/workspaces/{workspace}")).is(200).at("/data/attributes/vcs-repo")
}

fn moves(server: &Server, from: &str, to: &str) -> String {
    let output = bowline_in(&server.data_dir, &["client", "move-workspaces", from, to]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn every_link_of_the_client_uses_the_other_token_and_is_otherwise_the_same() {
    let server = Server::demo();
    let (owner, reader) = (server.owner(), server.organization_token());
    let (from, token) = owner.creates_client("my-organization");
    let (to, target) = owner.creates_client("my-organization");
    let (_, third) = owner.creates_client("my-organization");
    let moved = ["one", "two"].map(|name| owner.creates_workspace("my-organization", name, Some(&token)));
    let kept = [
        owner.creates_workspace("my-organization", "there", Some(&target)),
        owner.creates_workspace("my-organization", "elsewhere", Some(&third)),
        owner.creates_workspace("my-organization", "without", None),
    ];
    let change = json!({"branch": "main", "ingress-submodules": true, "tags-regex": "v.*"});
    let change = crate::harness::document("workspaces", json!({"vcs-repo": change}));
    owner.patch(&format!("/workspaces/{}", moved[0]), &change).is(200);
    let all: Vec<&String> = moved.iter().chain(&kept).collect();
    let before: BTreeMap<&String, Value> = all.iter().map(|id| (*id, link(&owner, id))).collect();
    server.sqlite().execute("UPDATE workspaces SET updated_at = 1", []).expect("updated");
    let skip = server.trail(0).len();

    assert!(moves(&server, &from, &to).ends_with(&format!("Moved 2 repository links from {from} to {to}.\n")));

    for (id, mut was) in before {
        if moved.contains(id) {
            was["oauth-token-id"] = json!(target);
        }
        assert_eq!(link(&owner, id), was);
    }
    assert_eq!(server.number("SELECT count(*) FROM workspaces WHERE updated_at = 1"), 3);
    let events: Vec<String> = server.trail(skip);
    let expected = moved.each_ref().map(|id| format!("update workspace {id} in "));
    assert_eq!(events.len(), 2, "{events:?}");
    for (event, expected) in events.iter().zip(&expected) {
        assert!(event.starts_with(expected) && event.ends_with(" by command line"), "{event}");
    }
    let meta = format!(r#"SELECT count(*) FROM audit_events WHERE meta = '{{"from":"{from}","to":"{to}"}}'"#);
    assert_eq!(server.number(&meta), 2);
    let trail = reader.get("/organization/audit-trail?page[size]=2").is(200);
    assert_eq!(trail.at("/data/0/resource/meta"), json!({"from": from, "to": to}));

    // What was moved does not go with the client that it came from.
    owner.delete(&format!("/oauth-clients/{from}")).is_done();
    assert_eq!(owner.get(&format!("/oauth-clients/{to}/workspaces")).each("name"), ["one", "two", "there"]);
    owner.delete(&format!("/oauth-clients/{to}")).is_done();
    assert_eq!(link(&owner, &moved[1]), Value::Null);
}

#[test]
fn a_client_without_links_or_without_a_token_has_nothing_to_move() {
    let server = Server::demo();
    let owner = server.owner();
    let (from, token) = owner.creates_client("my-organization");
    let (to, _) = owner.creates_client("my-organization");
    let before = server.contents();
    assert!(moves(&server, &from, &to).ends_with(&format!("Moved no repository links from {from} to {to}.\n")));
    assert_eq!(server.contents(), before);
    owner.delete(&format!("/oauth-tokens/{token}")).is_done();
    assert!(moves(&server, &from, &to).contains("Moved no repository links"));
}

#[test]
fn a_client_that_is_not_for_a_workspaces_project_gets_none_and_the_workspaces_are_named() {
    let server = Server::demo();
    let owner = server.owner();
    let (from, token) = owner.creates_client("my-organization");
    let project = owner.creates_project("my-organization", "alpha");
    let mut scoped = sample_with(json!({"organization-scoped": false}));
    scoped["data"]["relationships"] = json!({"projects": linkage("projects", &[&project])});
    let to = owner.tries_client(&scoped).is(201).text("/data/id");
    let inside = owner.creates_workspace("my-organization", "inside", Some(&token));
    let moving = json!({"data": [{"type": "workspaces", "id": inside}]});
    owner.post(&format!("/projects/{project}/relationships/workspaces"), &moving).is_done();
    let outside = ["out-1", "out-2"].map(|name| owner.creates_workspace("my-organization", name, Some(&token)));
    let before = server.contents();
    let arguments = ["client", "move-workspaces", &from, &to];

    let said = refused(&bowline_in(&server.data_dir, &arguments));
    assert!(said.contains(&to) && said.contains("the projects of workspace out-1, workspace out-2. "), "{said}");
    assert!(!said.contains("inside") && said.ends_with("Nothing was moved."), "{said}");
    assert_eq!(server.contents(), before);

    for n in 3..=30 {
        owner.creates_workspace("my-organization", &format!("out-{n}"), Some(&token));
    }
    let said = refused(&bowline_in(&server.data_dir, &arguments));
    assert!(said.contains("workspace out-25 and 5 more. ") && !said.contains("out-26"), "{said}");

    let everywhere = linkage("projects", &[&server.default_project()]);
    owner.post(&format!("/oauth-clients/{to}/relationships/projects"), &everywhere).is_done();
    assert!(moves(&server, &from, &to).contains("Moved 31 repository links"));
    let target = owner.get(&format!("/oauth-clients/{to}")).text("/data/relationships/oauth-tokens/data/0/id");
    assert_eq!(link(&owner, &outside[0])["oauth-token-id"], json!(target));
}

#[test]
fn what_makes_no_sense_is_refused_and_moves_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    let (from, token) = owner.creates_client("my-organization");
    owner.creates_workspace("my-organization", "one", Some(&token));
    owner.creates_organization("other");
    let (foreign, _) = owner.creates_client("other");
    let mut empty = sample_without("oauth-token-string");
    empty["data"]["attributes"]["service-provider"] = json!("bitbucket_server");
    let without_token = owner.tries_client(&empty).is(201).text("/data/id");
    let before = server.contents();
    for (arguments, expected) in [
        ([from.as_str(), from.as_str()], "Both are the OAuth client"),
        ([from.as_str(), foreign.as_str()], "belong to different organizations"),
        ([foreign.as_str(), from.as_str()], "belong to different organizations"),
        ([from.as_str(), without_token.as_str()], "has no token; connect it"),
        ([from.as_str(), "oc-1111111111111111"], "There is no OAuth client oc-1111111111111111;"),
        (["oc-1111111111111111", from.as_str()], "There is no OAuth client oc-1111111111111111;"),
        ([from.as_str(), token.as_str()], "There is no OAuth client ot-"),
        ([from.as_str(), ""], "There is no OAuth client ;"),
    ] {
        let [from, to] = arguments;
        let said = refused(&bowline_in(&server.data_dir, &["client", "move-workspaces", from, to]));
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert_eq!(server.contents(), before);
    for arguments in [&["client", "move-workspaces", &from][..], &["client", "move-workspaces"]] {
        assert_eq!(bowline_in(&server.data_dir, arguments).status.code(), Some(2));
    }
}

#[test]
fn as_many_as_one_transaction_moves_are_moved_by_one_and_more_of_them_in_parts() {
    let server = Server::demo();
    let owner = server.owner();
    let (from, source) = owner.creates_client("my-organization");
    let (to, target) = owner.creates_client("my-organization");
    let instants =
        format!(r#"SELECT count(DISTINCT at) FROM audit_events WHERE meta = '{{"from":"{from}","to":"{to}"}}'"#);
    let events = instants.replace("DISTINCT at", "*");
    server.links_many(&source, AT_ONCE);
    assert!(moves(&server, &from, &to).contains("Moved 3000 repository links"));
    assert_eq!([server.number(&events), server.number(&instants)], [3000, 1]);

    server.sqlite().execute("DELETE FROM workspaces", []).expect("deleted");
    server.links_many(&source, 2 * AT_ONCE + 1);
    assert!(moves(&server, &from, &to).contains("Moved 6001 repository links"));
    assert_eq!([server.links_of(&source), server.links_of(&target)], [0, 6001]);
    assert_eq!([server.number(&events), server.number(&instants)], [3000 + 6001, 1 + 3]);
    assert_eq!(server.number("SELECT count(*) FROM workspaces WHERE updated_at = 0"), 0);
    assert!(bowline_in(&server.data_dir, &["check"]).status.success());
}

#[test]
fn a_part_that_fails_leaves_what_was_moved_and_the_rest_can_be_moved_later() {
    let server = Server::demo();
    let owner = server.owner();
    let (from, source) = owner.creates_client("my-organization");
    let (to, target) = owner.creates_client("my-organization");
    server.links_many(&source, AT_ONCE + 2);
    let scope = |is_scoped: u8| format!("UPDATE oauth_clients SET organization_scoped = {is_scoped} WHERE id = '{to}'");
    server.once_linked(&target, AT_ONCE, &scope(0));
    let said = refused(&bowline_in(&server.data_dir, &["client", "move-workspaces", &from, &to]));
    assert!(said.contains("the projects of workspace many-114111, workspace many-114112. "), "{said}");
    assert!(said.ends_with("Links moved: 3000; not moved: 2."), "{said}");
    assert_eq!([server.links_of(&source), server.links_of(&target)], [2, 3000]);

    server.sqlite().execute_batch(&format!("DROP TRIGGER once; {}", scope(1))).expect("in scope");
    server.once_linked(&target, AT_ONCE + 1, "SELECT RAISE(ABORT, 'a broken disk')");
    let said = refused(&bowline_in(&server.data_dir, &["client", "move-workspaces", &from, &to]));
    assert!(said.contains("a broken disk") && said.ends_with("Nothing was moved."), "{said}");
    server.sqlite().execute_batch("DROP TRIGGER once").expect("dropped");
    assert!(moves(&server, &from, &to).contains("Moved 2 repository links"));
    assert_eq!([server.links_of(&source), server.links_of(&target)], [0, 3002]);
}

#[test]
fn a_move_that_is_killed_has_moved_whole_parts_and_the_next_one_moves_the_rest() {
    let server = Server::demo();
    let owner = server.owner();
    let (from, source) = owner.creates_client("my-organization");
    let (to, target) = owner.creates_client("my-organization");
    server.links_many(&source, 10 * AT_ONCE);
    let mut moving = command();
    moving.args(["client", "move-workspaces", &from, &to, "--data-dir"]).arg(&server.data_dir);
    let mut moving = moving.spawn().expect("the binary runs");
    eventually("a part is moved", || server.links_of(&target) > 0);
    // The server changes something between the parts.
    owner.creates_project("my-organization", "meanwhile");
    moving.kill().expect("killed");
    moving.wait().expect("it has ended");
    let (left, moved) = (server.links_of(&source), server.links_of(&target));
    assert!(left > 0 && left + moved == 30_000 && moved % 3000 == 0, "{left} {moved}");
    assert!(bowline_in(&server.data_dir, &["check"]).status.success());
    assert!(moves(&server, &from, &to).contains(&format!("Moved {left} repository links")));
    assert_eq!(server.links_of(&target), 30_000);
}
