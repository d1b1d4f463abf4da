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
