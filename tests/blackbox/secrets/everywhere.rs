//! Every route gets secrets, taken or refused; then they are looked for in everything that the server has left anywhere.

use std::fs;
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::needles::Needles;
use super::{contents_after_the_end, mode};
use crate::callers::matrix::routes;
use crate::harness::{Answer, Caller, JSON_API, Server, document, sample_with};
use crate::plain::{PLAIN, Plain};

/// Attributes that hold a secret somewhere, each with a text that is nowhere else. Every route gets all of them.
const SECRETS: [(&str, &str); 7] = [
    ("oauth-token-string", "needle-in-oauth-token-string-5jTq8"),
    ("secret", "needle-in-secret-x0Lm3rV"),
    ("private-key", "needle-in-private-key-Zk93hd"),
    ("ssh-key", "needle-in-ssh-key-q7Rt2Wz"),
    ("value", "needle-in-value-of-an-ssh-key-8hVb"),
    ("token", "needle-in-token-Jp4nXc"),
    ("hmac-key", "needle-in-hmac-key-w9Kd2T"),
];
const RSA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa.pem"));

/// A list's links repeat the query to whoever asked. Nobody else is to see it.
const IN_QUERY: &str = "needle-in-a-query-Tw6yLd";

/// A line from the middle of a real private key.
fn line_of_key() -> &'static str {
    RSA.lines().nth(5).expect("a line")
}

/// As a private key would be given: in lines, with an armour.
fn armoured(needle: &str) -> String {
    format!("-----BEGIN RSA PRIVATE KEY-----\n{needle}\n-----END RSA PRIVATE KEY-----\n")
}

/// The document with each secret in the form that `form` gives it.
fn planted(good: &Value, form: impl Fn(&str) -> Value) -> Value {
    let mut document = good.clone();
    if !document["data"]["attributes"].is_object() {
        document["data"] = json!({"type": "x", "attributes": {}});
    }
    for (name, needle) in SECRETS {
        document["data"]["attributes"][name] = form(needle);
    }
    document
}

/// What could go wrong on the way in: bodies, and the media type that they say they are of.
fn wrong_bodies(good: &Value) -> Vec<(String, &'static str)> {
    let (_, needle) = SECRETS[1];
    let text = planted(good, |needle| json!(needle)).to_string();
    let mut bodies: Vec<(String, &str)> = [
        planted(good, |needle| json!([needle])),
        planted(good, |needle| json!({needle: needle})),
        planted(good, |needle| json!(format!("{needle}{}", "x".repeat(70_000)))),
        planted(good, |needle| json!(armoured(needle))),
        planted(good, |needle| json!(format!("-----BEGIN {needle}-----\nAAAA\n-----END {needle}-----\n"))),
        planted(good, |needle| json!(format!("{needle}\u{0}"))),
        json!({"data": {"type": needle, "id": needle, "attributes": needle, "relationships": {needle: needle}}}),
        json!({"data": needle}),
        json!({"data": [{"type": needle, "id": needle}]}),
        json!(needle),
    ]
    .iter()
    .map(|document| (document.to_string(), JSON_API))
    .collect();
    let quoted = format!("\"{needle}\"");
    for malformed in [
        text[..text.len() - 1].to_owned(),
        format!("{text}{needle}"),
        format!("{needle}{text}"),
        text.replacen(&quoted, &format!("\"{needle}\\ud800\""), 1),
        text.replacen(&quoted, needle, 1),
        text.replacen(&quoted, &format!("{quoted},\"secret\":{quoted}"), 1),
        text.replacen(&quoted, &format!("{quoted} {quoted}"), 1),
    ] {
        assert_ne!(malformed, text);
        bodies.push((malformed, JSON_API));
    }
    bodies.push((text.clone(), "text/plain"));
    bodies.push((text + &" ".repeat(2 * 1024 * 1024), JSON_API));
    bodies
}

