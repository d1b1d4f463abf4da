//! Policy sets and stacks: records of what a repository would bring.

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Server, document, linkage, sample_with};
use crate::plain::at_once::neither_undoes_the_other;

const SETS: &str = "/organizations/my-organization/policy-sets";

fn repository(token: &str) -> Value {
    json!({"identifier": "acme/policies", "ingress-submodules": false, "oauth-token-id": token,
           "github-app-installation-id": ""})
}

fn new_set(name: &str, rest: Value) -> Value {
    let mut set = document("policy-sets", json!({"name": name}));
    for (attribute, value) in rest.as_object().expect("attributes") {
        set["data"]["attributes"][attribute] = value.clone();
    }
    set
}

/// As the Terraform provider sends it.
fn new_stack(project: &str, repo: &Value) -> Value {
    let mut stack = document(
        "stacks",
        json!({"name": "network", "speculative-enabled": false, "trigger-patterns": null, "vcs-repo": repo}),
    );
    stack["data"]["relationships"] =
        json!({"project": {"data": {"type": "projects", "id": project}}, "agent-pool": {"data": null}});
    stack
}

fn repo_of(answer: &Answer) -> Value {
    answer.at("/data/attributes/vcs-repo")
}

#[test]
fn destroying_a_client_unlinks_all_that_uses_it() {
    let server = Server::demo();
    let owner = server.owner();
    for path in ["oauth-clients", "oauth-tokens"] {
        let (client, token) = owner.creates_client("my-organization");
        let workspace = owner.creates_workspace("my-organization", path, Some(&token));
        let set = owner.post(SETS, &new_set(path, json!({"vcs-repo": repository(&token)}))).is(201).text("/data/id");
        let project = owner.creates_project("my-organization", path);
        let stack = owner.post("/stacks", &new_stack(&project, &repository(&token))).is(201).text("/data/id");
        let skip = server.trail(0).len();
        let of_client = [("oauth-clients", &client), ("oauth-tokens", &token)];
        let (_, id) = of_client.iter().find(|(kind, _)| *kind == path).expect("one of them");
        owner.delete(&format!("/{path}/{id}")).is_done();
        let holders = [
            ("workspace", format!("/workspaces/{workspace}")),
            ("policy_set", format!("/policy-sets/{set}")),
            ("stack", format!("/stacks/{stack}")),
        ];
        let events = server.trail(skip);
        for (kind, path) in holders {
            assert_eq!(repo_of(&owner.get(&path).is(200)), Value::Null, "{path}");
            let id = path.rsplit('/').next().expect("an id");
            let unlinked = format!("unlink {kind} {id} in ");
            assert_eq!(events.iter().filter(|event| event.starts_with(&unlinked)).count(), 1, "{events:?}");
        }
        assert_eq!(events.len(), if path == "oauth-clients" { 5 } else { 4 }, "{events:?}");
    }
}

#[test]
fn links_of_every_kind_move_to_another_client() {
    let server = Server::demo();
    let owner = server.owner();
    let (from, token) = owner.creates_client("my-organization");
    let (to, target) = owner.creates_client("my-organization");
    let set = owner.post(SETS, &new_set("cost", json!({"vcs-repo": repository(&token)}))).is(201).text("/data/id");
    let project = server.default_project();
    let stack = owner.post("/stacks", &new_stack(&project, &repository(&token))).is(201).text("/data/id");
    server.cli(&["client", "move-workspaces", &from, &to]);
    for path in [format!("/policy-sets/{set}"), format!("/stacks/{stack}")] {
        assert_eq!(repo_of(&owner.get(&path).is(200))["oauth-token-id"], json!(target), "{path}");
    }
}

