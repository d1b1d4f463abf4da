//! A token whose time is over.

use serde_json::Value;

use crate::harness::Server;

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
