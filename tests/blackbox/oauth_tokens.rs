//! OAuth tokens through the API.

use serde_json::json;

use crate::harness::{Server, document, sample_with};

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
        assert_eq!(page("page[size]=101").refused(422), ["page[size]"]);
        assert_eq!(page("page[number]=0").is(200).json(), page("page[number]=1").is(200).json());
        assert_eq!(page("page[number]=-1").refused(400), ["page[number]"]);
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

const RSA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa.pem"));
const WITH_PASSPHRASE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/openssh_with_passphrase.pem"));

#[test]
fn an_organizations_tokens_are_listed_and_kept_by_provider() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, first) = owner.creates_client("my-organization");
    let gitlab = sample_with(json!({"service-provider": "gitlab_hosted"}));
    let second = owner.tries_client(&gitlab).is(201).text("/data/relationships/oauth-tokens/data/0/id");
    let without = sample_with(json!({"service-provider": "bitbucket_server", "oauth-token-string": ""}));
    owner.tries_client(&without).is(201);
    owner.creates_organization("other");
    owner.creates_client("other");
    let path = "/organizations/my-organization/oauth-tokens";
    let listed = owner.get(path).is(200).golden("oauth_tokens.of_organization");
    assert_eq!(listed.each("id"), [json!(first), json!(second)]);
    for (provider, expected) in [
        ("github", vec![json!(first)]),
        ("gitlab_hosted", vec![json!(second)]),
        ("gitea", vec![]),
        ("", vec![json!(first), json!(second)]),
    ] {
        assert_eq!(owner.get(&format!("{path}?filter%5Bprovider%5D={provider}")).is(200).each("id"), expected);
    }
    let page = owner.get(&format!("{path}?page[size]=1&page[number]=2")).is(200);
    assert_eq!((page.each("id"), page.at("/meta/pagination/total-count")), (vec![json!(second)], json!(2)));
    assert_eq!(owner.get(&format!("{path}?filter[name]=x")).refused(400), ["filter[name]"]);
    assert_eq!(owner.get(&format!("{path}?include=oauth_client")).refused(400), ["include"]);
}

#[test]
fn an_ssh_key_is_put_beside_a_token_and_taken_away() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let path = format!("/oauth-tokens/{token}");
    let patch = |attributes| owner.patch(&path, &document("oauth-tokens", attributes)).is(200);
    let before = owner.get(&path).json();
    // Without any attributes, as go-tfe sends it.
    assert_eq!(owner.patch(&path, &json!({"data": {"type": "oauth-tokens"}})).is(200).json(), before);
    assert_eq!(patch(json!({})).json(), before);
    let with_key = patch(json!({"ssh-key": RSA.trim_end()})).golden("oauth_tokens.update");
    assert_eq!(with_key.at("/data/attributes/has-ssh-key"), json!(true));
    assert_eq!(owner.get(&path).json(), with_key.json());
    assert_eq!(patch(json!({})).json(), with_key.json());
    assert!(server.cli(&["check"]).contains("secrets: ok"));
    for nothing in [json!(null), json!("")] {
        patch(json!({"ssh-key": RSA}));
        assert_eq!(patch(json!({"ssh-key": nothing})).json(), before);
    }
}

#[test]
fn what_is_no_ssh_key_is_refused_in_the_known_words() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let path = format!("/oauth-tokens/{token}");
    let before = server.contents();
    for key in ["92ab7d74-3fd1-4ca7-9fe7-5f1f4c6a1d5b", "-----BEGIN RSA PRIVATE KEY-----", WITH_PASSPHRASE] {
        let answer = owner.patch(&path, &document("oauth-tokens", json!({"ssh-key": key})));
        assert_eq!(answer.refused(422), ["/data/attributes/ssh-key"]);
        assert!(answer.text("/errors/0/detail").starts_with("Ssh key is invalid"), "{}", answer.body);
        assert_eq!(answer.text("/errors/0/title"), "invalid attribute");
    }
    let answer = owner.patch(&path, &document("oauth-tokens", json!({"ssh-key": 7})));
    assert_eq!(answer.refused(422), ["/data/attributes/ssh-key"]);
    let answer = owner.patch(&path, &json!({"data": {"type": "oauth-clients", "id": "ot-1111111111111111"}}));
    assert_eq!(answer.refused(422), ["/data/type", "/data/id"]);
    assert_eq!(server.contents(), before);
}

#[test]
fn a_deleted_token_leaves_its_client_and_unlinks_its_workspaces() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let (_, other) = owner.creates_client("my-organization");
    let workspace = owner.creates_workspace("my-organization", "linked", Some(&token));
    let kept = owner.creates_workspace("my-organization", "kept", Some(&other));
    let path = format!("/oauth-tokens/{token}");
    let trail = server.trail(0).len();
    owner.delete(&path).is_done();
    owner.get(&path).is(404).golden("not_found");
    owner.delete(&path).is(404).golden("not_found");
    let shown = owner.get(&format!("/oauth-clients/{client}")).is(200);
    assert_eq!(shown.at("/data/relationships/oauth-tokens/data"), json!([]));
    assert!(owner.get(&format!("/oauth-clients/{client}/oauth-tokens")).is(200).list().is_empty());
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).at("/data/attributes/vcs-repo"), json!(null));
    assert_eq!(owner.get(&format!("/workspaces/{kept}")).text("/data/attributes/vcs-repo/oauth-token-id"), other);
    let told: Vec<String> =
        server.trail(trail).iter().map(|event| event.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(told, [format!("unlink workspace {workspace}"), format!("destroy oauth_token {token}")]);
    owner.delete(&format!("/oauth-clients/{client}")).is_done();
}

#[test]
fn tokens_that_are_deleted_while_workspaces_are_linked_leave_no_orphan() {
    let server = Server::demo();
    let owner = server.owner();
    let tokens: Vec<String> = (0..8).map(|_| owner.creates_client("my-organization").1).collect();
    let barrier = std::sync::Barrier::new(64);
    std::thread::scope(|scope| {
        for n in 0..64 {
            let (server, token, barrier) = (&server, &tokens[n % 8], &barrier);
            scope.spawn(move || {
                let owner = server.owner();
                barrier.wait();
                let status = if n < 8 {
                    owner.delete(&format!("/oauth-tokens/{token}")).status
                } else {
                    let link = json!({"identifier": "acme/infra", "oauth-token-id": token});
                    let attributes = json!({"name": format!("w-{n}"), "vcs-repo": link});
                    owner.post("/organizations/my-organization/workspaces", &document("workspaces", attributes)).status
                };
                assert!([201, 204, 422].contains(&status), "{status}");
            });
        }
    });
    assert_eq!(server.number("SELECT count(*) FROM oauth_tokens"), 0);
    assert_eq!(server.number("SELECT count(*) FROM repository_links"), 0);
    assert!(server.cli(&["check"]).contains("foreign keys: ok"));
}
