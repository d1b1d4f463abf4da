//! The refusals give nothing away: one answer for all reasons.

use serde_json::json;

use super::matrix::routes;
use super::shape;
use crate::harness::{Caller, Server};

#[test]
fn what_is_somebody_elses_looks_like_what_is_not_there() {
    let server = Server::demo();
    let (owner, mallory) = (server.owner(), server.outsider("mallory"));
    let expected = shape(&mallory.get("/oauth-clients/oc-1111111111111111").is(404).golden("not_found"));
    for (n, route) in routes().iter().enumerate().filter(|(_, route)| route.names_something()) {
        let name = format!("thing-{n}");
        let theirs = route.to_new_things(&server, "my-organization", &name);
        for path in route.to_nothing().into_iter().chain([theirs]) {
            let answer = route.call(&server, &mallory, &path, &name);
            assert_eq!(shape(&answer), expected, "{} {path}", route.method);
        }
        // Nor does the owner learn more about what is not there.
        for path in route.to_nothing() {
            let answer = route.call(&server, &owner, &path, &name);
            assert_eq!(shape(&answer), expected, "{} {path}", route.method);
        }
    }
}

#[test]
fn a_refused_caller_learns_nothing_from_a_bad_request() {
    let server = Server::demo();
    let (mallory, anonymous) = (server.outsider("mallory"), server.anonymous());
    let mut watched = server.watched();
    for (n, route) in routes().iter().enumerate().filter(|(_, route)| !route.is_open) {
        let path = route.to_new_things(&server, "my-organization", &format!("thing-{n}"));
        let joint = if path.contains('?') { '&' } else { '?' };
        let paged = format!("{path}{joint}page[size]=0&page[number]=x");
        let bodies: [(&[u8], &str); 3] = [(b"{", "application/vnd.api+json"), (b"{}", "text/plain"), (b"", "x")];
        let before = watched.contents();
        for (body, content_type) in bodies {
            let send = |caller: &Caller, path: &str| {
                let body = (route.method != "GET").then_some(body);
                caller.send(route.method, path, body, &[("Content-Type", content_type)])
            };
            for path in [&path, &paged] {
                assert_eq!(send(&anonymous, path).status, 401, "{} {path}", route.method);
            }
            if route.names_something() {
                for path in [&path, &paged] {
                    send(&mallory, path).is(404).golden("not_found");
                }
            }
        }
        assert_eq!(watched.contents(), before);
    }
}

#[test]
fn a_list_of_ones_own_tells_nothing_of_others() {
    let server = Server::demo();
    let (owner, mallory) = (server.owner(), server.outsider("mallory"));
    owner.creates_client("my-organization");
    assert_eq!(mallory.get("/organizations").is(200).json(), json!({"data": []}));
    let paged = mallory.get("/organizations?page[size]=1").is(200);
    assert_eq!(paged.at("/meta/pagination/total-count"), json!(0));
}
