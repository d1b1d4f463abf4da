//! Changes of a client.

use serde_json::{Value, json};

use super::CLIENTS;
use crate::harness::{Answer, Caller, Server, document, sample_with};

fn change(attributes: Value) -> Value {
    document("oauth-clients", attributes)
}

fn path(id: &str) -> String {
    format!("/oauth-clients/{id}")
}

/// A client of Bitbucket Data Center with its application link.
fn creates_application_link(owner: &Caller) -> Answer {
    let attributes = json!({
        "service-provider": "bitbucket_data_center", "http-url": "https://bbdc.test", "api-url": "https://bbdc.test",
        "key": "consumer", "secret": "-----BEGIN x", "rsa-public-key": "\npublic\n", "oauth-token-string": ""
    });
    owner.tries_client(&change(attributes)).is(201)
}

#[test]
fn what_is_given_changes_and_the_rest_stays() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, token) = owner.creates_client("my-organization");
    let before = owner.get(&path(&id)).json();
    let changes = [
        ("name", json!("Sandbox")),
        ("key", json!("foo")),
        ("organization-scoped", json!(false)),
        ("rsa-public-key", json!("public")),
        ("ado-entra-tenant-id", json!("tenant")),
        ("name", json!(null)),
        ("name", json!("")),
        ("key", json!(null)),
        ("key", json!("bar")),
        ("key", json!("")),
        ("rsa-public-key", json!("")),
    ];
    let mut expected = before["data"]["attributes"].clone();
    for (attribute, value) in changes {
        let answer = owner.patch(&path(&id), &change(json!({attribute: value}))).is(200);
        // An empty text takes away what there is, but a name may be empty.
        let emptied = attribute != "name" && value == json!("");
        expected[attribute] = if emptied { Value::Null } else { value };
        expected["updated-at"] = answer.at("/data/attributes/updated-at");
        assert_eq!(answer.at("/data/attributes"), expected);
        assert_eq!(owner.get(&path(&id)).json(), answer.json());
    }
    let answer = owner.patch(&path(&id), &change(json!({"key": "foo", "name": "Sandbox"}))).is(200);
    answer.golden("oauth_clients.update");
    assert_eq!(owner.get(&path(&id)).text("/data/relationships/oauth-tokens/data/0/id"), token);
}

#[test]
fn nothing_given_changes_nothing_but_the_time() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let mut before = owner.get(&path(&id)).json();
    let documents = [
        json!({"data": {"type": "oauth-clients"}}),
        json!({"data": {"type": "oauth-clients", "id": id, "attributes": {}}}),
        change(json!({"oauth-token-string": "", "secret": "", "private-key": "x", "ado-org-name": "-"})),
        change(
            json!({"service-provider": "gitlab_hosted", "http-url": "https://a.test", "api-url": "x", "id": "oc-1"}),
        ),
    ];
    for document in documents {
        let after = owner.patch(&path(&id), &document).is(200).json();
        before["data"]["attributes"]["updated-at"] = after["data"]["attributes"]["updated-at"].clone();
        assert_eq!(after, before, "{document}");
    }
}

#[test]
fn a_new_token_goes_into_the_old_ones_place_and_keeps_its_links() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, token) = owner.creates_client("my-organization");
    let workspace = owner.creates_workspace("my-organization", "infra", Some(&token));
    let sealed = || -> Vec<u8> {
        let sql = "SELECT token_sealed FROM oauth_tokens";
        server.sqlite().query_row(sql, [], |row| row.get(0)).expect("one token")
    };
    let before = sealed();
    let trail = server.trail(0).len();
    owner.patch(&path(&id), &change(json!({"oauth-token-string": "a-new-one"}))).is(200);
    assert_ne!(sealed(), before);
    assert_eq!(owner.get(&format!("/oauth-clients/{id}/oauth-tokens")).each("id"), [json!(token)]);
    let link = owner.get(&format!("/workspaces/{workspace}")).text("/data/attributes/vcs-repo/oauth-token-id");
    assert_eq!(link, token);
    let told: Vec<String> =
        server.trail(trail).iter().map(|event| event.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(told, [format!("update oauth_client {id}"), format!("update oauth_token {token}")]);
    // What the provider sends on each update of a client without a configured token.
    let before = sealed();
    owner.patch(&path(&id), &change(json!({"oauth-token-string": "", "organization-scoped": true}))).is(200);
    assert_eq!(sealed(), before);
    assert!(server.cli(&["check"]).contains("secrets: ok"));
}

