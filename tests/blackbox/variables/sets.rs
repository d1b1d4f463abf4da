//! Variable sets: what they are attached to, and which variables count for a workspace in the end.

use serde_json::{Value, json};

use super::{creates, keys};
use crate::harness::{Caller, Server, document, linkage};

const SETS: &str = "/organizations/my-organization/varsets";

fn creates_set(owner: &Caller, attributes: Value) -> String {
    owner.post(SETS, &document("varsets", attributes)).is(201).text("/data/id")
}

fn creates_set_of(caller: &Caller, project: &str, name: &str) -> String {
    caller.post(SETS, &set_of(project, name)).is(201).text("/data/id")
}

fn set_of(project: &str, name: &str) -> Value {
    let mut given = document("varsets", json!({"name": name}));
    given["data"]["relationships"] = json!({"parent": {"data": {"type": "projects", "id": project}}});
    given
}

fn names(owner: &Caller, list: &str) -> Vec<Value> {
    owner.get(list).is(200).each("name")
}

#[test]
fn a_set_is_shown_with_its_variables_workspaces_and_projects() {
    let server = Server::demo();
    let owner = server.owner();
    let (workspace, project) =
        (owner.creates_workspace("my-organization", "infra", None), owner.creates_project("my-organization", "cats"));
    let mut given = document("varsets", json!({"name": "cloud", "description": "credentials", "priority": true}));
    let variable =
        json!({"type": "vars", "attributes": {"key": "k", "value": "needle", "category": "env", "sensitive": true}});
    given["data"]["relationships"] = json!({
        "workspaces": linkage("workspaces", &[&workspace]),
        "projects": linkage("projects", &[&project]),
        "vars": {"data": [variable]},
    });
    let made = owner.post(SETS, &given).is(201).golden("variable_sets.create");
    let path = format!("/varsets/{}", made.text("/data/id"));
    owner.get(&format!("{path}?include=workspaces,projects,vars")).is(200).golden("variable_sets.show.included");
    // What the Terraform provider sends: all workspaces there are to be, or none.
    let mut change = document("varsets", json!({"global": false}));
    change["data"]["relationships"] = json!({"workspaces": {"data": []}});
    let changed = owner.patch(&format!("{path}?include=workspaces"), &change).is(200);
    assert_eq!((changed.at("/data/relationships/workspaces/data"), changed.at("/included")), (json!([]), json!([])));
    assert_eq!(owner.get(&format!("{path}?include=")).is(200).at("/included"), json!(null));
    owner.get(&format!("{SETS}?include=planets")).is(400);
    // As go-tfe v2 has it beside PATCH.
    change["data"]["relationships"] = json!({"projects": {"data": []}});
    change["data"]["attributes"] = json!({"description": "by POST"});
    let by_post = owner.post(&format!("{path}?include=vars"), &change).is(200);
    assert_eq!(by_post.at("/included/0/attributes/key"), json!("k"));
    assert_eq!(by_post.text("/data/attributes/description"), "by POST");
    // Nothing that is asked for is dropped without a word.
    change["data"]["relationships"] = json!({"stacks": linkage("stacks", &["st-1111111111111111"])});
    assert_eq!(owner.patch(&path, &change).refused(422), ["/data/relationships/stacks/data"]);
    change["data"]["relationships"] = json!({"stacks": linkage("stacks", &[])});
    owner.patch(&path, &change).is(200);
}