/// Every route, with secrets in its body. Gives the API tokens that were made on the way, each in its own answer.
fn walk(server: &Server, needles: &Needles) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut read = |to: &str, answer: Answer| {
        assert!(answer.status < 500, "{to}: {}", answer.body);
        needles.are_not_in_answer(to, &answer);
        let made = serde_json::from_str::<Value>(&answer.body).ok();
        let made = made.and_then(|document| Some(document.pointer("/data/attributes/token")?.as_str()?.to_owned()));
        tokens.extend(made);
    };
    for (n, route) in routes().iter().enumerate() {
        if route.changes_its_organization() {
            continue;
        }
        let to = format!("{} {}", route.method, route.pattern);
        let path = route.to_new_things(server, "my-organization", &format!("thing-{n}"));
        let owner = server.owner();
        let Some(good) = route.body(server, &format!("new-{n}")) else {
            read(&to, owner.send(route.method, &format!("{path}?secret={IN_QUERY}"), None, &[]));
            continue;
        };
        for (body, media_type) in wrong_bodies(&good) {
            read(&to, owner.send(route.method, &path, Some(body.as_bytes()), &[("Content-Type", media_type)]));
        }
        let body = planted(&good, |needle| json!(needle));
        read(&to, server.anonymous().send_json(route.method, &path, &body));
        read(&to, owner.send_json("PUT", &path, &body));
        for path in route.to_nothing() {
            read(&to, owner.send_json(route.method, &path, &body));
        }
        read(&to, owner.send_json(route.method, &path, &body));
    }
    tokens
}

/// Every secret where it belongs. Gives the paths to what was made.
fn seed(owner: &Caller) -> Vec<String> {
    let attributes: Map<String, Value> =
        SECRETS[..3].iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
    let mut given = sample_with(Value::Object(attributes));
    given["data"]["attributes"]["service-provider"] = json!("ado_server");
    given["data"]["attributes"]["private-key"] = json!(armoured(SECRETS[2].1));
    let made = owner.tries_client(&given).is(201);
    let (client, token) = (made.text("/data/id"), made.text("/data/relationships/oauth-tokens/data/0/id"));
    owner
        .patch(&format!("/oauth-clients/{client}"), &document("oauth-clients", given["data"]["attributes"].clone()))
        .is(200);
    owner.patch(&format!("/oauth-tokens/{token}"), &document("oauth-tokens", json!({"ssh-key": RSA}))).is(200);
    let key = json!({"name": "with a needle", "value": armoured(SECRETS[4].1)});
    let key =
        owner.post("/organizations/my-organization/ssh-keys", &document("ssh-keys", key)).is(201).text("/data/id");
    let workspace = owner.creates_workspace("my-organization", "linked", Some(&token));
    vec![
        format!("/oauth-clients/{client}?include=oauth_tokens,projects"),
        format!("/oauth-clients/{client}/oauth-tokens"),
        format!("/oauth-tokens/{token}"),
        format!("/ssh-keys/{key}"),
        format!("/workspaces/{workspace}"),
    ]
}

/// Requests that are refused before anybody looks at what they ask for, with a token in them.
fn malformed_requests(token: &str) -> Vec<String> {
    let head = format!("GET /api/v2/account/details HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n");
    vec![
        format!("{head}no field\r\n\r\n"),
        format!("{head}Bad : {token}\r\n\r\n"),
        format!("{head}X: {token}\u{1}\r\n\r\n"),
        format!("{head}Content-Length: {token}\r\n\r\n"),
        format!("{head}Transfer-Encoding: {token}\r\n\r\n"),
        format!("{head}X: {}\r\n\r\n", token.repeat(2000)),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{token}\r\n"),
        format!("GET /api/v2/{}?token={token} HTTP/1.1\r\nHost: x\r\n\r\n", token.repeat(500)),
        format!("GET /api/v2/%zz?token={token} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n\r\n"),
        format!("{token} /{token} HTTP/1.1\r\nHost: x\r\n\r\n"),
    ]
}

