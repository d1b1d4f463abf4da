//! OAuth tokens through the API.

use serde_json::json;

use crate::harness::{Server, document};

#[test]
fn a_token_is_shown_without_its_secret() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let shown = owner.get(&format!("/oauth-tokens/{token}")).is(200).golden("oauth_tokens.show");
    assert_eq!(shown.text("/data/id"), token);
    assert_eq!(shown.text("/data/relationships/oauth-client/data/id"), client);
    let link = shown.text("/data/relationships/oauth-client/links/related");
    assert_eq!(owner.get(&format!("!{link}")).is(200).text("/data/id"), client);
    assert_eq!(owner.get(&format!("!{}", shown.text("/data/links/self"))).is(200).json(), shown.json());
}

#[test]
fn both_links_list_the_tokens_of_a_client() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    // Another client's token must not show up.
    owner.creates_client("my-organization");
    let listed = owner.get(&format!("/oauth-clients/{client}/oauth-tokens")).is(200).golden("oauth_tokens.list");
    assert_eq!(listed.each("id"), [json!(token)]);
    assert_eq!(listed.at("/data/0"), owner.get(&format!("/oauth-tokens/{token}")).at("/data"));
    let link = owner.get(&format!("/oauth-clients/{client}")).text("/data/relationships/oauth-tokens/links/related");
    assert_eq!(link, format!("/api/v2/oauth-tokens/{client}"));
    assert_eq!(owner.get(&format!("!{link}")).is(200).json(), listed.json());
}

#[test]
fn a_list_of_tokens_comes_by_the_page_if_asked_to() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    for path in [format!("/oauth-clients/{client}/oauth-tokens"), format!("/oauth-tokens/{client}")] {
        let page = |query: &str| owner.get(&format!("{path}?{query}"));
        let first = page("page%5Bsize%5D=1").is(200);
        assert_eq!(first.each("id"), [json!(token)]);
        let pagination = json!({
            "current-page": 1, "page-size": 1, "prev-page": null, "next-page": null, "total-pages": 1, "total-count": 1
        });
        assert_eq!(first.at("/meta/pagination"), pagination);
        let link = format!("{}/api/v2{path}?page%5Bnumber%5D=1&page%5Bsize%5D=1", server.address);
        assert_eq!(first.text("/links/self"), link);
        let past = page("page[number]=999&page[size]=100").is(200);
        assert!(past.list().is_empty());
        assert_eq!(past.at("/meta/pagination/current-page"), json!(999));
        assert_eq!(past.at("/meta/pagination/total-count"), json!(1));
        assert_eq!(page("page[size]=101").refused(400), ["page[size]"]);
        assert_eq!(page("page[number]=0").refused(400), ["page[number]"]);
    }
}

#[test]
fn a_client_without_a_token_has_an_empty_list() {
    let server = Server::demo();
    let owner = server.owner();
    let attributes =
        json!({"service-provider": "bitbucket_server", "http-url": "https://x.test", "api-url": "https://x.test"});
    let client = owner.tries_client(&document("oauth-clients", attributes)).is(201).text("/data/id");
    for path in [format!("/oauth-clients/{client}/oauth-tokens"), format!("/oauth-tokens/{client}")] {
        assert_eq!(owner.get(&path).is(200).json(), json!({"data": []}));
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let paths = [
        "/oauth-tokens/nonexisting".to_owned(),
        "/oauth-tokens/ot-1111111111111111".to_owned(),
        "/oauth-tokens/oc-1111111111111111".to_owned(),
        "/oauth-clients/nonexisting/oauth-tokens".to_owned(),
        "/oauth-clients/oc-1111111111111111/oauth-tokens".to_owned(),
        format!("/oauth-clients/{token}/oauth-tokens"),
        format!("/oauth-tokens/{client}%00"),
        format!("/oauth-tokens/{token}/"),
    ];
    for path in paths {
        owner.get(&path).is(404).golden("not_found");
    }
}

#[test]
fn tokens_go_with_their_client() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let (_, other) = owner.creates_client("my-organization");
    owner.delete(&format!("/oauth-clients/{client}")).is_done();
    for gone in [format!("/oauth-tokens/{token}"), format!("/oauth-tokens/{client}")] {
        owner.get(&gone).is(404).golden("not_found");
    }
    owner.get(&format!("/oauth-tokens/{other}")).is(200);
}
