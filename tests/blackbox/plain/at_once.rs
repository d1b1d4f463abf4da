//! Changes of one thing at the same time.

use std::thread;

use serde_json::{Value, json};

use super::thing;
use crate::harness::{Caller, Server, document};

const ROUNDS: usize = 20;

/// Two attributes, each changed by a caller of its own, over and over: whatever comes first, neither undoes the other.
pub fn neither_undoes_the_other(owner: &Caller, path: &str, kind: &str, value: fn(usize) -> Value, names: [&str; 2]) {
    for round in 0..ROUNDS {
        thread::scope(|scope| {
            for name in names {
                let change = document(kind, json!({name: value(round)}));
                scope.spawn(move || owner.patch(path, &change).is(200));
            }
        });
        let after = owner.get(path).is(200);
        for name in names {
            assert_eq!(after.at(&format!("/data/attributes/{name}")), value(round), "{path}, {name}");
        }
    }
}

#[test]
fn changes_of_one_thing_at_the_same_time_are_all_made() {
    let server = Server::demo();
    let owner = server.owner();
    let url = |round: usize| json!(format!("https://example.com/{round}"));
    for (placeholder, kind, names) in [
        (":policy_set", "policy-sets", ["description", "policies-path"]),
        (":notification_configuration", "notification-configurations", ["name", "url"]),
    ] {
        let path = format!("/{kind}/{}", thing(&server, "my-organization", &placeholder[1..5], placeholder));
        neither_undoes_the_other(&owner, &path, kind, url, names);
    }
}