/// What the provider said about the old text is not about the new one. The SSH key is the client's own.
#[test]
fn a_new_token_ends_all_that_is_known_of_the_old_one() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, token) = owner.creates_client("my-organization");
    server.puts_refresh_token(&token);
    let break_it =
        "UPDATE oauth_tokens SET expires_at = 1, scope = 'repo', service_provider_user = 'ada', state = 'broken',
                      broken_reason = 'revoked', source = 'web flow', ssh_key_sealed = token_sealed";
    assert_eq!(server.sqlite().execute(break_it, []), Ok(1));
    owner.patch(&path(&id), &change(json!({"oauth-token-string": "a-new-one"}))).is(200);
    let anew = "SELECT count(*) FROM oauth_tokens
                WHERE refresh_token_sealed IS NULL AND expires_at IS NULL AND scope = '' AND service_provider_user = ''
                  AND state = 'usable' AND broken_reason IS NULL AND source = 'api' AND ssh_key_sealed IS NOT NULL";
    assert_eq!(server.number(anew), 1);
}

#[test]
fn a_client_without_a_token_gets_one() {
    let server = Server::demo();
    let owner = server.owner();
    let created = creates_application_link(&owner);
    assert_eq!(created.at("/data/relationships/oauth-tokens/data"), json!([]));
    let id = created.text("/data/id");
    let changed = owner.patch(&path(&id), &change(json!({"oauth-token-string": "first"}))).is(200);
    let token = changed.text("/data/relationships/oauth-tokens/data/0/id");
    owner.get(&format!("/oauth-tokens/{token}")).is(200);
    let again = owner.patch(&path(&id), &change(json!({"oauth-token-string": "second"}))).is(200);
    assert_eq!(again.text("/data/relationships/oauth-tokens/data/0/id"), token);
    // And again once it was deleted.
    owner.delete(&format!("/oauth-tokens/{token}")).is_done();
    let third = owner.patch(&path(&id), &change(json!({"oauth-token-string": "third"}))).is(200);
    assert_ne!(third.text("/data/relationships/oauth-tokens/data/0/id"), token);
    assert_eq!(server.number("SELECT count(*) FROM oauth_tokens"), 1);
    assert!(server.cli(&["check"]).contains("secrets: ok"));
}

#[test]
fn an_application_link_stays_whole() {
    let server = Server::demo();
    let owner = server.owner();
    let created = creates_application_link(&owner);
    let id = created.text("/data/id");
    let changed = owner.patch(&path(&id), &change(json!({"key": "another"}))).is(200);
    assert_eq!(changed.text("/data/attributes/key"), "another");
    assert_eq!(changed.text("/data/attributes/rsa-public-key"), "\npublic\n");
    let refused = [
        (json!({"key": ""}), "key"),
        (json!({"key": null}), "key"),
        (json!({"secret": null}), "secret"),
        (json!({"secret": ""}), "secret"),
        (json!({"rsa-public-key": ""}), "rsa-public-key"),
    ];
    let before = server.contents();
    for (attributes, attribute) in refused {
        let answer = owner.patch(&path(&id), &change(attributes));
        assert_eq!(answer.refused(422), [format!("/data/attributes/{attribute}")]);
        if attribute == "key" {
            answer.golden("oauth_clients.update.without_consumer_key");
        }
    }
    assert_eq!(server.contents(), before);
    owner.patch(&path(&id), &change(json!({"secret": null, "rsa-public-key": null}))).is(200);
    assert_eq!(server.number("SELECT count(*) FROM oauth_clients WHERE secret_sealed IS NOT NULL"), 0);
    // Which leaves nothing that the other half could be missing from.
    let answer = owner.patch(&path(&id), &change(json!({"secret": "x"})));
    assert_eq!(answer.refused(422), ["/data/attributes/rsa-public-key"]);
}

