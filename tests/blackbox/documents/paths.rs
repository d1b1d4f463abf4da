//! Methods and paths that there are not.

use crate::harness::{Server, sample_of_2018};

#[test]
fn another_method_is_told_which_there_are() {
    let server = Server::demo();
    let owner = server.owner();
    let cases = [
        ("/oauth-clients/oc-1111111111111111", "GET, HEAD, PATCH, DELETE", ["POST", "PUT", "OPTIONS"].as_slice()),
        ("/oauth-clients/oc-1111111111111111/oauth-tokens", "GET, HEAD", &["POST", "DELETE", "PATCH", "PUT"]),
        ("/organizations/my-organization/oauth-clients", "GET, HEAD, POST", &["DELETE", "PUT", "PATCH"]),
        ("/organizations/my-organization/oauth-clients/oc-1", "DELETE", &["GET", "HEAD", "POST", "PUT", "PATCH"]),
        ("/organizations/my-organization/workspaces", "GET, HEAD, POST", &["DELETE", "PUT", "PATCH"]),
        ("/organizations/my-organization/workspaces/x", "GET, HEAD, PATCH, DELETE", &["POST", "PUT"]),
        ("/workspaces/ws-1", "GET, HEAD, PATCH, DELETE", &["POST", "PUT"]),
        ("/oauth-tokens/ot-1", "GET, HEAD, PATCH, DELETE", &["POST", "PUT", "OPTIONS"]),
        ("/oauth-clients", "POST", &["GET", "DELETE"]),
        ("/organizations", "GET, HEAD, POST", &["DELETE", "PUT", "PATCH"]),
        ("/account/details", "GET, HEAD", &["POST", "DELETE"]),
        ("/ping", "GET, HEAD", &["POST", "DELETE", "OPTIONS"]),
    ];
    let before = server.contents();
    for (path, allow, methods) in cases {
        for method in methods {
            let answer = owner.send(method, path, None, &[]).is(405);
            assert_eq!(answer.header("Allow"), Some(allow), "{method} {path}");
            if *method != "HEAD" {
                answer.refused(405);
            }
        }
    }
    assert_eq!(server.contents(), before);
    owner.send("PUT", "/organizations", None, &[]).is(405).golden("documents.method");
}

#[test]
fn a_path_that_leads_nowhere_is_not_found() {
    let server = Server::demo();
    let (owner, before) = (server.owner(), server.contents());
    let nowhere = [
        "!/api",
        "!/api/v2",
        "!/api/v2/",
        "!/api/v3/ping",
        "!/API/V2/ping",
        "!/api/v2/ping/x",
        "!/api/v2/./ping",
        "!/api/v2/x/../ping",
        "!/api/v2/%2e%2e/v2/ping",
        "!/api%2Fv2%2Fping",
        "!/api/v2%2Fping",
        "!/api/v2/ping%00",
        "!/api/v2/ping%0a",
        "!/api/v2/ping;x=1",
        "!/robots.txt",
        "!/index.html",
        "/organizations//oauth-clients",
        "/organizations/../organizations",
        "/organizations/my-organization%2Foauth-clients",
        "/organizations/my-organization%2foauth-clients",
        "/organizations/my-organization%252Foauth-clients",
        "/organizations/my-organization%00/oauth-clients",
        "/organizations/%6d%79-organization%20",
        "/organizations/..%2Fmy-organization",
        "/organizations/my-organization/../my-organization/oauth-clients",
        "/oauth-tokens",
        "/workspaces",
    ];
    for path in nowhere {
        owner.get(path).is(404).golden("not_found");
        // Some have the form of a route; without a token that is all there is to say.
        assert!(matches!(server.anonymous().get(path).status, 401 | 404), "{path}");
        assert!(matches!(owner.post(path, &sample_of_2018()).status, 404 | 405), "{path}");
    }
    assert_eq!(server.contents(), before);
}

/// As in the service: terrasnek ends some of its paths with a slash, and doubles one where a name is empty.
#[test]
fn empty_segments_are_left_out() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, _) = owner.creates_client("my-organization");
    let list = owner.get("/organizations/my-organization/oauth-clients").is(200);
    for path in ["/organizations/my-organization/oauth-clients/", "//organizations//my-organization/oauth-clients//"] {
        assert_eq!(owner.get(path).is(200).json(), list.json());
        assert_eq!(server.anonymous().get(path).status, 401);
    }
    owner.delete(&format!("/oauth-clients/{client}/")).is_done();
}

#[test]
fn an_encoded_letter_is_that_letter() {
    let server = Server::demo();
    let list = server.owner().get("/organizations/%6d%79%2Dorganization/oauth-clients?x=%00").is(200);
    assert!(list.list().is_empty());
    server.owner().get("!/api/v2/%70ing").is_done();
}

#[test]
fn what_is_not_percent_encoded_utf8_is_a_bad_request() {
    let server = Server::demo();
    let owner = server.owner();
    let malformed = [
        "/organizations/%",
        "/organizations/%4",
        "/organizations/%zz",
        "/organizations/%ff",
        "/organizations/%c3",
        "/organizations/%c0%af",
        "/organizations/%ed%a0%80",
        "/organizations?page[size]=%",
        "/organizations?%zz=1",
        "/ping?x=%c3",
    ];
    for path in malformed {
        owner.get(path).is(400).golden("documents.malformed_target");
        server.anonymous().get(path).is(400).golden("documents.malformed_target");
    }
}
