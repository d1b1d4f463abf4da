//! Refused permissions and bad tokens on record, and never more than so many.

use std::fs;
use std::thread;

use serde_json::{Value, json};

use super::{TRAIL, each, organization_id, refused_requests};
use crate::harness::{Caller, Server, temporary};

const UNKNOWN: &str = "AAAAAAAAAAAAAA.atlasv1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn ten_thousand_bad_tokens_are_a_handful_of_events() {
    let outside = temporary();
    let data = outside.path().join("data");
    let server = Server::demo_on(&data, &[]);
    let before = server.number("SELECT count(*) FROM audit_events");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let nobody = server.with_token(UNKNOWN);
                for _ in 0..1250 {
                    nobody.get("/organizations").is(401);
                }
            });
        }
    });
    let after = server.number("SELECT count(*) FROM audit_events");
    assert!(server.stop().success());
    let refused = refused_requests(&data);
    // One a minute, however long this takes.
    assert!(!refused.is_empty() && refused.len() < 10 && after - before < 10, "{}", refused.len());
    let counted: u64 = refused.iter().map(|event| event["resource"]["meta"]["count"].as_u64().expect("a count")).sum();
    assert_eq!(counted, 10_000);
    let event = &refused[0];
    assert_eq!(event["auth"]["description"], "127.0.0.1");
    assert_eq!((&event["auth"]["type"], &event["auth"]["accessor_id"]), (&json!("Unknown"), &Value::Null));
    assert_eq!(event["resource"]["id"], "GET /api/v2/organizations");
    assert_eq!(event["resource"]["meta"]["reason"], "token");
    for file in fs::read_dir(&data).unwrap().flatten().filter(|file| file.metadata().is_ok_and(|m| m.is_file())) {
        let bytes = fs::read(file.path()).unwrap();
        let is_there = bytes.windows(20).any(|part| part == &UNKNOWN.as_bytes()[..20]);
        assert!(!is_there, "the token is in {:?}", file.file_name());
    }
}

#[test]
fn who_was_refused_what_and_in_which_organization() {
    let outside = temporary();
    let data = outside.path().join("data");
    let server = Server::demo_on(&data, &[]);
    let (owner, mallory) = (server.owner(), server.outsider("mallory"));
    let (client, _) = owner.creates_client("my-organization");
    let organization = organization_id(&owner);
    let (mallory_id, first) = (mallory.user_id(), mallory.get(&format!("/oauth-clients/{client}")).is(404));
    mallory.delete(&format!("/oauth-clients/{client}")).is(404);
    mallory.delete("/organizations/my-organization/authentication-token").is(404);
    let member = server.member("mia", &[]);
    member.post("/organizations/my-organization/oauth-clients", &json!({})).is(404);
    mallory.get("/admin/feature-sets").is(404);
    // What is not there, and what is wrong in itself, is nobody's refusal; nor is a request without a token.
    owner.get("/oauth-clients/oc-1111111111111111").is(404);
    owner.get("/organizations/none").is(404);
    owner.tries_client(&json!({})).is(422);
    server.anonymous().get("/organizations").is(401);
    let reader = server.organization_token();
    let reader_again = reader.token.clone().expect("a token");
    assert!(server.stop().success());

    let refused = refused_requests(&data);
    let told = |event: &Value| {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        let count = event["resource"]["meta"]["count"].as_u64().expect("a count");
        (text("/auth/description"), text("/auth/organization_id"), text("/resource/id"), count)
    };
    let expected = [
        ("mallory", organization.as_str(), "GET /api/v2/oauth-clients/:oauth_client", 3),
        ("mia", &organization, "POST /api/v2/organizations/:organization/oauth-clients", 1),
        ("mallory", "-", "GET /api/v2/admin/feature-sets", 1),
    ];
    let expected = expected.map(|(who, place, route, n)| (who.to_owned(), place.to_owned(), route.to_owned(), n));
    assert_eq!(refused.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(refused[0]["auth"]["accessor_id"], json!(mallory_id));
    assert_eq!(refused[0]["request"]["id"].as_str(), first.header("X-Request-Id"));
    assert_eq!(refused[0]["resource"]["meta"]["reason"], "permission");

    // The organization reads its own.
    let server = Server::demo_on(&data, &[]);
    let trail = Caller::new(&server.address, Some(&reader_again)).get(TRAIL).is(200).json();
    let own: Vec<Value> = each(&trail, "/resource/type").into_iter().filter(|kind| kind == "request").collect();
    assert_eq!(own.len(), 2);
    assert!(server.cli(&["check"]).ends_with("audit trail: ok"));
}
