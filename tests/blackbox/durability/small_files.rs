//! A limit on the size of files, which the system reports as a failed write.

use serde_json::Value;

use crate::harness::{Caller, JSON_API, Server, bowline_in, temporary};

#[test]
fn after_a_failed_write_nothing_is_acknowledged_and_the_server_ends() {
    let directory = temporary();
    let data = directory.path().join("data");
    // No file may grow beyond 1 MiB: the write-ahead log soon wants to.
    let mut server = Server::demo_with_small_files(&data, 2048);
    let owner = server.owner();
    let mut acknowledged = Vec::new();
    let refused = loop {
        match ask_for_status(&owner) {
            Some((201, client)) => acknowledged.push(client),
            other => break other.map(|(status, _)| status),
        }
        assert!(acknowledged.len() < 10_000, "the limit was never met");
    };
    assert_eq!(refused, Some(500), "{}", server.log());
    assert_eq!(server.wait().code(), Some(1));
    assert!(server.log().contains("the database can no longer be written"), "{}", server.log());

    let again = Server::demo_on(&data, &[]);
    for client in &acknowledged {
        again.owner().get(&format!("/oauth-clients/{client}")).is(200);
    }
    again.owner().creates_client("my-organization");
    assert!(bowline_in(&data, &["check"]).status.success());
}

/// The status of a creation, and the id of what was made.
fn ask_for_status(caller: &Caller) -> Option<(u16, String)> {
    let body = crate::harness::sample_of_2018().to_string();
    let path = "/organizations/my-organization/oauth-clients";
    let answer = caller.try_send("POST", path, Some(body.as_bytes()), &[("Content-Type", JSON_API)]).ok()?;
    let document: Value = serde_json::from_str(&answer.body).ok()?;
    Some((answer.status, document["data"]["id"].as_str().unwrap_or_default().to_owned()))
}
