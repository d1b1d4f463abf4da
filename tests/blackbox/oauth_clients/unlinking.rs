//! What destroying a client does to the workspaces that used it.

use serde_json::{Value, json};

use crate::harness::Server;

#[test]
fn every_workspace_that_used_it_is_unlinked_and_stays() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let (_, other_token) = owner.creates_client("my-organization");
    let linked = [
        owner.creates_workspace("my-organization", "one", Some(&token)),
        owner.creates_workspace("my-organization", "two", Some(&token)),
    ];
    let elsewhere = owner.creates_workspace("my-organization", "elsewhere", Some(&other_token));
    let never = owner.creates_workspace("my-organization", "never", None);
    let show = |id: &str| owner.get(&format!("/workspaces/{id}")).is(200).at("/data");
    let before = [show(&elsewhere), show(&never)];
    let was = linked.each_ref().map(|id| show(id));
    let skip = server.trail(0).len();

    owner.delete(&format!("/organizations/my-organization/oauth-clients/{client}")).is_done();

    for (id, was) in linked.iter().zip(&was) {
        let mut now = show(id);
        assert_eq!(now["attributes"]["vcs-repo"], Value::Null);
        assert_eq!(now["attributes"]["vcs-repo-identifier"], Value::Null);
        assert!(was["attributes"]["vcs-repo"].is_object());
        for touched in ["vcs-repo", "vcs-repo-identifier", "oauth-client-name", "updated-at", "latest-change-at"] {
            now["attributes"][touched] = was["attributes"][touched].clone();
        }
        assert_eq!(now, *was, "nothing else has changed");
    }
    assert_eq!([show(&elsewhere), show(&never)], before);
    let names = owner.get("/organizations/my-organization/workspaces").each("name");
    assert_eq!(names, ["one", "two", "elsewhere", "never"]);
    let actions: Vec<String> =
        server.trail(skip).iter().map(|e| e.split(" in ").next().unwrap_or("").to_owned()).collect();
    assert_eq!(
        actions,
        [
            format!("unlink workspace {}", linked[0]),
            format!("unlink workspace {}", linked[1]),
            format!("destroy oauth_token {token}"),
            format!("destroy oauth_client {client}"),
        ]
    );
}

#[test]
fn five_hundred_workspaces_are_unlinked_in_one_go() {
    let server = Server::demo();
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let (_, other_token) = owner.creates_client("my-organization");
    let kept = owner.creates_workspace("my-organization", "kept", Some(&other_token));
    // The same rows that 500 requests would leave, in a fraction of the time.
    server
        .sqlite()
        .execute_batch(
            "BEGIN;
             WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO workspaces (id, organization, project, name, created_at, updated_at)
             SELECT 'ws-' || replace(1111111111111111 + i, '0', 'A'), 1, 1, 'workspace-' || i, 1, 1 FROM n;
             INSERT INTO repository_links (holder, workspace, oauth_token, identifier)
             SELECT 'workspace', number, (SELECT min(number) FROM oauth_tokens), 'acme/infra' FROM workspaces WHERE name <> 'kept';
             COMMIT;",
        )
        .expect("inserted");
    let linked = format!(
        "SELECT count(*) FROM repository_links JOIN oauth_tokens ON oauth_tokens.number = oauth_token
         WHERE oauth_tokens.id = '{token}'"
    );
    assert_eq!(server.number(&linked), 500);
    owner.delete(&format!("/oauth-clients/{client}")).is_done();
    assert_eq!(server.number("SELECT count(*) FROM workspaces"), 501);
    assert_eq!(server.number("SELECT count(*) FROM repository_links"), 1);
    assert_eq!(server.number("SELECT count(*) FROM workspaces WHERE updated_at = 1"), 0);
    assert_eq!(server.number("SELECT count(*) FROM audit_events WHERE action = 'unlink'"), 500);
    let instants = "SELECT count(DISTINCT at) FROM audit_events WHERE action IN ('unlink', 'destroy')";
    assert_eq!(server.number(instants), 1, "one transaction");
    let page = owner.get("/organizations/my-organization/workspaces?page[size]=100&page[number]=3").is(200);
    assert!(page.list().iter().all(|workspace| workspace["attributes"]["vcs-repo"].is_null()));
    assert_eq!(
        owner.get(&format!("/workspaces/{kept}")).at("/data/attributes/vcs-repo/oauth-token-id"),
        json!(other_token)
    );
}