#[test]
fn a_policy_set_is_shown_as_it_was_given() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let given = json!({"global": true, "kind": "sentinel", "policies-path": "policies", "description": "for all",
                       "vcs-repo": repository(&token)});
    let set = owner.post(SETS, &new_set("global", given)).is(201).golden("policy_sets.create");
    let path = format!("/policy-sets/{}", set.text("/data/id"));
    assert_eq!(owner.get(&path).is(200).at("/data"), set.at("/data"));
    assert_eq!(owner.get(&format!("{SETS}?search[name]=LOB")).is(200).list(), [set.at("/data")]);
    for (filter, found) in [("kind]=opa", 0), ("versioned]=true", 1), ("versioned]=false", 0)] {
        assert_eq!(owner.get(&format!("{SETS}?filter[{filter}")).is(200).list().len(), found, "{filter}");
    }
    for (name, value) in [("kind", "foo"), ("versioned", "x"), ("versioned", "true,false")] {
        let refused = owner.get(&format!("{SETS}?filter[{name}]={value}")).refused(400);
        assert_eq!(refused, [format!("filter[{name}]")], "{value}");
    }
    // What is not given stays, an empty branch is the default one, and null unlinks.
    let change = |attributes: Value| owner.patch(&path, &document("policy-sets", attributes));
    assert_eq!(repo_of(&change(json!({"description": ""})).is(200)), repo_of(&set));
    assert_eq!(change(json!({"kind": "opa"})).refused(422), ["/data/attributes/kind"]);
    assert_eq!(repo_of(&change(json!({"vcs-repo": null})).is(200)), Value::Null);
    let opa = owner.post(SETS, &new_set("opa", json!({"kind": "opa"}))).is(201);
    assert_eq!(opa.at("/data/attributes/overridable"), json!(false));
    assert_eq!(opa.at("/data/attributes/agent-enabled"), json!(true));
}

#[test]
fn what_was_an_agents_goes_with_the_agent() {
    let server = Server::demo();
    let owner = server.owner();
    let of_agent = json!({"agent-enabled": true, "overridable": true, "policy-tool-version": "0.40.0"});
    let set = owner.post(SETS, &new_set("checks", of_agent.clone())).is(201);
    let path = format!("/policy-sets/{}", set.text("/data/id"));
    let change = |attributes: Value| {
        let changed = owner.patch(&path, &document("policy-sets", attributes)).is(200);
        ["agent-enabled", "overridable", "policy-tool-version"]
            .map(|name| changed.at(&format!("/data/attributes/{name}")))
    };
    assert_eq!(change(json!({"description": "x"})), [json!(true), json!(true), json!("0.40.0")]);
    assert_eq!(change(json!({"agent-enabled": false})), [json!(false), Value::Null, json!("")]);
    assert_eq!(change(of_agent), [json!(true), json!(true), json!("0.40.0")]);
    // What is given beside it counts.
    let given = json!({"agent-enabled": false, "overridable": false, "policy-tool-version": "0.41.0"});
    assert_eq!(change(given), [json!(false), json!(false), json!("0.41.0")]);
}

#[test]
fn a_policy_set_counts_where_it_is_attached_and_not_where_it_is_excluded() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "infra", None);
    let project = owner.creates_project("my-organization", "cats");
    owner.creates_organization("other");
    let foreign = owner.creates_workspace("other", "infra", None);
    let path = format!("/policy-sets/{}", owner.post(SETS, &new_set("cost", json!({}))).is(201).text("/data/id"));
    let related = |scope: &str| format!("{path}/relationships/{scope}");
    for (scope, kind, id) in [
        ("workspaces", "workspaces", &workspace),
        ("workspace-exclusions", "workspaces", &workspace),
        ("projects", "projects", &project),
        ("project-exclusions", "projects", &project),
    ] {
        owner.post(&related(scope), &linkage(kind, &[id])).is_done();
        owner.post(&related(scope), &linkage(kind, &[id])).is_done();
        let linked = owner.get(&path).is(200).at(&format!("/data/relationships/{scope}/data"));
        assert_eq!(linked, json!([{"id": id, "type": kind}]), "{scope}");
        let wrong = linkage(kind, &[if kind == "workspaces" { &foreign } else { "prj-1111111111111111" }]);
        assert_eq!(owner.post(&related(scope), &wrong).refused(422), ["/data/0"]);
    }
    let shown = owner.get(&format!("{path}?include=workspaces,projects")).is(200);
    assert_eq!(shown.at("/included").as_array().map(Vec::len), Some(2));
    // A global set is attached to nothing, and keeps its exclusions.
    let global = owner.patch(&path, &document("policy-sets", json!({"global": true}))).is(200);
    assert_eq!(global.at("/data/attributes/workspace-count"), json!(0));
    assert_eq!(global.at("/data/relationships/workspace-exclusions/data/0/id"), json!(workspace));
    for (scope, id) in [("workspaces", &workspace), ("projects", &project)] {
        for method in ["POST", "DELETE"] {
            let refused = owner.send_json(method, &related(scope), &linkage(scope, &[id])).refused(422);
            assert_eq!(refused, ["/data"], "{method} {scope}");
        }
    }
    owner.send_json("DELETE", &related("workspace-exclusions"), &linkage("workspaces", &[&workspace])).is_done();
    let left = owner.get(&path).is(200).at("/data/relationships/workspace-exclusions/data");
    assert_eq!(left, json!([]));
}