#[test]
fn sets_apply_where_they_are_attached_and_global_ones_everywhere() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let project = server.default_project();
    let lists = [format!("/workspaces/{workspace}/varsets"), format!("/projects/{project}/varsets")];
    let applicable = format!("/workspaces/{workspace}/applicable-varsets");
    let global = creates_set(&owner, json!({"name": "global", "global": true}));
    let [attached, shared, unused] =
        ["attached", "shared", "unused"].map(|name| creates_set(&owner, json!({"name": name})));
    for _ in 0..2 {
        let workspaces = linkage("workspaces", &[&workspace]);
        owner.post(&format!("/varsets/{attached}/relationships/workspaces"), &workspaces).is_done();
        owner.post(&format!("/varsets/{shared}/relationships/projects"), &linkage("projects", &[&project])).is_done();
    }
    assert_eq!(names(&owner, &lists[0]), ["global", "attached", "shared"]);
    assert_eq!(names(&owner, &lists[1]), ["global", "shared"]);
    assert_eq!(names(&owner, &applicable), ["unused"]);
    for (set, key) in [(&global, "g"), (&attached, "a"), (&shared, "own"), (&unused, "u")] {
        creates(&owner, &format!("/varsets/{set}/relationships/vars"), key, "of a set", false);
    }
    creates(&owner, &format!("/workspaces/{workspace}/vars"), "own", "its own", false);
    let all = owner.get(&format!("/workspaces/{workspace}/all-vars")).is(200);
    assert_eq!(keys(&all), ["g", "a", "own"]);
    assert_eq!(all.each("value")[2], json!("its own"));
    owner
        .send_json(
            "DELETE",
            &format!("/varsets/{attached}/relationships/workspaces"),
            &linkage("workspaces", &[&workspace]),
        )
        .is_done();
    assert_eq!(names(&owner, &lists[0]), ["global", "shared"]);
    assert_eq!(names(&owner, &applicable), ["attached", "unused"]);
    for (list, part, expected) in
        [(&lists[0], "LOB", "global"), (&lists[1], "hare", "shared"), (&applicable, "unu", "unused")]
    {
        assert_eq!(names(&owner, &format!("{list}?q={part}")), [expected]);
    }
    let own = creates_set_of(&owner, &project, "own");
    for (scope, expected) in [
        ("", vec!["global", "shared", "own"]),
        ("all", vec!["global", "shared", "own"]),
        ("owned", vec!["own"]),
        ("shared", vec!["global", "shared"]),
        ("applied", vec!["global", "shared"]),
    ] {
        assert_eq!(names(&owner, &format!("{}?scope={scope}", lists[1])), expected, "{scope}");
    }
    owner.post(&format!("/varsets/{own}/relationships/projects"), &linkage("projects", &[&project])).is_done();
    assert_eq!(names(&owner, &format!("{}?scope=applied&q=o", lists[1])), ["global", "own"]);
    assert_eq!(names(&owner, &format!("{SETS}?scope=owned&q=o")), ["global"]);
    for (list, scope) in [(lists[1].as_str(), "foo"), (SETS, "shared")] {
        assert_eq!(owner.get(&format!("{list}?scope={scope}")).refused(400), ["scope"]);
    }
    for (query, expected) in [("q=HARED", vec!["shared"]), ("filter[global]=true", vec!["global"])] {
        assert_eq!(names(&owner, &format!("{SETS}?{query}")), expected);
    }
}

#[test]
fn what_is_global_is_attached_to_nothing_and_contradicts_no_other() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let [one, other] = ["one", "other"].map(|name| creates_set(&owner, json!({"name": name, "global": true})));
    let before = server.contents();
    for method in ["POST", "DELETE"] {
        let path = format!("/varsets/{one}/relationships/workspaces");
        let named = owner.send_json(method, &path, &linkage("workspaces", &[&workspace])).refused(422);
        assert_eq!(named, ["/data"]);
    }
    assert_eq!(server.contents(), before);
    creates(&owner, &format!("/varsets/{one}/relationships/vars"), "k", "x", false);
    let same = document("vars", json!({"key": "k", "category": "terraform"}));
    owner.post(&format!("/varsets/{other}/relationships/vars"), &same).is(422).golden("variable_sets.global.key_taken");
    let third = creates_set(&owner, json!({"name": "third"}));
    creates(&owner, &format!("/varsets/{third}/relationships/vars"), "k", "x", false);
    let becomes = document("varsets", json!({"global": true}));
    assert_eq!(owner.patch(&format!("/varsets/{third}"), &becomes).refused(422), ["/data/attributes/global"]);
}

