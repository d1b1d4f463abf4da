//! Showing one and listing all.

use serde_json::{Value, json};

use super::CLIENTS;
use crate::harness::{Caller, Server, sample_of_2018, sample_with};

/// Creates clients with these names; gives their documents.
fn creates_named(owner: &Caller, names: &[&str]) -> Vec<Value> {
    let create = |name: &&str| owner.tries_client(&sample_with(json!({"name": name}))).is(201).at("/data");
    names.iter().map(create).collect()
}

#[test]
fn a_list_that_is_not_asked_for_by_the_page_is_whole_and_in_the_order_of_creation() {
    let server = Server::demo();
    let owner = server.owner();
    owner.get(CLIENTS).is(200).golden("oauth_clients.list.empty");
    let names: Vec<String> = (0..21).map(|n| format!("client {n}")).collect();
    let created = creates_named(&owner, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let list = owner.get(CLIENTS).is(200);
    assert_eq!(list.json(), json!({ "data": created }), "every item is what creation answered, and nothing beside");
}

#[test]
fn the_list_document() {
    let server = Server::demo();
    creates_named(&server.owner(), &["first", "second"]);
    server.owner().get(CLIENTS).is(200).golden("oauth_clients.list.whole");
}

#[test]
fn a_list_shows_its_own_organization_alone() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let (ours, _) = owner.creates_client("my-organization");
    let (theirs, _) = owner.creates_client("other");
    assert_eq!(owner.get(CLIENTS).each("id"), [json!(ours)]);
    let list = owner.get("/organizations/other/oauth-clients");
    assert_eq!(list.each("id"), [json!(theirs)]);
    let connect_path = list.text("/data/0/attributes/connect-path");
    assert!(connect_path.ends_with("?organization_id=2"), "the organization's own number: {connect_path}");
}

#[test]
fn pages_hold_what_they_say_and_link_to_each_other() {
    let server = Server::demo();
    let owner = server.owner();
    creates_named(&owner, &["a", "b", "c", "d", "e"]);
    let page = |query: &str| owner.get(&format!("{CLIENTS}?{query}")).is(200);
    page("page[number]=2&page[size]=2").golden("oauth_clients.list.page_2_of_3");
    page("page%5Bnumber%5D=2&page%5Bsize%5D=2").golden("oauth_clients.list.page_2_of_3");
    page("page[number]=999&page[size]=100").golden("oauth_clients.list.page_past_the_end");
    assert_eq!(page("page[size]=2").each("name"), ["a", "b"]);
    assert_eq!(page("page[number]=3&page[size]=2").each("name"), ["e"]);
    assert_eq!(page("page[number]=1").at("/meta/pagination/page-size"), json!(20));
    assert_eq!(page("page[size]=100").list().len(), 5);
    assert_eq!(page("page[number]=4294967295&page[size]=100").list().len(), 0);

    // By the links alone from the first page to the last, and back again.
    let (mut at, mut seen) = (page("page[size]=2"), vec![]);
    let follow = |link: &str| owner.get(&format!("!{}", link.strip_prefix(&server.address).expect("absolute"))).is(200);
    loop {
        seen.extend(at.each("name"));
        match at.at("/links/next") {
            Value::String(next) => at = follow(&next),
            _ => break,
        }
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    assert_eq!(at.at("/links/self"), at.at("/links/last"));
    assert_eq!(follow(&at.text("/links/prev")).each("name"), ["c", "d"]);
    assert_eq!(follow(&at.text("/links/first")).each("name"), ["a", "b"]);
}

#[test]
fn an_empty_list_has_one_empty_page() {
    let server = Server::demo();
    server.owner().get(&format!("{CLIENTS}?page[number]=1")).is(200).golden("oauth_clients.list.page_of_nothing");
}

#[test]
fn links_keep_the_other_parameters() {
    let server = Server::demo();
    let list = server.owner().get(&format!("{CLIENTS}?p=a%20b%26c&page[size]=1&x[y]=%C3%A9&flag")).is(200);
    let query = "p=a%20b%26c&x%5By%5D=%C3%A9&flag=&page%5Bnumber%5D=1&page%5Bsize%5D=1";
    assert_eq!(list.text("/links/self"), format!("{}/api/v2{CLIENTS}?{query}", server.address));
}

#[test]
fn a_page_out_of_range_is_refused_by_name() {
    let server = Server::demo();
    let owner = server.owner();
    for (parameter, status, values) in [
        ("page[number]", 400, ["-1", "+1", "x", "", "1.5", "1e3", "4294967296", "99999999999999999999999"].as_slice()),
        ("page[size]", 400, ["x", "", "1.5", "1e3", "+1"].as_slice()),
        ("page[size]", 422, ["0", "-1", "101", "4294967296", "99999999999999999999999"].as_slice()),
    ] {
        for value in values {
            let answer = owner.get(&format!("{CLIENTS}?{parameter}={value}"));
            assert_eq!(answer.refused(status), [parameter], "{value}");
        }
    }
    owner.get(&format!("{CLIENTS}?page[size]=101")).is(422).golden("oauth_clients.list.page_size_out_of_range");
}

#[test]
fn a_list_too_long_to_be_given_whole_comes_by_the_page_unasked() {
    let server = Server::demo();
    let owner = server.owner();
    let insert = |from: i64, to: i64| {
        server
            .sqlite()
            .execute(
                "WITH RECURSIVE n(i) AS (VALUES (?1) UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
                 INSERT INTO oauth_clients (id, organization, callback, service_provider, http_url, api_url,
                                            organization_scoped, created_at, updated_at)
                 SELECT 'oc-' || replace(1111111111111111 + i, '0', 'A'), 1, randomblob(16), 'bitbucket_server', 'https://x.test',
                        'https://x.test', 1, 0, 0 FROM n",
                (from, to),
            )
            .expect("inserted")
    };
    insert(1, 1000);
    let whole = owner.get(CLIENTS).is(200);
    assert_eq!((whole.list().len(), whole.at("/meta")), (1000, Value::Null));
    insert(1001, 1001);
    let paged = owner.get(CLIENTS).is(200);
    assert_eq!(paged.list().len(), 20);
    let pagination = json!({
        "current-page": 1, "page-size": 20, "prev-page": null, "next-page": 2, "total-pages": 51, "total-count": 1001
    });
    assert_eq!(paged.at("/meta/pagination"), pagination);
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = Server::demo();
    let owner = server.owner();
    let unknown = owner.get("/oauth-clients/oc-1111111111111111").is(404).golden("not_found");
    for id in ["nonexisting", "oc-", "oc-0000000000000000", "ot-1111111111111111", "oc-11111111111111111", "%20", "é"]
    {
        let id = if id == "é" { "%C3%A9" } else { id };
        assert_eq!(owner.get(&format!("/oauth-clients/{id}")).is(404).body, unknown.body, "{id}");
    }
    assert_eq!(owner.get("/organizations/nonexisting/oauth-clients").is(404).body, unknown.body);
    let refused = owner.post("/organizations/nonexisting/oauth-clients", &sample_of_2018()).is(404);
    assert_eq!(refused.body, unknown.body);
}

#[test]
fn head_tells_what_get_would() {
    let server = Server::demo();
    let (id, _) = server.owner().creates_client("my-organization");
    let path = format!("/oauth-clients/{id}");
    let (get, head) = (server.owner().get(&path).is(200), server.owner().send("HEAD", &path, None, &[]).is(200));
    assert_eq!(head.body, "");
    assert_eq!(head.header("Content-Length"), get.header("Content-Length"));
    assert_eq!(head.header("Content-Type"), get.header("Content-Type"));
}
