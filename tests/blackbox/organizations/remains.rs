//! What is left of a large organization: no caller finds any of it, and its rows go while the server does other things.

use crate::harness::{Server, bowline_in, eventually, temporary};

const MANY: &str = "CREATE TEMP TABLE n AS WITH RECURSIVE n (x) AS (SELECT 100000 UNION ALL SELECT x + 1 FROM n LIMIT 20000)
      SELECT x, organizations.number AS organization, projects.number AS project
      FROM n, organizations JOIN projects ON projects.organization = organizations.number
      WHERE organizations.name = 'doomed';
    INSERT INTO workspaces (id, organization, project, name, created_at, updated_at)
      SELECT 'ws-aaaaaaaaaa' || replace(x, '0', 'a'), organization, project, 'many-' || x, 0, 0 FROM n;
    INSERT INTO tags (id, organization, name, created_at)
      SELECT 'tag-aaaaaaaaaa' || replace(x, '0', 'a'), organization, 'tag-' || x, 0 FROM n WHERE x < 100100;
    INSERT INTO workspace_tags (workspace, tag)
      SELECT workspaces.number, tags.number FROM tags JOIN workspaces USING (organization) WHERE workspaces.number % 50 = 0;
    INSERT INTO remote_state_consumers (workspace, consumer)
      SELECT (SELECT min(number) FROM workspaces WHERE name LIKE 'many-%'), number FROM workspaces WHERE name LIKE 'many-%';
    DROP TABLE n";

const LEFT: &str = "SELECT count(*) FROM organizations WHERE is_deleted = 1";

pub fn is_removed_at_last(server: &Server) {
    eventually("the removal comes to its end", || server.number(LEFT) == 0);
}

#[test]
fn a_large_organization_is_gone_at_once_and_its_rows_follow_after_a_kill() {
    let directory = temporary();
    let data = directory.path().join("data");
    let server = Server::demo_on(&data, &[]);
    let owner = server.owner();
    owner.creates_organization("doomed");
    let (client, _) = owner.creates_client("doomed");
    let token = server.cli(&["token", "create", "--organization", "doomed"]);
    server.sqlite().execute_batch(MANY).expect("filled");
    let workspace = owner.get("/organizations/doomed/workspaces/many-100000").is(200).text("/data/id");

    owner.delete("/organizations/doomed").is_done();
    let is_gone = |server: &Server| {
        let owner = server.with_token(owner.token.as_deref().expect("a token"));
        for path in ["/organizations/doomed/workspaces", "/organizations/doomed/teams"] {
            owner.get(path).is(404).golden("not_found");
        }
        for path in [format!("/workspaces/{workspace}"), format!("/oauth-clients/{client}")] {
            owner.get(&path).is(404).golden("not_found");
            owner.delete(&path).is(404).golden("not_found");
        }
        server.with_token(&token).get("/account/details").is(401).golden("unauthorized");
        let names = owner.get("/organizations").is(200).each("name");
        assert!(names.iter().all(|name| name == "my-organization" || name == "doomed"), "{names:?}");
    };
    is_gone(&server);
    // The writer takes other changes meanwhile.
    owner.creates_client("my-organization");
    server.kill();
    assert!(bowline_in(&data, &["check"]).status.success());

    let server = Server::serve_on(&data, &[]);
    is_gone(&server);
    is_removed_at_last(&server);
    is_gone(&server);
    let tables = ["workspaces", "workspace_tags", "tags", "remote_state_consumers"];
    for table in tables {
        assert_eq!(server.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(server.number("SELECT count(*) FROM oauth_clients"), 1);
    assert!(bowline_in(&data, &["check"]).status.success());
}

#[test]
fn the_name_is_free_while_the_rows_are_not_gone_yet() {
    let server = Server::demo();
    let owner = server.owner();
    owner.creates_organization("doomed");
    server.sqlite().execute_batch(MANY).expect("filled");
    owner.delete("/organizations/doomed").is_done();
    owner.creates_organization("Doomed");
    assert_eq!(owner.get("/organizations/doomed/workspaces").is(200).list().len(), 0);
    let id = server
        .sqlite()
        .query_row("SELECT external_id FROM organizations WHERE is_deleted = 1", [], |row| row.get::<_, String>(0));
    if let Ok(id) = id {
        owner.get(&format!("/organizations/{id}%2Fdeleted")).is(404);
        owner.get(&format!("/entitlement-sets/{id}")).is(404);
    }
    is_removed_at_last(&server);
    assert_eq!(server.number("SELECT count(*) FROM organizations"), 2);
    owner.creates_workspace("doomed", "w", None);
}