#[test]
fn a_change_of_a_policy_set_replaces_the_lists_it_names() {
    let server = Server::demo();
    let owner = server.owner();
    let [one, two] = ["one", "two"].map(|name| owner.creates_workspace("my-organization", name, None));
    let project = owner.creates_project("my-organization", "cats");
    let path = format!("/policy-sets/{}", owner.post(SETS, &new_set("cost", json!({}))).is(201).text("/data/id"));
    let change = |attributes: Value, related: Value| {
        let mut document = document("policy-sets", attributes);
        document["data"]["relationships"] = related;
        owner.patch(&path, &document)
    };
    let all = |workspace: &str| {
        let (workspaces, projects) = (linkage("workspaces", &[workspace]), linkage("projects", &[&project]));
        json!({"workspaces": workspaces, "workspace-exclusions": workspaces, "projects": projects,
               "project-exclusions": projects, "policies": {"data": []}})
    };
    let linked = |answer: &Answer| {
        ["workspaces", "workspace-exclusions", "projects", "project-exclusions"]
            .map(|scope| answer.at(&format!("/data/relationships/{scope}/data/0/id")))
    };
    for workspace in [&one, &two] {
        let changed = change(json!({}), all(workspace)).is(200);
        assert_eq!(linked(&changed), [workspace, workspace, &project, &project].map(|id| json!(id)));
        assert_eq!(changed.at("/data/attributes/workspace-count"), json!(1));
    }
    let before = server.contents();
    let workspaces = |id: &str| json!({"workspaces": linkage("workspaces", &[id])});
    assert_eq!(
        change(json!({}), workspaces("ws-1111111111111111")).refused(422),
        ["/data/relationships/workspaces/data/0"]
    );
    assert_eq!(change(json!({"global": true}), workspaces(&one)).refused(422), ["/data/relationships/workspaces/data"]);
    let policies = json!({"policies": linkage("policies", &["pol-1111111111111111"])});
    assert_eq!(change(json!({}), policies).refused(422), ["/data/relationships/policies/data"]);
    assert_eq!(server.contents(), before);
    let nothing = json!({"workspaces": {"data": []}, "project-exclusions": {"data": []}});
    let cleared = change(json!({}), nothing).is(200);
    assert_eq!(linked(&cleared), [Value::Null, json!(two), json!(project), Value::Null]);
}

