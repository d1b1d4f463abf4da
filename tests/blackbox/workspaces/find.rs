//! Showing and listing.

use serde_json::json;

use super::WORKSPACES;
use crate::harness::Server;

#[test]
fn a_workspace_is_found_by_id_and_by_name() {
    let server = Server::demo();
    let owner = server.owner();
    let id = owner.creates_workspace("my-organization", "infra", None);
    let by_id = owner.get(&format!("/workspaces/{id}")).is(200);
    let by_name = owner.get("/organizations/MY-organization/workspaces/infra").is(200);
    assert_eq!(by_id.json(), by_name.json());
    owner.creates_organization("other");
    let not_found = [
        "/workspaces/nonexisting".to_owned(),
        "/workspaces/ws-1111111111111111".to_owned(),
        "/workspaces/infra".to_owned(),
        format!("{WORKSPACES}/nonexisting"),
        format!("{WORKSPACES}/{id}"),
        format!("{WORKSPACES}/infra%00"),
        "/organizations/other/workspaces/infra".to_owned(),
        "/organizations/nonexisting/workspaces/infra".to_owned(),
        "/organizations/nonexisting/workspaces".to_owned(),
    ];
    for path in not_found {
        owner.get(&path).is(404).golden("not_found");
    }
}

#[test]
fn workspaces_are_listed_by_the_page() {
    let server = Server::demo();
    let owner = server.owner();
    for n in 0..21 {
        owner.creates_workspace("my-organization", &format!("workspace-{n}"), None);
    }
    let first = owner.get(WORKSPACES).is(200);
    assert_eq!(first.list().len(), 20);
    let link = |number: u8| {
        json!(format!("{}/api/v2{WORKSPACES}?page%5Bnumber%5D={number}&page%5Bsize%5D=20", server.address))
    };
    let links = json!({"self": link(1), "first": link(1), "prev": null, "next": link(2), "last": link(2)});
    assert_eq!(first.at("/links"), links);
    let pagination = json!({
        "current-page": 1, "page-size": 20, "prev-page": null, "next-page": 2, "total-pages": 2, "total-count": 21
    });
    assert_eq!(first.at("/meta/pagination"), pagination);
    assert_eq!(owner.get(&format!("{WORKSPACES}?page[number]=2")).each("name"), ["workspace-20"]);
    assert!(owner.get(&format!("{WORKSPACES}?page[number]=3")).is(200).list().is_empty());
    assert_eq!(owner.get(&format!("{WORKSPACES}?page[number]=-1")).refused(400), ["page[number]"]);
}

#[test]
fn a_search_keeps_the_names_that_contain_it() {
    let server = Server::demo();
    let owner = server.owner();
    for name in ["network-prod", "network-test", "storage_prod"] {
        owner.creates_workspace("my-organization", name, None);
    }
    let search = |text: &str| owner.get(&format!("{WORKSPACES}?search%5Bname%5D={text}")).is(200).each("name");
    assert_eq!(search("network"), ["network-prod", "network-test"]);
    assert_eq!(search("prod"), ["network-prod", "storage_prod"]);
    assert_eq!(search(""), ["network-prod", "network-test", "storage_prod"]);
    // Nothing in a search is a pattern.
    for text in ["%25", "n%25d", "storage-prod", "*", "%27", "no-such"] {
        assert!(search(text).is_empty(), "{text}");
    }
    assert_eq!(search("_"), ["storage_prod"]);
    assert_eq!(search("PROD"), ["network-prod", "storage_prod"]);
    let page = owner.get(&format!("{WORKSPACES}?search[name]=network&page[size]=1")).is(200);
    assert_eq!(page.at("/meta/pagination/total-count"), json!(2));
    assert!(page.text("/links/next").contains("?search%5Bname%5D=network&page%5Bnumber%5D=2&"), "{}", page.body);
}

#[test]
fn the_list_document() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    owner.creates_workspace("my-organization", "linked", Some(&token));
    owner.creates_workspace("my-organization", "bare", None);
    owner.get(WORKSPACES).is(200).golden("workspaces.list");
}
