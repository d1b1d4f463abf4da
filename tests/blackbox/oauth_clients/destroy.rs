//! Destruction, on both paths.

use std::sync::Barrier;
use std::thread;

use super::CLIENTS;
use crate::harness::{JSON_API, Server, sample_without};

#[test]
fn the_curl_line_of_2018_destroys_a_client() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let path = format!("{CLIENTS}/{id}");
    owner.send("DELETE", &path, None, &[("Content-Type", JSON_API)]).is_done();
    owner.delete(&path).is(404).golden("not_found");
    owner.get(&format!("/oauth-clients/{id}")).is(404).golden("not_found");
    assert!(owner.get(CLIENTS).list().is_empty());
}

#[test]
fn the_path_of_today_does_the_same() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, token) = owner.creates_client("my-organization");
    let path = format!("/oauth-clients/{id}");
    owner.delete(&path).is_done();
    for gone in [&path, &format!("{path}/oauth-tokens"), &format!("/oauth-tokens/{token}")] {
        owner.get(gone).is(404).golden("not_found");
    }
    owner.delete(&path).is(404).golden("not_found");
    let left = "SELECT (SELECT count(*) FROM oauth_clients) + (SELECT count(*) FROM oauth_tokens)";
    assert_eq!(server.number(left), 0);
}

#[test]
fn a_client_is_not_found_through_another_organization() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("other");
    let (id, _) = owner.creates_client("my-organization");
    let before = server.contents();
    for organization in ["other", "nonexisting", "my-organization%20", "my-organization%00", "%2e%2e"] {
        let answer = owner.delete(&format!("/organizations/{organization}/oauth-clients/{id}"));
        answer.is(404).golden("not_found");
    }
    assert_eq!(server.contents(), before);
    // The caller owns both: it is the path that is wrong, not the right.
    owner.delete(&format!("/organizations/MY-organization/oauth-clients/{id}")).is_done();
}

#[test]
fn ids_that_are_none_are_not_found() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let before = server.contents();
    for id in ["oc-1111111111111111", "nonexisting", token.as_str(), "%25", "oc-%2E%2E", "*"] {
        owner.delete(&format!("/oauth-clients/{id}")).is(404).golden("not_found");
        owner.delete(&format!("{CLIENTS}/{id}")).is(404).golden("not_found");
    }
    assert_eq!(server.contents(), before);
}

#[test]
fn the_body_of_a_delete_does_not_matter() {
    let bodies: [(&[u8], Option<&str>); 7] = [
        (b"null", Some(JSON_API)),
        (b"null", None),
        (b"", Some("text/plain")),
        (b"{\"data\":", Some(JSON_API)),
        (b"\xff\x00", Some("application/octet-stream")),
        (b"a=b", Some("application/x-www-form-urlencoded; charset=utf-8")),
        (b"{}", Some("nonsense")),
    ];
    let server = Server::demo();
    let owner = server.owner();
    for (body, content_type) in bodies {
        let headers: Vec<(&str, &str)> = content_type.iter().map(|value| ("Content-Type", *value)).collect();
        for by_organization in [false, true] {
            let (id, _) = owner.creates_client("my-organization");
            let path = if by_organization { format!("{CLIENTS}/{id}") } else { format!("/oauth-clients/{id}") };
            owner.send("DELETE", &path, Some(body), &headers).is_done();
        }
    }
    assert_eq!(server.number("SELECT count(*) FROM oauth_clients"), 0);
}

#[test]
fn of_64_deletes_at_once_exactly_one_succeeds() {
    let server = Server::demo();
    let owner = server.owner();
    let (id, _) = owner.creates_client("my-organization");
    let paths = [format!("{CLIENTS}/{id}"), format!("/oauth-clients/{id}")];
    let barrier = Barrier::new(64);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let callers: Vec<_> = (0..64)
            .map(|n| {
                let (caller, path, barrier) = (server.owner(), &paths[n % 2], &barrier);
                scope.spawn(move || {
                    // Connected before the start, so that it is the deletes that meet.
                    caller.get("/ping").is_done();
                    barrier.wait();
                    caller.delete(path).status
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(204), count(404)), (1, 63), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM audit_events WHERE action = 'destroy'"), 2, "the client, its token");
}

#[test]
fn the_trail_tells_who_made_and_unmade_what() {
    let server = Server::demo();
    let owner = server.owner();
    let organization: String = server
        .sqlite()
        .query_row("SELECT external_id FROM organizations", [], |row| row.get(0))
        .expect("an organization");
    let skip = server.trail(0).len();
    let (id, token) = owner.creates_client("my-organization");
    owner.tries_client(&sample_without("http-url")).is(422);
    owner.delete(&format!("/oauth-clients/{id}")).is_done();
    owner.delete(&format!("/oauth-clients/{id}")).is(404);
    let team = server.owners_team();
    let (second, second_token) = team.creates_client("my-organization");
    let mut trail = server.trail(skip);
    let team_token = trail.remove(4);
    assert!(team_token.starts_with("create authentication_token at-"), "{team_token}");
    assert_eq!(
        trail,
        [
            format!("create oauth_client {id} in {organization} by demo"),
            format!("create oauth_token {token} in {organization} by demo"),
            format!("destroy oauth_token {token} in {organization} by demo"),
            format!("destroy oauth_client {id} in {organization} by demo"),
            format!("create oauth_client {second} in {organization} by my-organization/owners"),
            format!("create oauth_token {second_token} in {organization} by my-organization/owners"),
        ]
    );
}