#[test]
fn a_set_of_a_project_stays_within_it() {
    let server = Server::demo();
    let owner = server.owner();
    let project = owner.creates_project("my-organization", "cats");
    let outside = owner.creates_workspace("my-organization", "outside", None);
    let mut given = document("varsets", json!({"name": "of cats"}));
    given["data"]["relationships"] = json!({"parent": {"data": {"type": "projects", "id": project}}});
    let made = owner.post(SETS, &given).is(201);
    assert_eq!(made.text("/data/relationships/parent/data/id"), project);
    let path = format!("/varsets/{}", made.text("/data/id"));
    let before = server.contents();
    let attach =
        |kind: &str, id: &str| owner.post(&format!("{path}/relationships/{kind}"), &linkage(kind, &[id])).refused(422);
    assert_eq!(attach("workspaces", &outside), ["/data/0"]);
    assert_eq!(attach("projects", &server.default_project()), ["/data/0"]);
    let global = document("varsets", json!({"global": true}));
    assert_eq!(owner.patch(&path, &global).refused(422), ["/data/attributes/global"]);
    given["data"]["relationships"]["parent"]["data"]["id"] = json!(server.default_project());
    assert_eq!(owner.patch(&path, &given).refused(422), ["/data/relationships/parent/data"]);
    assert_eq!(server.contents(), before);
    assert_eq!(names(&owner, &format!("/projects/{project}/varsets")), ["of cats"]);
    let inside = owner.creates_workspace("my-organization", "inside", None);
    owner.post(&format!("/projects/{project}/relationships/workspaces"), &linkage("workspaces", &[&inside])).is_done();
    for (workspace, expected) in [(&inside, vec!["of cats"]), (&outside, vec![])] {
        assert_eq!(names(&owner, &format!("/workspaces/{workspace}/applicable-varsets")), expected);
    }
    owner.delete(&format!("/workspaces/{inside}")).is_done();
    owner.delete(&format!("/projects/{project}")).is_done();
    owner.get(&path).is(404);
}

#[test]
fn a_parent_is_the_organization_or_one_of_its_projects() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let project = owner.creates_project("my-organization", "cats");
    let organization = owner.get("/organizations/my-organization").is(200).text("/data/attributes/external-id");
    let tries = |name: &str, kind: &str, id: &str| {
        let mut given = document("varsets", json!({"name": name}));
        given["data"]["relationships"] = json!({"parent": {"data": {"type": kind, "id": id}}});
        owner.post(SETS, &given)
    };
    let foreign = owner.creates_project("other", "dogs");
    for (kind, id) in [
        ("project", project.as_str()),
        ("workspaces", &project),
        ("organizations", "other"),
        ("organizations", &project),
        ("projects", &foreign),
        ("projects", "my-organization"),
    ] {
        assert_eq!(tries("x", kind, id).refused(422), ["/data/relationships/parent/data"], "{kind} {id}");
    }
    assert_eq!(server.number("SELECT count(*) FROM variable_sets"), 0);
    for (name, id) in [("by name", "my-organization"), ("in capitals", "MY-Organization"), ("by id", &organization)] {
        let made = tries(name, "organizations", id).is(201);
        assert_eq!(
            made.at("/data/relationships/parent/data"),
            json!({"type": "organizations", "id": "my-organization"})
        );
    }
}

#[test]
fn a_workspace_that_leaves_its_project_leaves_the_projects_sets() {
    let server = Server::demo();
    let owner = server.owner();
    let [from, to] = ["cats", "dogs"].map(|name| owner.creates_project("my-organization", name));
    let shared = creates_set(&owner, json!({"name": "shared"}));
    let own = creates_set_of(&owner, &from, "own");
    creates(&owner, &format!("/varsets/{own}/relationships/vars"), "k", "x", false);
    let moves = |by_project: bool, workspace: &str, project: &str| {
        if by_project {
            let path = format!("/projects/{project}/relationships/workspaces");
            owner.post(&path, &linkage("workspaces", &[workspace])).is_done();
        } else {
            let mut change = document("workspaces", json!({}));
            change["data"]["relationships"] = json!({"project": {"data": {"type": "projects", "id": project}}});
            owner.patch(&format!("/workspaces/{workspace}"), &change).is(200);
        }
    };
    for by_project in [true, false] {
        let workspace = owner.creates_workspace("my-organization", &format!("by-{by_project}"), None);
        moves(by_project, &workspace, &from);
        for set in [&own, &shared] {
            let path = format!("/varsets/{set}/relationships/workspaces");
            owner.post(&path, &linkage("workspaces", &[&workspace])).is_done();
        }
        let list = format!("/workspaces/{workspace}/varsets");
        // In the project that it is in already, everything stays.
        moves(by_project, &workspace, &from);
        assert_eq!(names(&owner, &list), ["shared", "own"]);
        moves(by_project, &workspace, &to);
        assert_eq!(names(&owner, &list), ["shared"]);
        assert!(keys(&owner.get(&format!("/workspaces/{workspace}/all-vars")).is(200)).is_empty());
        assert_eq!(owner.get(&format!("/varsets/{own}")).is(200).at("/data/attributes/workspace-count"), json!(0));
    }
}

