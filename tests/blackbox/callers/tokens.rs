//! Tokens that are none, or none any more: 401, in one and the same words.

use std::thread;

use super::matrix::routes;
use super::shape;
use crate::harness::{Answer, Caller, JSON_API, Server};

/// Everything that is not a good bearer token in the Authorization header.
struct Cause {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
    query: String,
}

impl Cause {
    fn authorization(name: &'static str, value: impl Into<String>) -> Cause {
        Cause { name, headers: vec![("Authorization", value.into())], query: String::new() }
    }

    fn send(&self, caller: &Caller, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let mut headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.extend(body.map(|_| ("Content-Type", JSON_API)));
        caller.send(method, &format!("{path}{}", self.query), body, &headers)
    }
}

/// The id of the token with this description.
fn token_id(server: &Server, description: &str) -> String {
    let find = "SELECT id FROM api_tokens WHERE description = ?1";
    server.sqlite().query_row(find, [description], |row| row.get(0)).expect("a token")
}

fn makes_token(server: &Server, description: &str) -> String {
    server.cli(&["token", "create", "--user", "demo", "--description", description])
}

fn expires(server: &Server, description: &str) {
    let expire = "UPDATE api_tokens SET expires_at = created_at + 1 WHERE description = ?1";
    assert_eq!(server.sqlite().execute(expire, [description]), Ok(1));
}

fn causes(server: &Server) -> Vec<Cause> {
    let good = server.owner().token.expect("a token");
    let unknown: String = good.chars().rev().collect::<String>().replace(".1vsalta.", "");
    let unknown = format!("{}.atlasv1.{}", &unknown[..14], &unknown[14..81]);
    let expired = makes_token(server, "expired");
    expires(server, "expired");
    let revoked = makes_token(server, "revoked");
    server.cli(&["token", "revoke", &token_id(server, "revoked")]);
    let basic = |text: &str| {
        use base64::Engine;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
    };
    let in_query = |name: &'static str, query: String| Cause { name, headers: vec![], query };
    vec![
        Cause { name: "no token", headers: vec![], query: String::new() },
        Cause::authorization("empty", "Bearer "),
        Cause::authorization("scheme alone", "Bearer"),
        Cause::authorization("malformed", "Bearer nonsense"),
        Cause::authorization("cut short", format!("Bearer {}", &good[..89])),
        Cause::authorization("too long", format!("Bearer {good}x")),
        Cause::authorization("two tokens", format!("Bearer {good} {good}")),
        Cause::authorization("with a comma", format!("Bearer {good},")),
        Cause::authorization("quoted", format!("Bearer \"{good}\"")),
        Cause::authorization("another case", format!("Bearer {}", good.to_uppercase())),
        Cause::authorization("very long", format!("Bearer {}", "x".repeat(4096))),
        Cause::authorization("unknown", format!("Bearer {unknown}")),
        Cause::authorization("expired", format!("Bearer {expired}")),
        Cause::authorization("revoked", format!("Bearer {revoked}")),
        Cause::authorization("no scheme", good.clone()),
        Cause::authorization("scheme Token", format!("Token {good}")),
        Cause::authorization("scheme Basic with a token", format!("Basic {good}")),
        Cause::authorization("scheme Basic, user", basic(&format!("{good}:"))),
        Cause::authorization("scheme Basic, password", basic(&format!("demo:{good}"))),
        in_query("in the query", format!("?token={good}")),
        in_query("in the query, as OAuth has it", format!("?access_token={good}")),
        Cause { name: "in a cookie", headers: vec![("Cookie", format!("token={good}"))], query: String::new() },
        Cause {
            name: "another header",
            headers: vec![("X-Authorization", format!("Bearer {good}"))],
            query: String::new(),
        },
    ]
}

#[test]
fn every_route_that_is_not_open_refuses_every_token_that_is_none_in_the_same_words() {
    let server = Server::demo();
    let anonymous = server.anonymous();
    let causes = causes(&server);
    let expected = anonymous.get("/organizations").is(401).golden("unauthorized");
    assert_eq!(expected.header("WWW-Authenticate"), Some("Bearer"));
    let expected = shape(&expected);
    let mut watched = server.watched();
    for (n, route) in routes().iter().enumerate() {
        let path = route.to_new_things(&server, "my-organization", &format!("thing-{n}"));
        let body = route.body(&server, "new").map(|document| document.to_string());
        let before = watched.contents();
        for cause in &causes {
            // Nor is it told whether there is anything; one of the causes is enough to see that.
            let nothing = if cause.name == "no token" { route.to_nothing() } else { vec![] };
            for path in nothing.into_iter().chain([path.clone()]) {
                let answer = cause.send(&anonymous, route.method, &path, body.as_deref().map(str::as_bytes));
                if route.is_open {
                    assert_eq!(answer.status, route.statuses[0], "{}: {path}", cause.name);
                    continue;
                }
                assert_eq!(shape(&answer), expected, "{}: {} {path}", cause.name, route.method);
            }
        }
        assert_eq!(watched.contents(), before);
    }
}

#[test]
fn the_scheme_is_read_ignoring_case() {
    let server = Server::demo();
    let good = server.owner().token.expect("a token");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {good}");
        server.anonymous().send("GET", "/account/details", None, &[("Authorization", &header)]).is(200);
    }
}

#[test]
fn a_token_ends_with_its_time_and_not_before() {
    let server = Server::demo();
    let caller = server.with_token(&server.cli(&["token", "create", "--user", "demo", "--expires-in", "30d"]));
    caller.get("/account/details").is(200);
    let end = server.sqlite().execute("UPDATE api_tokens SET expires_at = 1 WHERE expires_at IS NOT NULL", []);
    assert_eq!(end, Ok(1));
    caller.get("/account/details").is(401).golden("unauthorized");
    server.owner().get("/account/details").is(200);
}

#[test]
fn no_request_that_begins_after_a_revocation_succeeds() {
    let server = Server::demo();
    let caller = server.with_token(&makes_token(&server, "short-lived"));
    let id = token_id(&server, "short-lived");
    caller.get("/account/details").is(200);
    server.cli(&["token", "revoke", &id]);
    // Every worker, whatever it has at hand from earlier requests.
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let caller = server.with_token(caller.token.as_deref().expect("a token"));
                for _ in 0..4 {
                    caller.get("/account/details").is(401);
                }
            });
        }
    });
}

#[test]
fn who_leaves_the_owners_and_then_the_organization_is_known_as_such_from_the_next_request_on() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, _) = owner.creates_client("my-organization");
    assert_eq!(server.sqlite().execute("DELETE FROM team_members", []), Ok(1));
    owner.get(&format!("/oauth-clients/{client}")).is(404).golden("not_found");
    owner.delete(&format!("/oauth-clients/{client}")).is(404).golden("not_found");
    owner.get("/organizations/my-organization").is(200);
    assert_eq!(server.sqlite().execute("DELETE FROM organization_memberships", []), Ok(1));
    owner.get("/organizations/my-organization").is(404).golden("not_found");
    assert!(owner.get("/organizations").is(200).list().is_empty());
    // The team's own token does not depend on its members.
    server.owners_team().get(&format!("/oauth-clients/{client}")).is(200);
}
