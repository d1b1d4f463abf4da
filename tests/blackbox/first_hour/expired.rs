//! A token whose time is over.

use serde_json::Value;

use crate::harness::{Server, bowline_in, temporary};

#[test]
fn the_list_says_which_tokens_are_expired() {
    let server = Server::demo();
    server.cli(&["token", "create", "--user", "demo", "--expires-in", "1ms"]);
    let tokens: Value = serde_json::from_str(&server.cli(&["token", "list", "--json"])).expect("JSON");
    assert_eq!((&tokens[0]["status"], &tokens[1]["status"]), (&"valid".into(), &"expired".into()));
    let table = server.cli(&["token", "list"]);
    assert!(table.lines().nth(2).is_some_and(|line| line.contains("  expired ")), "{table}");
    let shown = server.cli(&["user", "show", "demo"]);
    assert!(shown.contains(" (expired)") && shown.contains(", valid)"), "{shown}");
    assert!(server.cli(&["user", "list"]).lines().nth(1).is_some_and(|line| line.contains("  1  ")));
}

#[test]
fn the_log_and_the_trail_say_so_and_the_caller_hears_what_all_hear() {
    let directory = temporary();
    let data = directory.path().join("data");
    let server = Server::demo_on(&data, &[]);
    let known: Value = serde_json::from_str(&server.cli(&["token", "list", "--json"])).expect("JSON");
    let expired = server.with_token(&server.cli(&["token", "create", "--user", "demo", "--expires-in", "1ms"]));
    let of_team = ["token", "create", "--team", "my-organization/owners", "--expires-in", "1ms"];
    let of_team = server.with_token(&server.cli(&of_team));
    let tokens: Value = serde_json::from_str(&server.cli(&["token", "list", "--json"])).expect("JSON");
    let ids: Vec<String> = tokens.as_array().expect("a list")[known.as_array().expect("a list").len()..]
        .iter()
        .map(|token| token["id"].as_str().expect("an id").to_owned())
        .collect();
    let answer = expired.get("/account/details").is(401);
    of_team.get("/organizations/my-organization").is(401);
    let (rest, last) = expired.token.as_ref().expect("a token").split_at(89);
    let unknown = format!("{rest}{}", if last == "x" { "y" } else { "x" });
    assert_eq!(server.with_token(&unknown).get("/account/details").is(401).body, answer.body);
    let request = answer.header("X-Request-Id").expect("an id").to_owned();
    let log = server.last_words();
    assert!(log.contains(&format!("{request} refused: the API token {} has expired", ids[0])), "{log}");

    let trail = bowline_in(&data, &["audit", "--json"]);
    let trail = String::from_utf8(trail.stdout).expect("text");
    let refused: Vec<Value> = trail
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|event| event["resource"]["action"] == "refuse")
        .collect();
    let told: Vec<(&str, Option<&str>, bool)> = refused
        .iter()
        .map(|event| {
            let meta = &event["resource"]["meta"];
            let has_organization = trail_organization(event).is_some();
            (meta["reason"].as_str().expect("a reason"), meta["token"].as_str(), has_organization)
        })
        .collect();
    let expected =
        [("expired", Some(ids[0].as_str()), false), ("expired", Some(ids[1].as_str()), true), ("token", None, false)];
    assert_eq!(told, expected, "{trail}");
}

fn trail_organization(event: &Value) -> Option<&str> {
    event["auth"]["organization_id"].as_str()
}
