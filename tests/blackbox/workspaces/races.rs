//! What happens at the same time happens in some order.

use std::thread;

use serde_json::json;

use crate::harness::{Server, document};

/// 64 workspaces are linked while the client that they use is destroyed.
#[test]
fn linking_while_the_client_is_destroyed_leaves_nothing_behind() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let ids: Vec<String> =
        (0..64).map(|n| owner.creates_workspace("my-organization", &format!("workspace-{n}"), None)).collect();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let (server, token) = (&server, token.as_str());
        let mut callers: Vec<_> = ids
            .iter()
            .map(|id| {
                scope.spawn(move || {
                    let link = json!({"vcs-repo": {"identifier": "acme/infra", "oauth-token-id": token}});
                    server.owner().patch(&format!("/workspaces/{id}"), &document("workspaces", link)).status
                })
            })
            .collect();
        let client = client.as_str();
        callers.insert(32, scope.spawn(move || server.owner().delete(&format!("/oauth-clients/{client}")).status));
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    });
    assert_eq!(statuses[32], 204);
    assert!(statuses.iter().all(|status| [200, 204, 422].contains(status)), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM repository_links"), 0);
    assert_eq!(server.number("SELECT count(*) FROM oauth_tokens"), 0);
    for id in &ids {
        let shown = owner.get(&format!("/workspaces/{id}")).is(200);
        assert_eq!(shown.at("/data/attributes/vcs-repo"), json!(null));
    }
}

#[test]
fn of_16_locks_at_once_exactly_one_is_had() {
    let server = Server::demo();
    let path = format!("/workspaces/{}", server.owner().creates_workspace("my-organization", "infra", None));
    let statuses: Vec<u16> = thread::scope(|scope| {
        let lock = || server.owner().send("POST", &format!("{path}/actions/lock"), None, &[]).status;
        let callers: Vec<_> = (0..16).map(|_| scope.spawn(lock)).collect();
        callers.into_iter().map(|caller| caller.join().expect("an answer")).collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(200), count(409)), (1, 15), "{statuses:?}");
}
