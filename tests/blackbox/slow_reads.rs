//! Requests that take the database too long are refused, and nothing else is.

use serde_json::json;

use crate::harness::Server;

const WORKSPACES: &str = "/organizations/my-organization/workspaces";
const MANY: &str = "WITH RECURSIVE n (x) AS (SELECT 100000 UNION ALL SELECT x + 1 FROM n LIMIT 3000)
    INSERT INTO workspaces (id, organization, project, name, created_at, updated_at)
    SELECT 'ws-aaaaaaaaaa' || replace(x, '0', 'a'), organizations.number, projects.number, 'many-' || x, 0, 0
    FROM n, organizations JOIN projects ON projects.organization = organizations.number
    WHERE organizations.name = 'my-organization'";

#[test]
fn a_list_that_takes_too_long_is_refused_with_what_to_do() {
    // Long enough for everything that is found by an index, and for nothing else.
    let server = Server::demo_with(&["--read-timeout", "1ns"]);
    server.sqlite().execute(MANY, []).expect("inserted");
    let owner = server.owner();
    for query in ["?search[name]=x", "?search[exclude-tags]=a,b&sort=-latest-change-at", "?filter[tagged][0][key]=k"] {
        let refused = owner.get(&format!("{WORKSPACES}{query}")).is(503);
        let detail = refused.at("/errors/0/detail");
        assert!(detail.as_str().is_some_and(|detail| detail.contains("Ask for less")), "{detail}");
    }
    owner.get(&format!("{WORKSPACES}/many-100000")).is(200);
    owner.post(WORKSPACES, &json!({"data": {"type": "workspaces", "attributes": {"name": "one-more"}}})).is(201);
    assert!(server.log().contains("could not be read in time"), "an operator can see it");
}

#[test]
fn by_default_the_same_lists_are_answered() {
    let server = Server::demo();
    server.sqlite().execute(MANY, []).expect("inserted");
    let owner = server.owner();
    let all = owner.get(&format!("{WORKSPACES}?search[exclude-tags]=a,b&sort=-latest-change-at&page[size]=1")).is(200);
    assert_eq!(all.at("/meta/pagination/total-count"), json!(3000));
    let last = owner.get(&format!("{WORKSPACES}?search[name]=MANY&page[number]=150")).is(200);
    assert_eq!((last.list().len(), last.at("/data/19/attributes/name")), (20, json!("many-102999")));
    assert_eq!(owner.get(&format!("{WORKSPACES}?search[name]=many&page[number]=151")).is(200).list().len(), 0);
}