#[test]
fn everything_wrong_is_named_at_once_and_nothing_is_changed() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let long = "x".repeat(70_000);
    let document = json!({"data": {
        "type": "oauth-tokens",
        "id": "oc-1111111111111111",
        "attributes": {
            "name": "x".repeat(256), "key": 7, "secret": long, "rsa-public-key": "\u{1}", "oauth-token-string": "a\nb",
            "organization-scoped": "yes", "ado-entra-tenant-id": "x".repeat(256), "private-key": ["x"]
        },
        "relationships": {
            "projects": {"data": [{"type": "projects"}, {"type": "workspaces", "id": "ws-1"}, 7]},
            "agent-pool": {"data": {"type": "pools", "id": "apool-1111111111111111"}}
        }
    }});
    let before = server.contents();
    let mut named = owner.patch(&path(&id), &document).refused(422);
    named.sort();
    let attributes = ["ado-entra-tenant-id", "key", "name", "oauth-token-string", "organization-scoped", "private-key"];
    let mut expected: Vec<String> = attributes
        .iter()
        .chain(&["rsa-public-key", "secret"])
        .map(|name| format!("/data/attributes/{name}"))
        .chain(["/data/id", "/data/type"].map(str::to_owned))
        .chain(
            ["agent-pool/data", "projects/data/0", "projects/data/1", "projects/data/2"]
                .map(|at| format!("/data/relationships/{at}")),
        )
        .collect();
    expected.sort();
    assert_eq!(named, expected);
    for (attributes, name) in
        [(json!({"organization-scoped": null}), "organization-scoped"), (json!({"name": " "}), "name")]
    {
        let answer = owner.patch(&path(&id), &change(attributes));
        assert_eq!(answer.refused(422), [format!("/data/attributes/{name}")]);
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn azure_devops_keeps_to_its_own_attributes() {
    let server = Server::demo();
    let owner = server.owner();
    let services =
        json!({"service-provider": "ado_services", "http-url": "https://dev.azure.com", "ado-org-name": "acme"});
    let id = owner.tries_client(&sample_with(services)).is(201).text("/data/id");
    let changed = owner.patch(&path(&id), &change(json!({"ado-org-name": "acme-2"}))).is(200);
    assert_eq!(changed.text("/data/attributes/ado-org-name"), "acme-2");
    assert_eq!(
        owner.patch(&path(&id), &change(json!({"ado-org-name": "-x"}))).refused(422),
        ["/data/attributes/ado-org-name"]
    );
    let changed = owner.patch(&path(&id), &change(json!({"ado-org-name": null}))).is(200);
    assert_eq!(changed.at("/data/attributes/ado-org-name"), Value::Null);
    let server_client = json!({"service-provider": "ado_server", "http-url": "https://ado.test", "private-key": "old"});
    let id = owner.tries_client(&sample_with(server_client)).is(201).text("/data/id");
    let keys = || -> Vec<u8> {
        let sql = "SELECT private_key_sealed FROM oauth_clients WHERE id = ?1";
        server.sqlite().query_row(sql, [&id], |row| row.get(0)).expect("a key")
    };
    let before = keys();
    owner.patch(&path(&id), &change(json!({"private-key": ""}))).is(200);
    assert_eq!(keys(), before, "it cannot do without");
    owner.patch(&path(&id), &change(json!({"private-key": "new"}))).is(200);
    assert_ne!(keys(), before);
}

#[test]
fn sixty_four_rotations_at_once_leave_one_token() {
    let server = Server::demo();
    let owner = server.owner();
    let created = creates_application_link(&owner);
    let id = created.text("/data/id");
    let barrier = std::sync::Barrier::new(64);
    std::thread::scope(|scope| {
        for n in 0..64 {
            let (server, id, barrier) = (&server, &id, &barrier);
            scope.spawn(move || {
                let owner = server.owner();
                barrier.wait();
                let answer = owner.patch(&path(id), &change(json!({"oauth-token-string": format!("token-{n}")})));
                // Who sealed for a client without a token may find one.
                assert!([200, 409].contains(&answer.status), "{}", answer.body);
            });
        }
    });
    assert_eq!(server.number("SELECT count(*) FROM oauth_tokens"), 1);
    assert!(server.cli(&["check"]).contains("secrets: ok"));
    assert_eq!(owner.get(CLIENTS).list().len(), 1);
}
