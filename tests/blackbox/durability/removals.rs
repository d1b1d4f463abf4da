//! What takes very much along is gone at once for every caller; the rest follows between other changes, and after a kill.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Caller, Server, bowline_in, document, eventually, temporary};

/// More than one change takes along, and more than the writer removes before a kill.
const MANY: &str =
    "CREATE TEMP TABLE n AS WITH RECURSIVE n (x) AS (SELECT 100000 UNION ALL SELECT x + 1 FROM n LIMIT 30000)
      SELECT x, organizations.number AS organization, projects.number AS project
      FROM n, organizations JOIN projects ON projects.organization = organizations.number;
    INSERT INTO workspaces (id, organization, project, name, ssh_key, created_at, updated_at)
      SELECT 'ws-aaaaaaaaaa' || replace(x, '0', 'a'), organization, project, 'many-' || x,
             (SELECT number FROM ssh_keys), 0, 0 FROM n;
    INSERT INTO repository_links (holder, workspace, oauth_token, identifier)
      SELECT 'workspace', number, (SELECT min(number) FROM oauth_tokens), 'acme/' || name FROM workspaces
      WHERE name LIKE 'many-%';
    DROP TABLE n";
const FIRST: &str = "ws-aaaaaaaaaa1aaaaa";
const LAST: &str = "ws-aaaaaaaaaa129999";

/// Gives up only where it does not go on.
fn all_has_ended(server: &Server) {
    let database = server.sqlite();
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number");
    while number("SELECT count(*) FROM removals") > 0 {
        let left = number("SELECT max(number) FROM audit_events");
        eventually("some more is removed", || {
            number("SELECT count(*) FROM removals") == 0 || number("SELECT max(number) FROM audit_events") != left
        });
    }
}