#[test]
fn variables_of_a_set_are_seen_through_a_workspace_that_it_counts_for() {
    let server = Server::demo();
    let owner = server.owner();
    let reader = server.member_with_access("rita", "read");
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let project = owner.creates_project("my-organization", "cats");
    let [attached, unused] = ["attached", "unused"].map(|name| creates_set(&owner, json!({"name": name})));
    let workspaces = linkage("workspaces", &[&workspace]);
    owner.post(&format!("/varsets/{attached}/relationships/workspaces"), &workspaces).is_done();
    let vars = |set: &str| format!("/varsets/{set}/relationships/vars");
    let variable = creates(&owner, &vars(&attached), "k", "needle", true);
    let hidden = creates(&owner, &vars(&unused), "k", "x", false);
    let through = |set: &str| format!("/workspaces/{workspace}{}", vars(set));
    assert_eq!(keys(&reader.get(&through(&attached)).is(200)), ["k"]);
    let shown = reader.get(&format!("{}/{variable}", through(&attached))).is(200);
    assert_eq!(shown.at("/data"), owner.get(&format!("{}/{variable}", vars(&attached))).is(200).at("/data"));
    for path in [
        vars(&attached),
        through(&unused),
        format!("{}/{hidden}", through(&unused)),
        format!("{}/{hidden}", through(&attached)),
    ] {
        reader.get(&path).is(404).golden("not_found");
    }
    let moved = format!("/projects/{project}/relationships/workspaces");
    owner.post(&moved, &workspaces).is_done();
    reader.get(&through(&attached)).is(404);
    owner.get(&through(&attached)).is(200);
}

#[test]
fn access_to_a_project_is_access_to_the_sets_that_it_owns() {
    let server = Server::demo();
    let owner = server.owner();
    let (writer, reader) = (server.member_with_access("wanda", "write"), server.member_with_access("rita", "read"));
    let project = server.default_project();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let elsewhere = owner.creates_project("my-organization", "cats");
    let [shared, foreign] =
        [creates_set(&owner, json!({"name": "shared"})), creates_set_of(&owner, &elsewhere, "foreign")];
    let projects = linkage("projects", &[&project, &elsewhere]);
    owner.post(&format!("/varsets/{shared}/relationships/projects"), &projects).is_done();
    // Made, filled, attached, changed and deleted by callers who manage the project's sets, and by no others.
    for (caller, parent) in [(&reader, &project), (&writer, &elsewhere)] {
        caller.post(SETS, &set_of(parent, "refused")).is(404).golden("not_found");
    }
    writer.post(SETS, &document("varsets", json!({"name": "refused"}))).is(404);
    let made = writer.post(SETS, &set_of(&project, "own")).is(201);
    let own = made.text("/data/id");
    let path = format!("/varsets/{own}");
    let vars = format!("{path}/relationships/vars");
    let variable = creates(&writer, &vars, "k", "x", false);
    writer.patch(&format!("{vars}/{variable}"), &document("vars", json!({"value": "y"}))).is(200);
    writer.post(&format!("{path}/relationships/workspaces"), &linkage("workspaces", &[&workspace])).is_done();
    let changed = writer.patch(&path, &document("varsets", json!({"priority": true}))).is(200);
    assert_eq!(changed.at("/data/attributes/permissions/can-update"), json!(true));
    assert_eq!(changed.at("/data/relationships/workspaces/data/0/id"), json!(workspace));
    // Of those that only count for the project, nothing else is told.
    let listed = writer.get(&format!("/projects/{project}/varsets?include=workspaces,projects")).is(200);
    assert_eq!(listed.each("name"), ["shared", "own"]);
    assert_eq!(listed.at("/data/1"), changed.at("/data"));
    assert_eq!(listed.at("/data/0/attributes/permissions/can-update"), json!(false));
    assert_eq!(listed.at("/data/0/relationships/projects/data"), json!([]));
    assert_eq!(listed.at("/included").as_array().map(Vec::len), Some(1));
    let of_workspace = writer.get(&format!("/workspaces/{workspace}/varsets")).is(200);
    assert_eq!(of_workspace.at("/data"), listed.at("/data"));
    for set in [&shared, &foreign] {
        let path = format!("/varsets/{set}");
        writer.get(&path).is(404);
        writer.patch(&path, &document("varsets", json!({"name": "x"}))).is(404);
        writer.delete(&path).is(404);
    }
    for refused in [path.clone(), vars.clone(), format!("/projects/{project}/varsets"), SETS.to_owned()] {
        reader.get(&refused).is(404);
    }
    reader.delete(&path).is(404);
    writer.delete(&path).is_done();
}