/// The whole of what comes back, up to the end of the connection.
fn raw_answer(server: &Server, request: &str) -> Vec<u8> {
    let mut stream = server.connect();
    // It may be refused before it is all there.
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// A new secret is to be planted here too.
#[test]
fn what_plain_resources_take_and_never_show_is_planted() {
    let secrets = SECRETS.map(|(name, _)| name);
    let mut others: Vec<&str> =
        PLAIN.iter().flat_map(Plain::only_given).filter(|name| !secrets.contains(name)).collect();
    others.dedup();
    assert_eq!(others, ["initial-version"], "what is a secret belongs to SECRETS");
}

#[test]
fn no_secret_is_seen_again_anywhere() {
    let server = Server::demo_with(&["--log-level", "trace"]);
    let owner = server.owner();
    server.outsider("mia");
    let team = owner.creates_team("my-organization", "of mia", &[]);
    owner.invites("my-organization", "mia", &[&team]);
    let mut needles = Needles::new(&SECRETS.map(|(_, needle)| needle));
    needles.add("a line of a real private key", line_of_key().as_bytes());
    needles.add("the same, decoded", &STANDARD.decode(line_of_key()).expect("base64"));
    for line in fs::read_to_string(server.data_dir.join("master.key")).expect("a key").lines().skip(1) {
        let key = line.rsplit(' ').next().expect("a key");
        needles.add("the master key", key.as_bytes());
        needles.add("the master key, decoded", &STANDARD.decode(key).expect("base64"));
    }
    let api_token = owner.token.clone().expect("a token");
    needles.add("the caller's own token", api_token.as_bytes());
    needles.add("its secret half", api_token.split(".atlasv1.").nth(1).expect("a half").as_bytes());

    let mut paths = seed(&owner);
    let made = walk(&server, &needles);
    assert!(made.len() > 5, "only {} tokens were made", made.len());
    let by_hand = server.cli(&["token", "create", "--user", "demo", "--description", "made"]);
    for token in made.iter().chain([&by_hand]) {
        needles.add("an API token", token.as_bytes());
        needles.add("its secret half", token.split(".atlasv1.").nth(1).expect("the shape of a token").as_bytes());
    }
    for request in malformed_requests(&by_hand) {
        let answer = raw_answer(&server, &request);
        assert!(answer.starts_with(b"HTTP/1.1 "), "{}", String::from_utf8_lossy(&answer));
        needles.are_not_in("the answer to what is malformed", &answer);
    }
    let basic = format!("Basic {by_hand}");
    server.anonymous().send("GET", "/organizations", None, &[("Authorization", &basic)]).is(401);
    let lists = routes();
    for route in lists.iter().filter(|route| route.method == "GET") {
        let path = route.to_new_things(&server, "my-organization", &format!("read-{}", paths.len()));
        let needed = match route.pattern {
            "/api/v2/vars" => "?filter[organization][name]=my-organization&filter[workspace][name]=linked",
            "/api/v2/workspaces/:workspace/run-triggers" => "?filter[run-trigger][type]=inbound",
            _ => "",
        };
        paths.push(path + needed);
    }
    let organization = server.organization_token();
    for path in &paths {
        // Of people it is nobody's to read.
        let answer = if path.ends_with("/audit-trail") { organization.get(path) } else { owner.get(path) };
        // The provider that is played may refuse, and some need a parameter.
        let asks = ["/vcs/repo", "/vcs/tree", "/authorized-repos", "/vcs-organizations"];
        let may_fail = asks.iter().any(|end| path.ends_with(end)) && matches!(answer.status, 400 | 422);
        assert!(matches!(answer.status, 200 | 204) || may_fail, "{path}: {}", answer.body);
        needles.are_not_in_answer(path, &answer);
    }
    for listing in
        [&["token", "list"][..], &["client", "list", "--organization", "my-organization", "--json"], &["check"]]
    {
        needles.are_not_in("a listing", server.cli(listing).as_bytes());
    }

    needles.add("a query", IN_QUERY.as_bytes());
    let backup = server.data_dir.join("backup.db");
    server.cli(&["backup", backup.to_str().expect("a path")]);
    assert_eq!(mode(&backup), 0o600);
    for name in ["bowline.db", "bowline.db-wal", "bowline.db-shm", "backup.db", "bowline.lock"] {
        needles.are_not_in_file(&server.data_dir.join(name));
    }
    needles.are_not_in("the tables, the audit trail among them", &server.cells());
    assert!(server.log().contains("TRACE") || server.log().contains("INFO"), "a trace says something");
    needles.are_not_in("the log", server.log().as_bytes());
    for file in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{}/{file}", server.process_id()));
        // Another user's process does not tell its environment to whoever is not root; nor does one that hides.
        needles.are_not_in(file, &bytes.unwrap_or_default());
    }
    server.cli(&["key", "rotate"]);
    needles.are_not_in("the database after the end", &contents_after_the_end(server));
}