fn checked(data: &Path) -> String {
    let output = bowline_in(data, &["check"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

fn repository(owner: &Caller, workspace: &str) -> Value {
    owner.get(&format!("/workspaces/{workspace}")).is(200).at("/data/attributes/vcs-repo")
}

#[test]
fn a_client_of_many_workspaces_is_gone_at_once_and_its_links_follow_after_a_kill() {
    let directory = temporary();
    let data = directory.path().join("data");
    let server = Server::demo_on(&data, &[]);
    let owner = server.owner();
    let (client, token) = owner.creates_client("my-organization");
    let (other, other_token) = owner.creates_client("my-organization");
    server.sqlite().execute_batch(MANY).expect("filled");
    assert_eq!(repository(&owner, LAST)["identifier"], json!("acme/many-129999"));

    owner.delete(&format!("/oauth-clients/{client}")).is_done();
    let is_gone = |server: &Server| {
        let owner = server.with_token(owner.token.as_deref().expect("a token"));
        owner.get(&format!("/oauth-clients/{client}")).is(404).golden("not_found");
        owner.get(&format!("/oauth-tokens/{token}")).is(404).golden("not_found");
        for workspace in [FIRST, LAST] {
            assert_eq!(repository(&owner, workspace), Value::Null);
        }
        let page = owner.get("/organizations/my-organization/workspaces?page[size]=100&sort=-name").is(200);
        assert!(page.each("vcs-repo").iter().skip(1).all(Value::is_null));
        let clients = owner.get("/organizations/my-organization/oauth-clients").is(200).each("id");
        assert_eq!(clients, [json!(other)]);
    };
    owner.get(&format!("/oauth-clients/{client}")).is(404);
    // Before its old link is removed, and long after its new one is made.
    let relinked = "ws-aaaaaaaaaa125aaa";
    let link = json!({"vcs-repo": {"identifier": "acme/new", "oauth-token-id": other_token}});
    owner.patch(&format!("/workspaces/{relinked}"), &document("workspaces", link)).is(200);
    // Two that go before their links do: one with its removed link, and one that is linked anew.
    for workspace in ["ws-aaaaaaaaaa126aaa", "ws-aaaaaaaaaa127aaa"] {
        owner.delete(&format!("/workspaces/{workspace}")).is_done();
        owner.get(&format!("/workspaces/{workspace}")).is(404);
    }
    server.kill();
    let said = checked(&data);
    assert!(said.contains("unfinished removals: 1;"), "{said}");

    let server = Server::serve_on(&data, &[]);
    is_gone(&server);
    all_has_ended(&server);
    is_gone(&server);
    let owner = server.with_token(owner.token.as_deref().expect("a token"));
    assert_eq!(repository(&owner, relinked)["identifier"], json!("acme/new"));
    assert_eq!(server.number("SELECT count(*) FROM repository_links"), 1);
    // Each of them once, by whose request it was, and before what happened to it later.
    let unlinked = "FROM audit_events AS unlinked WHERE action = 'unlink'";
    assert_eq!(server.number(&format!("SELECT count(*) {unlinked}")), 30_000);
    assert_eq!(server.number(&format!("SELECT count(DISTINCT resource_id) {unlinked}")), 30_000);
    let cause = "SELECT actor_id, actor_name, request_id, organization FROM audit_events
                 WHERE action = 'destroy' AND resource_type = 'oauth_client'";
    let theirs = format!("SELECT DISTINCT actor_id, actor_name, request_id, organization {unlinked}");
    assert_eq!(server.number(&format!("SELECT count(*) FROM ({theirs} INTERSECT {cause})")), 1);
    assert_eq!(server.number(&format!("SELECT count(*) FROM ({theirs})")), 1);
    let too_late = format!(
        "SELECT count(*) {unlinked} AND EXISTS (SELECT 1 FROM audit_events AS before WHERE before.number < unlinked.number
           AND before.resource_id = unlinked.resource_id AND before.action IN ('update', 'destroy'))"
    );
    assert_eq!(server.number(&too_late), 0);
    assert_eq!(
        server.number(
            "SELECT count(*) FROM audit_events WHERE at < (SELECT at FROM audit_events AS before
                              WHERE before.number = audit_events.number - 1)"
        ),
        0
    );
    assert!(!checked(&data).contains("removals"));
}

#[test]
fn a_key_a_set_and_a_workspace_with_very_much_are_gone_at_once() {
    let server = Server::demo();
    let owner = server.owner();
    let (_, token) = owner.creates_client("my-organization");
    let key = owner.creates_ssh_key("my-organization", "key");
    server.sqlite().execute_batch(MANY).expect("filled");
    let set = owner
        .post("/organizations/my-organization/varsets", &document("varsets", json!({"name": "set", "global": false})))
        .is(201)
        .text("/data/id");
    // As many as a document can name.
    let more = "INSERT INTO variable_set_workspaces SELECT variable_sets.number, workspaces.number
          FROM variable_sets, (SELECT number FROM workspaces ORDER BY number DESC LIMIT 15000) AS workspaces;
        INSERT INTO remote_state_consumers SELECT (SELECT number FROM workspaces WHERE name = 'many-100000'), number
          FROM workspaces WHERE name <> 'many-100000';
        INSERT INTO remote_state_consumers SELECT number, (SELECT number FROM workspaces WHERE name = 'many-100000')
          FROM workspaces WHERE name = 'many-100001';
        INSERT INTO variables (id, workspace, category, key, value, hcl, description, created_at)
          SELECT 'var-aaaaaaaaaa' || substr(id, 14), (SELECT number FROM workspaces WHERE name = 'many-100000'), 'env', name, '', 0, '', 0
          FROM workspaces WHERE name LIKE 'many-%'";
    server.sqlite().execute_batch(more).expect("filled");
    let organization = "/organizations/my-organization";
    let key_of =
        |workspace: &str| owner.get(&format!("/workspaces/{workspace}")).is(200).at("/data/relationships/ssh-key");
    assert!(!key_of(LAST).is_null());
    owner
        .get(&format!("/workspaces/{LAST}/varsets"))
        .is(200)
        .each("id")
        .iter()
        .for_each(|id| assert_eq!(*id, json!(set)));
    let variable = "/vars/var-aaaaaaaaaa1aaaa5";
    owner.get(variable).is(200);

    owner.delete(&format!("/ssh-keys/{key}")).is_done();
    owner.delete(&format!("/varsets/{set}")).is_done();
    owner.delete(&format!("/workspaces/{FIRST}")).is_done();
    let look = || {
        owner.get(&format!("/ssh-keys/{key}")).is(404);
        owner.get(&format!("/varsets/{set}")).is(404);
        owner.get(&format!("/workspaces/{FIRST}")).is(404);
        owner.get(&format!("/workspaces/{FIRST}/vars")).is(404);
        owner.get(variable).is(404);
        assert!(owner.get(&format!("{organization}/varsets")).is(200).list().is_empty());
        assert!(owner.get(&format!("{organization}/ssh-keys")).is(200).list().is_empty());
        for workspace in ["ws-aaaaaaaaaa1aaaa1", LAST] {
            assert!(key_of(workspace).is_null() || key_of(workspace)["data"].is_null(), "{workspace}");
            assert!(owner.get(&format!("/workspaces/{workspace}/varsets")).is(200).list().is_empty());
            assert!(
                owner
                    .get(&format!("/workspaces/{workspace}/relationships/remote-state-consumers"))
                    .is(200)
                    .list()
                    .is_empty()
            );
        }
    };
    look();
    // The names are free at once, and what gets them has nothing of the old ones.
    owner.creates_ssh_key("my-organization", "key");
    let again = owner.creates_workspace("my-organization", "many-100000", Some(&token));
    assert!(owner.get(&format!("/workspaces/{again}/vars")).is(200).list().is_empty());
    assert!(owner.get(&format!("/workspaces/{again}/relationships/remote-state-consumers")).is(200).list().is_empty());
    let total =
        owner.get(&format!("{organization}/workspaces?page[size]=1")).is(200).at("/meta/pagination/total-count");
    assert_eq!(total.as_i64(), Some(server.number("SELECT count(*) FROM workspaces")));
    all_has_ended(&server);
    assert_eq!(server.number("SELECT count(*) FROM variables"), 0);
    assert_eq!(server.number("SELECT count(*) FROM remote_state_consumers"), 0);
    assert_eq!(server.number("SELECT count(*) FROM variable_set_workspaces"), 0);
    assert_eq!(server.number("SELECT count(*) FROM workspaces WHERE ssh_key IS NOT NULL"), 0);
    assert!(owner.get(&format!("{organization}/ssh-keys")).is(200).list().len() == 1);
    checked(server.database().parent().expect("a directory"));
}
