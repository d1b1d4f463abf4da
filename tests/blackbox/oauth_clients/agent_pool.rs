//! The agent pool of a client.

use serde_json::{Value, json};

use crate::harness::{Caller, Server, sample_of_2018};

fn with_pool(pool: Value) -> Value {
    let mut document = sample_of_2018();
    document["data"]["relationships"] = json!({"agent-pool": {"data": pool}});
    document
}

fn pool(id: &str) -> Value {
    json!({"type": "agent-pools", "id": id})
}

fn creates_pool(owner: &Caller, organization: &str, name: &str) -> String {
    let document = json!({"data": {"type": "agent-pools", "attributes": {"name": name}}});
    owner.post(&format!("/organizations/{organization}/agent-pools"), &document).is(201).text("/data/id")
}

#[test]
fn a_client_has_the_pool_that_it_was_given() {
    let server = Server::demo();
    let owner = server.owner();
    let (first, second) =
        (creates_pool(&owner, "my-organization", "first"), creates_pool(&owner, "my-organization", "second"));
    let created = owner.tries_client(&with_pool(pool(&first))).is(201);
    assert_eq!(created.text("/data/relationships/agent-pool/data/id"), first);
    let path = format!("/oauth-clients/{}", created.text("/data/id"));
    assert_eq!(owner.get(&path).json(), created.json());
    let link = created.text("/data/relationships/agent-pool/links/related");
    assert_eq!(owner.get(&format!("!{link}")).is(200).text("/data/id"), first);
    let mut change = with_pool(pool(&second));
    change["data"]["attributes"] = json!({});
    assert_eq!(owner.patch(&path, &change).is(200).text("/data/relationships/agent-pool/data/id"), second);
    change["data"]["relationships"] = json!({});
    assert_eq!(owner.patch(&path, &change).is(200).text("/data/relationships/agent-pool/data/id"), second);
    change["data"]["relationships"] = json!({"agent-pool": {"data": null}});
    assert_eq!(owner.patch(&path, &change).is(200).at("/data/relationships/agent-pool"), json!({"data": null}));
}

#[test]
fn an_unknown_pool_and_another_organizations_are_refused_in_the_known_words() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let foreign = creates_pool(&owner, "other", "theirs");
    let (client, _) = owner.creates_client("my-organization");
    let before = server.contents();
    for id in [foreign.as_str(), "apool-1111111111111111", "! / nope", ""] {
        let created = owner.tries_client(&with_pool(pool(id)));
        assert_eq!(created.refused(422), ["/data/relationships/agent-pool"]);
        created.golden("oauth_clients.create.agent_pool");
        let mut change = with_pool(pool(id));
        change["data"]["attributes"] = json!({});
        let changed = owner.patch(&format!("/oauth-clients/{client}"), &change);
        changed.golden("oauth_clients.create.agent_pool");
    }
    for wrong in [json!("apool-1"), json!([]), json!({"type": "agent-pools"}), json!({"id": "apool-1111111111111111"})]
    {
        let created = owner.tries_client(&with_pool(wrong));
        assert_eq!(created.refused(422), ["/data/relationships/agent-pool/data"]);
    }
    assert_eq!(server.contents(), before);
}
