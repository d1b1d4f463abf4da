//! A token is in the answer to its creation, and nowhere else.

use std::fs;

use serde_json::{Value, json};

use super::OF_ORGANIZATION;
use crate::harness::Server;

#[test]
fn a_token_is_shown_once() {
    let server = Server::demo_with(&["--log-level", "trace"]);
    let owner = server.owner();
    let team = owner.creates_team("my-organization", "platform", &[]);
    let user = format!("/users/{}/authentication-tokens", owner.user_id());
    let of_team = format!("/teams/{team}/authentication-token");
    let mut tokens = vec![];
    for path in [OF_ORGANIZATION, &of_team, &format!("{of_team}s"), &user] {
        let made = owner.post(path, &json!({"data": {}})).is(201);
        tokens.push(made.text("/data/attributes/token"));
        let read = owner.get(&format!("/authentication-tokens/{}", made.text("/data/id"))).is(200);
        assert_eq!(read.at("/data/attributes/token"), Value::Null);
    }
    let answers = [OF_ORGANIZATION, &of_team, &user, "/organizations/my-organization/team-tokens"]
        .map(|path| owner.get(path).is(200).body);
    let files = ["bowline.db", "bowline.db-wal"].map(|name| fs::read(server.data_dir.join(name)).expect("a file"));
    for token in tokens {
        let secret = &token[23..];
        assert!(!answers.iter().any(|body| body.contains(secret)), "in an answer");
        assert!(!server.log().contains(secret), "in the log");
        for file in &files {
            assert!(!file.windows(secret.len()).any(|window| window == secret.as_bytes()), "in a file");
        }
    }
}
