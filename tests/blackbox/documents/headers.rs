//! What every answer says, whatever it is an answer to.

use super::{good_document, sends};
use crate::harness::{Answer, JSON_API, Server, sample_of_2018};

#[test]
fn every_answer_is_json_api_and_nobody_elses_to_keep() {
    let server = Server::demo();
    let (owner, anonymous) = (server.owner(), server.anonymous());
    let clients = "/organizations/my-organization/oauth-clients";
    let created = owner.post(clients, &sample_of_2018()).is(201);
    let path = format!("/oauth-clients/{}", created.text("/data/id"));
    let good = good_document("oauth-clients", "");
    let mut too_large = good.clone().into_bytes();
    too_large.resize(2 * 1024 * 1024, b' ');
    let answers: Vec<(u16, Answer)> = vec![
        (201, created),
        (200, owner.get(&path)),
        (200, owner.get(clients)),
        (200, owner.get(&format!("{clients}?page[size]=1"))),
        (200, owner.send("HEAD", &path, None, &[])),
        (204, owner.delete(&path)),
        (204, anonymous.get("/ping")),
        (400, owner.get(&format!("{clients}?page[size]=x"))),
        (422, owner.get(&format!("{clients}?page[size]=0"))),
        (400, owner.get("/organizations/%zz")),
        (400, sends(&owner, "POST", clients, b"{")),
        (401, anonymous.get(clients)),
        (404, owner.get(&path)),
        (404, owner.get("!/nowhere")),
        (405, owner.send("PUT", clients, None, &[])),
        (413, sends(&owner, "POST", clients, &too_large)),
        (415, owner.send("POST", clients, Some(good.as_bytes()), &[("Content-Type", "text/plain")])),
        (422, sends(&owner, "POST", clients, b"{}")),
        (501, owner.send("BREW", clients, None, &[])),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("Content-Type"), (status != 204).then_some(JSON_API), "{status}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{status}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{status}");
        assert_eq!(answer.header("Transfer-Encoding"), None, "{status}");
        assert_eq!(answer.header("Content-Length").is_some(), status != 204, "{status}");
        for tell_tale in ["Server", "X-Powered-By", "Access-Control-Allow-Origin", "Set-Cookie"] {
            assert_eq!(answer.header(tell_tale), None, "{status}");
        }
        if status >= 400 {
            answer.refused(status);
        }
    }
}

#[test]
fn a_failure_of_our_own_says_nothing_of_it_and_leaves_nothing_half_done() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, token) = owner.creates_client("my-organization");
    let workspace = owner.creates_workspace("my-organization", "linked", Some(&token));
    // Without its trail no change may happen: the last statement of each transaction fails.
    server.sqlite().execute_batch("ALTER TABLE audit_events RENAME TO lost").expect("renamed");
    let before = server.contents();
    let document = |kind: &str| good_document(kind, "new").into_bytes();
    let attempts = [
        ("POST", "/organizations/my-organization/oauth-clients".to_owned(), document("oauth-clients")),
        ("POST", "/organizations".to_owned(), document("organizations")),
        ("POST", "/organizations/my-organization/workspaces".to_owned(), document("workspaces")),
        ("PATCH", format!("/workspaces/{workspace}"), document("workspaces")),
        ("DELETE", format!("/workspaces/{workspace}"), vec![]),
        ("DELETE", format!("/oauth-clients/{id}"), vec![]),
    ];
    for (method, path, body) in attempts {
        let answer = sends(&owner, method, &path, &body).is(500).golden("documents.internal");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let line = format!("{method} /api/v2{path}: ");
        assert!(server.log().contains(&line) && server.log().contains("no such table"), "{}", server.log());
    }
    assert_eq!(server.contents(), before);
    server.sqlite().execute_batch("ALTER TABLE lost RENAME TO audit_events").expect("renamed");
    owner.delete(&format!("/oauth-clients/{id}")).is_done();
}