#[test]
fn null_gives_a_set_its_defaults_back() {
    let server = Server::demo();
    let owner = server.owner();
    let set = creates_set(&owner, json!({"name": "s", "description": "d", "priority": true, "global": true}));
    let nothing = document("varsets", json!({"description": null, "priority": null, "global": null}));
    let changed = owner.patch(&format!("/varsets/{set}"), &nothing).is(200);
    let is = ["description", "priority", "global"].map(|name| changed.at(&format!("/data/attributes/{name}")));
    assert_eq!(is, [json!(""), json!(false), json!(false)]);
}

#[test]
fn detaching_an_unknown_id_succeeds() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let project = server.default_project();
    let [hidden, foreign] = ["my-organization", "other"].map(|organization| {
        let project = owner.creates_project(organization, "elsewhere");
        let mut workspace = document("workspaces", json!({"name": "infra"}));
        workspace["data"]["relationships"] = json!({"project": {"data": {"type": "projects", "id": project}}});
        let made = owner.post(&format!("/organizations/{organization}/workspaces"), &workspace).is(201);
        (made.text("/data/id"), project)
    });
    let writer = server.member_with_access("wim", "write");
    let path = format!("/varsets/{}/relationships", creates_set_of(&writer, &project, "own"));
    let policies = document("policy-sets", json!({"name": "cost"}));
    let policies = owner.post("/organizations/my-organization/policy-sets", &policies).is(201).text("/data/id");
    let policies = format!("/policy-sets/{policies}/relationships");
    let unknown = ("ws-1111111111111111".to_owned(), "prj-1111111111111111".to_owned());
    for (workspace, project) in [&hidden, &foreign, &unknown] {
        for (caller, path) in [(&writer, &path), (&owner, &policies)] {
            for (kind, id) in [("workspaces", workspace), ("projects", project)] {
                caller.send_json("DELETE", &format!("{path}/{kind}"), &linkage(kind, &[id])).is_done();
            }
        }
        assert_eq!(
            writer.post(&format!("{path}/workspaces"), &linkage("workspaces", &[workspace])).refused(422),
            ["/data/0"]
        );
    }
}

#[test]
fn what_is_wrong_with_a_variable_of_a_new_set_is_told_where_it_stands() {
    let server = Server::demo();
    let owner = server.owner();
    let tries = |global: bool, variables: &[(&str, usize)]| {
        let mut given = document("varsets", json!({"name": "set", "global": global}));
        let variable = |(key, bytes): &(&str, usize)| json!({"type": "vars", "attributes": {"key": key, "value": "x".repeat(*bytes), "category": "env"}});
        let variables: Vec<Value> = variables.iter().map(variable).collect();
        given["data"]["relationships"] = json!({"vars": {"data": variables}});
        owner.post(SETS, &given)
    };
    let at = |n: usize, rest: &str| [format!("/data/relationships/vars/data/{n}{rest}")];
    assert_eq!(tries(false, &[("a", 1), ("b", 1), ("a", 1)]).refused(422), at(2, "/attributes/key"));
    let large = [("a", 250_000), ("b", 250_000), ("c", 250_000), ("d", 250_000)];
    assert_eq!(tries(false, &large).refused(422), at(3, "/attributes/value"));
    let keys: Vec<String> = (0..1001).map(|n| format!("k{n}")).collect();
    let many: Vec<(&str, usize)> = keys.iter().map(|key| (key.as_str(), 0)).collect();
    assert_eq!(tries(false, &many).refused(422), at(1000, ""));
    tries(true, &[("taken", 1)]).is(201);
    server.sqlite().execute("UPDATE variable_sets SET name = 'first'", []).expect("renamed");
    assert_eq!(tries(true, &[("free", 1), ("taken", 1)]).refused(422), at(1, "/attributes/key"));
}
