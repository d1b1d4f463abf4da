//! The Content-Type of a body, and that nothing else is asked for one.

use super::{good_document, ways_to_write};
use crate::harness::Server;

#[test]
fn a_body_of_another_media_type_is_refused_and_changes_nothing() {
    let server = Server::demo();
    let owner = server.owner();
    let ways = ways_to_write(&server);
    let before = server.contents();
    let wrong = [
        None,
        Some(""),
        Some("application/json"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/octet-stream"),
        Some("*/*"),
        Some("application/*"),
        Some("application/vnd.api"),
        Some("application/vnd.api+jsonx"),
        Some("application/vnd.api+json; charset=utf-8"),
        Some("application/vnd.api+json;charset=UTF-8"),
        Some("application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\""),
        Some("application/vnd.api+json; profile=\"https://x.test/p\"; charset=utf-8"),
        Some("application/vnd.api+json; q=1"),
        Some("application/vnd.api+json; x"),
        Some("application/json, application/vnd.api+json"),
        Some("application/vnd.api+json, application/json"),
        Some("nonsense"),
    ];
    for (method, path, kind) in &ways {
        let body = good_document(kind, "new");
        for content_type in wrong {
            let headers: Vec<_> = content_type.iter().map(|value| ("Content-Type", *value)).collect();
            let answer = owner.send(method, path, Some(body.as_bytes()), &headers);
            assert_eq!(answer.status, 415, "{method} {path} {content_type:?}: {}", answer.body);
            answer.golden("documents.media_type");
        }
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn the_right_media_type_is_known_however_it_is_written() {
    let right = [
        "application/vnd.api+json",
        "Application/VND.API+JSON",
        " application/vnd.api+json ",
        "application/vnd.api+json; profile=\"https://x.test/one https://x.test/two\"",
        "application/vnd.api+json;PROFILE=\"https://x.test/p\"",
        "application/vnd.api+json ; profile=x",
        "application/vnd.api+json;",
        "application/vnd.api+json; profile=\"https://x.test/a;b=c\"",
    ];
    let server = Server::demo();
    let body = good_document("oauth-clients", "");
    for content_type in right {
        let path = "/organizations/my-organization/oauth-clients";
        let answer = server.owner().send("POST", path, Some(body.as_bytes()), &[("Content-Type", content_type)]);
        assert_eq!(answer.status, 201, "{content_type}: {}", answer.body);
    }
}

#[test]
fn without_a_body_the_media_type_does_not_matter() {
    let server = Server::demo();
    let owner = server.owner();
    let ways = ways_to_write(&server);
    let before = server.contents();
    for headers in [&[][..], &[("Content-Type", "text/plain")], &[("Content-Type", "application/vnd.api+json")]] {
        for (method, path, _) in &ways {
            for body in [None, Some(&b""[..])] {
                owner.send(method, path, body, headers).is(400).golden("documents.empty");
            }
        }
        owner.send("GET", "/organizations", None, headers).is(200);
        owner.send("GET", "/ping", None, headers).is_done();
    }
    assert_eq!(server.contents(), before);
    for content_type in [None, Some("text/plain"), Some("application/vnd.api+json; charset=utf-8")] {
        let (id, _) = owner.creates_client("my-organization");
        let headers: Vec<_> = content_type.iter().map(|value| ("Content-Type", *value)).collect();
        owner.send("DELETE", &format!("/oauth-clients/{id}"), None, &headers).is_done();
    }
}

#[test]
fn who_takes_nothing_that_there_is_gets_nothing_done() {
    let server = Server::demo();
    let owner = server.owner();
    let ways = ways_to_write(&server);
    let before = server.contents();
    let accept = ("Accept", "application/vnd.api+json; charset=utf-8");
    for (method, path, kind) in &ways {
        let body = good_document(kind, "new");
        let headers = [accept, ("Content-Type", "application/vnd.api+json")];
        owner.send(method, path, Some(body.as_bytes()), &headers).is(406).golden("documents.not_acceptable");
    }
    owner.send("GET", "/organizations", None, &[accept]).is(406).golden("documents.not_acceptable");
    server.anonymous().send("GET", "/organizations", None, &[accept]).is(401).golden("unauthorized");
    assert_eq!(server.contents(), before);
    for accept in ["*/*", "application/json", "application/vnd.api+json", "text/html;q=0.9"] {
        owner.send("GET", "/organizations", None, &[("Accept", accept)]).is(200);
    }
}
