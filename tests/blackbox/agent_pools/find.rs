//! Lists and filters, and what members see.

use serde_json::{Value, json};

use super::{AGENT_POOLS, linkages, related, relating, tries};
use crate::harness::{Permission, Server, document};

#[test]
fn lists_come_by_the_page_in_the_order_of_creation() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    owner.creates_agent_pool("other", "not mine");
    for name in ["zebra", "ape", "cat"] {
        owner.creates_agent_pool("my-organization", name);
    }
    owner.get(AGENT_POOLS).is(200).golden("agent_pools.index");
    let found = |query: &str| {
        let answer = owner.get(&format!("{AGENT_POOLS}?{query}")).is(200);
        answer.each("name").iter().map(|name| name.as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("page[size]=2&page[number]=2"), ["cat"]);
    assert_eq!(found("page[size]=100&page[number]=999"), [""; 0]);
    assert_eq!(found("sort=created-at"), ["zebra", "ape", "cat"]);
    assert_eq!(found("sort=-created-at"), ["cat", "ape", "zebra"]);
    assert_eq!(found("sort=name"), ["ape", "cat", "zebra"]);
    assert_eq!(found("sort=-name"), ["zebra", "cat", "ape"]);
    assert_eq!(found("q=A&sort=name"), ["ape", "cat", "zebra"]);
    assert_eq!(found("q=Ze"), ["zebra"]);
    assert_eq!(found("q=%25"), [""; 0]);
    for (query, parameter) in [
        ("page[size]=x", "page[size]"),
        ("page[number]=x", "page[number]"),
        ("sort=created-by", "sort"),
        ("include=organization", "include"),
        ("filter[name]=x", "filter[name]"),
    ] {
        assert_eq!(owner.get(&format!("{AGENT_POOLS}?{query}")).refused(400), [parameter]);
    }
}

#[test]
fn pools_that_a_workspace_or_project_may_use() {
    let server = Server::demo();
    let owner = server.owner();
    let project = owner.creates_project("my-organization", "abc");
    let [one, two] = ["one", "two"].map(|name| owner.creates_workspace("my-organization", name, None));
    owner.post(&format!("/projects/{project}/relationships/workspaces"), &linkages("workspaces", &[&two])).is_done();
    let pool = |name: &str, is_scoped: bool, relationships: Value| {
        let given = relating(json!({"name": name, "organization-scoped": is_scoped}), relationships);
        owner.post(AGENT_POOLS, &given).is(201);
    };
    pool("everywhere", true, json!({}));
    pool("but-one", true, json!({"excluded-workspaces": linkages("workspaces", &[&one])}));
    pool("one-alone", false, json!({"allowed-workspaces": linkages("workspaces", &[&one])}));
    pool("project-alone", false, json!({"allowed-projects": linkages("projects", &[&project])}));
    pool("nowhere", false, json!({}));
    let found = |filter: &str, name: &str| {
        let answer = owner.get(&format!("{AGENT_POOLS}?filter[{filter}][name]={name}")).is(200);
        assert_eq!(answer.at("/meta/pagination/total-count"), json!(answer.list().len()));
        answer.each("name").iter().map(|name| name.as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("allowed_workspaces", "one"), ["everywhere", "one-alone"]);
    assert_eq!(found("allowed_workspaces", "two"), ["everywhere", "but-one", "project-alone"]);
    assert_eq!(found("allowed_workspaces", "nothing"), [""; 0]);
    assert_eq!(found("allowed_workspaces", "").len(), 5);
    assert_eq!(found("allowed_projects", "ABC"), ["everywhere", "but-one", "project-alone"]);
    assert_eq!(found("allowed_projects", "Default%20Project"), ["everywhere", "but-one"]);
    assert_eq!(found("allowed_projects", "nothing"), [""; 0]);
}

#[test]
fn members_see_pools_and_of_their_links_what_they_may_see() {
    let server = Server::demo();
    let owner = server.owner();
    let workspace = owner.creates_workspace("my-organization", "one", None);
    let project = owner.creates_project("my-organization", "abc");
    let relationships = json!({
        "allowed-workspaces": linkages("workspaces", &[&workspace]),
        "excluded-workspaces": linkages("workspaces", &[&workspace]),
        "allowed-projects": linkages("projects", &[&project])
    });
    let id = owner.post(AGENT_POOLS, &relating(json!({"name": "pool"}), relationships)).is(201).text("/data/id");
    assert_eq!(server.sqlite().execute("UPDATE workspaces SET agent_pool = 1", []), Ok(1));
    let path = format!("/agent-pools/{id}");

    let member = server.member("mia", &[]);
    let shown = member.get(&path).is(200);
    for name in ["workspaces", "allowed-workspaces", "excluded-workspaces", "allowed-projects"] {
        assert_eq!(related(&shown, name), [""; 0], "{name}");
        assert_eq!(related(&owner.get(&path).is(200), name).len(), 1, "{name}");
    }
    assert_eq!(member.get(AGENT_POOLS).is(200).at("/data/0"), shown.at("/data"));
    for filter in ["filter[allowed_workspaces][name]=one", "filter[allowed_projects][name]=abc"] {
        assert_eq!(member.get(&format!("{AGENT_POOLS}?{filter}")).is(200).list().len(), 0, "{filter}");
    }
    let manager = server.member("max", &[Permission::ManageAgentPools]);
    assert_eq!(manager.get(&path).is(200).at("/data"), owner.get(&path).is(200).at("/data"));
    manager.patch(&path, &document("agent-pools", json!({"name": "renamed"}))).is(200);
    tries(&manager, json!({"name": "mine"})).is(201);
}

#[test]
fn the_workspaces_of_a_pool_are_included() {
    let server = Server::demo();
    let owner = server.owner();
    let pool = owner.creates_agent_pool("my-organization", "pool");
    let attributes = json!({"name": "infra", "execution-mode": "agent", "agent-pool-id": pool});
    let workspace =
        owner.post("/organizations/my-organization/workspaces", &document("workspaces", attributes)).is(201);
    owner.creates_workspace("my-organization", "other", None);
    for path in [format!("/agent-pools/{pool}"), AGENT_POOLS.to_owned()] {
        let included = |what: &str| owner.get(&format!("{path}?include={what}")).is(200).at("/included");
        assert_eq!(included("workspaces"), json!([workspace.at("/data")]), "{path}");
        assert_eq!(included("hyok-configurations"), json!([]), "{path}");
    }
    let mia = server.member("mia", &[]);
    assert_eq!(mia.get(&format!("/agent-pools/{pool}?include=workspaces")).is(200).at("/included"), json!([]));
}
