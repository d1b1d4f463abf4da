//! What a request may say about a token.

use serde_json::{Value, json};

use super::{OF_ORGANIZATION, makes};
use crate::harness::{JSON_API, Server};

#[test]
fn the_documents_that_clients_send() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_team("my-organization", "platform", &[]);
    for (n, path) in [
        OF_ORGANIZATION.to_owned(),
        format!("/teams/{team}/authentication-token"),
        format!("/teams/{team}/authentication-tokens"),
    ]
    .into_iter()
    .enumerate()
    {
        let described = json!({"expired-at": "2100-01-01T00:00:00Z", "description": format!("no {n}")});
        for body in [
            json!({}),
            json!({"data": null}),
            json!({"data": {}}),
            json!({"data": {"type": "authentication-token", "attributes": {"expired-at": null}}}),
            json!({"data": {"type": "authentication-tokens"}}),
            json!({"data": {"type": "", "attributes": described}}),
        ] {
            owner.post(&path, &body).is(201);
        }
        owner.send("POST", &path, None, &[]).is(201);
        owner.send("POST", &path, None, &[("Content-Type", JSON_API)]).is(201);
        assert_eq!(owner.post(&path, &json!({"data": {"type": "tokens"}})).refused(422), ["/data/type"]);
    }
    // For users, all clients send a document.
    let path = format!("/users/{}/authentication-tokens", owner.user_id());
    for body in [json!({"data": {}}), json!({"data": {"type": "authentication-token"}}), json!({"data": {"type": ""}})]
    {
        owner.post(&path, &body).is(201);
    }
    assert_eq!(owner.post(&path, &json!({"data": null})).refused(422), ["/data"]);
    assert_eq!(owner.post(&path, &json!({"data": {"type": "tokens"}})).refused(422), ["/data/type"]);
    owner.send("POST", &path, None, &[]).is(400);
}

#[test]
fn an_expiry_is_an_instant_to_come_whatever_its_offset() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/users/{}/authentication-tokens", owner.user_id());
    let expires = |expired_at: Value| {
        let body = json!({"data": {"type": "authentication-tokens", "attributes": {"expired-at": expired_at}}});
        owner.post(&path, &body)
    };
    for (given, shown) in [
        (json!("2100-01-01T00:00:00Z"), json!("2100-01-01T00:00:00.000Z")),
        (json!("2100-01-01T02:00:00.5+02:00"), json!("2100-01-01T00:00:00.500Z")),
        (json!("2099-12-31T19:30:00-04:30"), json!("2100-01-01T00:00:00.000Z")),
        (json!("2100-01-01T23:59:00+23:59"), json!("2100-01-01T00:00:00.000Z")),
        (json!("9999-12-31T23:59:59Z"), json!("9999-12-31T23:59:59.000Z")),
        (json!("9999-12-31T23:59:59.9999999999Z"), json!("9999-12-31T23:59:59.999Z")),
    ] {
        let made = expires(given.clone()).is(201);
        assert_eq!(made.at("/data/attributes/expired-at"), shown, "{given}");
        let read = owner.get(&format!("/authentication-tokens/{}", made.text("/data/id"))).is(200);
        assert_eq!(read.at("/data/attributes/expired-at"), shown, "{given}");
    }
    // Two years to the day where nothing is said, as go-tfe's own tests want it.
    let made = expires(json!(null)).is(201);
    let (created, expired) = (made.text("/data/attributes/created-at"), made.text("/data/attributes/expired-at"));
    let year = |instant: &str| instant[..4].parse::<u32>().expect("a year");
    assert_eq!(year(&expired), year(&created) + 2);
    assert_eq!(expired[10..16], created[10..16]);
    let before = server.contents();
    expires(json!("2020-01-01T00:00:00Z")).is(422).golden("api_tokens.create.expired");
    for wrong in [
        json!(""),
        json!("tomorrow"),
        json!("2100-01-01"),
        json!("2100-01-01T00:00:00"),
        json!("2100-01-01T00:00:00+24:00"),
        json!("2100-01-01T00:00:00+25:00"),
        json!("2100-01-01T00:00:00+01:60"),
        json!("9999-12-31T23:59:59-00:01"),
        json!(4102444800u32),
        json!({}),
    ] {
        assert_eq!(expires(wrong.clone()).refused(422), ["/data/attributes/expired-at"], "{wrong}");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn a_token_ends_when_it_is_said() {
    let server = Server::demo();
    let owner = server.owner();
    let path = format!("/users/{}/authentication-tokens", owner.user_id());
    let (id, caller) = makes(&server, &owner, &path, json!({"expired-at": "2100-01-01T00:00:00Z"}));
    caller.get("/account/details").is(200);
    let expire = "UPDATE api_tokens SET expires_at = created_at + 1 WHERE id = ?1";
    assert_eq!(server.sqlite().execute(expire, [&id]), Ok(1));
    caller.get("/account/details").is(401).golden("unauthorized");
    owner.get(&format!("/authentication-tokens/{id}")).is(200);
}

#[test]
fn a_description_is_a_line_of_its_own_within_its_team() {
    let server = Server::demo();
    let owner = server.owner();
    let team = owner.creates_team("my-organization", "platform", &[]);
    let other = owner.creates_team("my-organization", "other", &[]);
    let path = format!("/teams/{team}/authentication-tokens");
    let describes = |path: &str, description: Value| {
        owner
            .post(path, &json!({"data": {"type": "authentication-tokens", "attributes": {"description": description}}}))
    };
    describes(&path, json!("ci")).is(201).golden("api_tokens.create.of_team_with_description");
    describes(&path, json!("")).is(201);
    describes(&path, json!(null)).is(201);
    describes(&path, json!(null)).is(201);
    describes(&format!("/teams/{other}/authentication-tokens"), json!("ci")).is(201);
    let before = server.contents();
    describes(&path, json!("ci")).is(422).golden("api_tokens.create.description_taken");
    for wrong in [json!("x".repeat(256)), json!("a\nb"), json!(7), json!(["ci"])] {
        assert_eq!(describes(&path, wrong.clone()).refused(422), ["/data/attributes/description"], "{wrong}");
    }
    owner.post(&path, &json!({"data": []})).refused(422);
    owner.post(&path, &json!({"data": {"attributes": []}})).refused(422);
    owner.post(&path, &json!([])).refused(422);
    owner.send("POST", &path, Some(b"{"), &[("Content-Type", JSON_API)]).refused(400);
    owner.send("POST", &path, Some(b"{}"), &[("Content-Type", "text/plain")]).refused(415);
    assert_eq!(server.contents(), before);
    // A user may have as many of a name as they like.
    let own = format!("/users/{}/authentication-tokens", owner.user_id());
    describes(&own, json!("ci")).is(201);
    describes(&own, json!("ci")).is(201);
}