#[test]
fn a_stack_is_made_changed_and_unlinked() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let project = owner.creates_project("my-organization", "cats");
    let mut repo = repository(&token);
    repo["branch"] = json!("main");
    let made = owner.post("/stacks", &new_stack(&project, &repo)).is(201).golden("stacks.create");
    let path = format!("/stacks/{}", made.text("/data/id"));
    assert_eq!(owner.get(&path).is(200).at("/data"), made.at("/data"));
    assert_eq!(owner.post("/stacks", &new_stack(&project, &repo)).refused(422), ["/data/attributes/name"]);
    let other = owner.post("/stacks", &new_stack(&server.default_project(), &Value::Null)).is(201);
    let (other, url) = (format!("/stacks/{}", other.text("/data/id")), |round| json!(format!("at/{round}")));
    neither_undoes_the_other(&owner, &other, "stacks", url, ["description", "working-directory"]);
    let list = |query: &str| owner.get(&format!("/organizations/my-organization/stacks?{query}")).is(200).list().len();
    assert_eq!((list(""), list(&format!("filter[project][id]={project}")), list("search[name]=x")), (2, 1, 0));
    let included = |what: &str| {
        let shown = owner.get(&format!("{path}?include={what}")).is(200).at("/included");
        shown.as_array().into_iter().flatten().map(|one| one["type"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(included("organization"), ["organizations"]);
    assert_eq!(included("latest_stack_configuration,stack_diagnostics"), [] as [&str; 0]);
    assert_eq!(included("latest_stack_configuration.stack_diagnostics"), [] as [&str; 0]);
    // The organization's default project would lead back to it.
    let both = owner.get(&format!("{path}?include=project,organization")).is(200);
    assert_eq!(both.text("/included/0/type"), "projects");
    assert_eq!(both.at("/included/1/relationships/default-project"), Value::Null);
    // Clients of stacks leave out what is not set.
    let change = |attributes: Value| {
        let mut document = document("stacks", attributes);
        document["data"]["type"] = json!("");
        owner.patch(&path, &document)
    };
    let patterns = change(json!({"trigger-patterns": [""], "vcs-repo": repository(&token)})).is(200);
    assert_eq!(patterns.at("/data/attributes/trigger-patterns"), json!([""]));
    assert_eq!(repo_of(&patterns)["branch"], json!(""));
    assert_eq!(repo_of(&change(json!({"vcs-repo": null})).is(200)), Value::Null);
    // A project goes only without its stacks.
    owner.delete(&format!("/projects/{project}")).is(409);
    owner.delete(&format!("{path}?force=true")).is_done();
    owner.get(&path).is(404);
    owner.delete(&format!("/projects/{project}")).is_done();
}

#[test]
fn a_stack_is_of_a_project_that_its_caller_may_change() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = owner.creates_project("other", "cats");
    let (maintainer, reader) =
        (server.member_with_access("paul", "maintain"), server.member_with_access("rita", "read"));
    let project = owner.creates_project("my-organization", "cats");
    server.gives_access_to(&project);
    let tries = |caller: &Caller, project: &str| caller.post("/stacks", &new_stack(project, &Value::Null));
    tries(&reader, &project).is(404);
    tries(&maintainer, &owner.creates_project("my-organization", "dogs")).is(404);
    tries(&maintainer, &foreign).is(404);
    let stack = tries(&maintainer, &project).is(201).text("/data/id");
    let permissions = |caller: &Caller| {
        let shown = caller.get(&format!("/projects/{project}")).is(200);
        ["can-view-stacks", "can-manage-stacks", "can-update-stacks"]
            .map(|name| shown.at(&format!("/data/attributes/permissions/{name}")) == json!(true))
    };
    assert_eq!((permissions(&maintainer), permissions(&reader)), ([true; 3], [true, false, false]));
    let mut without = new_stack(&project, &Value::Null);
    without["data"]["relationships"] = json!({});
    assert_eq!(owner.post("/stacks", &without).refused(422), ["/data/relationships/project"]);
    let mut moved = document("stacks", json!({}));
    moved["data"]["relationships"] = json!({"project": {"data": {"type": "projects", "id": foreign}}});
    assert_eq!(owner.patch(&format!("/stacks/{stack}"), &moved).refused(422), ["/data/relationships/project/data"]);
    let seen = |caller: &Caller| caller.get("/organizations/my-organization/stacks").is(200).list().len();
    assert_eq!((seen(&reader), seen(&server.member("mia", &[]))), (1, 0));
    // A client for other projects cannot be used.
    let limited = owner.tries_client(&sample_with(json!({"organization-scoped": false}))).is(201);
    let limited = limited.text("/data/relationships/oauth-tokens/data/0/id");
    let refused = owner.post("/stacks", &new_stack(&server.default_project(), &repository(&limited)));
    assert_eq!(refused.refused(422), ["/data/attributes/vcs-repo/oauth-token-id"]);
}

#[test]
fn stacks_have_an_order_however_it_is_spelled() {
    let server = Server::demo();
    let owner = server.owner();
    let (project, token) = (server.default_project(), owner.creates_client("my-organization").1);
    for name in ["b", "c", "a"] {
        let mut stack = new_stack(&project, &repository(&token));
        stack["data"]["attributes"]["name"] = json!(name);
        owner.post("/stacks", &stack).is(201);
    }
    server.sqlite().execute("UPDATE stacks SET updated_at = number", []).expect("updated");
    for (sort, expected) in [
        ("name", ["a", "b", "c"]),
        ("-name,", ["c", "b", "a"]),
        ("updated_at", ["b", "c", "a"]),
        ("-updated_at", ["a", "c", "b"]),
        ("-updated-at", ["a", "c", "b"]),
    ] {
        let found = owner.get(&format!("/organizations/my-organization/stacks?sort={sort}")).is(200).each("name");
        assert_eq!(found, expected, "{sort}");
    }
}
