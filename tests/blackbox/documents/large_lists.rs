//! No document without bound: lists of what is large come in pages, and no page is too large.

use serde_json::{Value, json};

use crate::harness::{Caller, Server, sample_of_2018};

/// Connections whose texts are some 8 KB each.
fn creates_large_clients(owner: &Caller, count: usize) {
    let mut document = sample_of_2018();
    document["data"]["attributes"]["rsa-public-key"] = json!("x".repeat(8 * 1024));
    for _ in 0..count {
        owner.post("/organizations/my-organization/oauth-clients", &document).is(201);
    }
}

#[test]
fn a_list_that_is_too_large_to_be_whole_comes_in_pages() {
    const PATH: &str = "/organizations/my-organization/oauth-clients";
    let server = Server::demo();
    let owner = server.owner();
    creates_large_clients(&owner, 110);
    let whole = owner.get(PATH).is(200);
    assert_eq!((whole.list().len(), whole.at("/meta")), (110, Value::Null));
    creates_large_clients(&owner, 20);
    let first = owner.get(PATH).is(200);
    assert_eq!(first.list().len(), 20);
    assert_eq!(first.at("/meta/pagination/total-count"), 130);
    assert_eq!(first.at("/meta/pagination/next-page"), 2);
    assert_eq!(first.list(), owner.get(&format!("{PATH}?page[number]=1")).is(200).list());
    assert_eq!(owner.get(&format!("{PATH}?page[size]=100&include=oauth_tokens")).is(200).list().len(), 100);
}

#[test]
fn a_page_that_would_be_too_large_is_refused_and_a_smaller_one_is_not() {
    const PATH: &str = "/organizations/my-organization/workspaces";
    let server = Server::demo();
    let owner = server.owner();
    let patterns = vec!["🔑".repeat(1024); 100];
    for n in 0..10 {
        let attributes = json!({"name": format!("large-{n}"), "trigger-patterns": patterns});
        owner.post(PATH, &json!({"data": {"type": "workspaces", "attributes": attributes}})).is(201);
    }
    for query in ["", "?page[size]=10", "?page[number]=1&page[size]=3"] {
        let refused = owner.get(&format!("{PATH}{query}"));
        assert_eq!(refused.refused(400), ["page[size]"], "{query}");
    }
    let page = owner.get(&format!("{PATH}?page[number]=5&page[size]=2")).is(200);
    assert_eq!((page.list().len(), page.at("/meta/pagination/total-count")), (2, json!(10)));
    assert_eq!(page.at("/data/1/attributes/trigger-patterns"), json!(patterns));
}

/// What names very many others is as large as what has long texts.
#[test]
fn linkage_is_counted_too() {
    let server = Server::demo();
    let owner = server.owner();
    server.links_many(&owner.creates_client("my-organization").1, 300);
    let ids = |count: u32| {
        format!(
            "WITH RECURSIVE n (x) AS (SELECT 1111 UNION ALL SELECT x + 1 FROM n LIMIT {count}),
                            w AS (SELECT replace(x, '0', 'A') AS id FROM n)"
        )
    };
    let (n, teams) = (ids(100), ids(300));
    let all = "(SELECT number AS workspace FROM workspaces WHERE name LIKE 'many-%')";
    let sql = format!(
        "INSERT INTO policy_sets (id, organization, name, is_global, settings, created_at, updated_at)
           {n} SELECT 'polset-111111111111' || id, 1, id, 0, '{{}}', 0, 0 FROM w;
         INSERT INTO policy_set_workspaces SELECT number, workspace, 0 FROM policy_sets, {all};
         INSERT INTO variable_sets (id, organization, name, description, is_global, is_priority, created_at, updated_at)
           {n} SELECT 'varset-111111111111' || id, 1, id, '', 0, 0, 0, 0 FROM w;
         INSERT INTO variable_set_workspaces SELECT number, workspace FROM variable_sets, {all};
         INSERT INTO agent_pools (id, organization, name, created_at)
           {n} SELECT 'apool-111111111111' || id, 1, id, 0 FROM w;
         INSERT INTO agent_pool_allowed_workspaces SELECT number, workspace FROM agent_pools, {all};
         INSERT INTO teams (id, organization, name, created_at)
           {teams} SELECT 'team-111111111111' || id, 1, id, 0 FROM w;
         INSERT INTO organization_memberships (id, organization, email, created_at)
           {n} SELECT 'ou-111111111111' || id, 1, id || '@example.com', 0 FROM w;
         INSERT INTO team_members SELECT teams.number, organization_memberships.number FROM teams, organization_memberships
           WHERE teams.name != 'owners' AND user IS NULL;"
    );
    server.sqlite().execute_batch(&sql).expect("linked");
    for list in ["policy-sets", "varsets", "agent-pools", "organization-memberships"] {
        let path = format!("/organizations/my-organization/{list}");
        assert_eq!(owner.get(&format!("{path}?page[size]=100")).refused(400), ["page[size]"], "{list}");
        assert_eq!(owner.get(&format!("{path}?page[size]=50&page[number]=1")).is(200).list().len(), 50, "{list}");
    }
}
