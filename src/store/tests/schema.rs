//! What the schema is, what it refuses, and what goes with what.

use super::database;
use crate::store::engine::connection;
use crate::store::installation::SCHEMA;
use crate::store::plain;
use crate::store::stored::Table;

/// Two organizations, each with a client, its token and a workspace; rows 1 and 2.
const FURNITURE: &str = "
    INSERT INTO users VALUES (1, 'user-1111111111111111', 'ada', 'a@b', 0, 0);
    INSERT INTO organizations (number, external_id, name, email, created_at)
      VALUES (1, 'org-1111111111111111', 'one', 'a@b', 0), (2, 'org-2222222222222222', 'two', 'a@b', 0);
    INSERT INTO projects (number, id, organization, name, is_default, created_at)
      VALUES (1, 'prj-1111111111111111', 1, 'Default Project', 1, 0),
             (2, 'prj-2222222222222222', 2, 'Default Project', 1, 0);
    INSERT INTO teams (number, id, organization, name, created_at) VALUES (1, 'team-1111111111111111', 1, 'owners', 0);
    INSERT INTO organization_memberships (number, id, organization, user, email, created_at)
      VALUES (1, 'ou-1111111111111111', 2, 1, 'a@b', 0);
    INSERT INTO oauth_clients (number, id, organization, callback, service_provider, http_url, api_url,
                               organization_scoped, created_at, updated_at)
      VALUES (1, 'oc-1111111111111111', 1, randomblob(16), 'github', 'https://a', 'https://a', 1, 0, 0),
             (2, 'oc-2222222222222222', 2, randomblob(16), 'github', 'https://a', 'https://a', 1, 0, 0);
    INSERT INTO oauth_tokens (number, id, client, token_sealed, source, created_at)
      VALUES (1, 'ot-1111111111111111', 1, zeroblob(46), 'api', 0),
             (2, 'ot-2222222222222222', 2, zeroblob(46), 'api', 0);
    INSERT INTO sessions (number, digest, user, created_at, last_used_at, address, user_agent)
      VALUES (1, zeroblob(32), 1, 0, 0, '', '');
    INSERT INTO workspaces (number, id, organization, project, name, created_at, updated_at)
      VALUES (1, 'ws-1111111111111111', 1, 1, 'w', 0, 0), (2, 'ws-2222222222222222', 2, 2, 'w', 0, 0);";

#[test]
fn the_schema_refuses_what_must_not_be() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    connection.execute_batch(FURNITURE).unwrap();
    let refused = [
        // Shapes and limits
        "UPDATE users SET id = 'user-1'",
        "UPDATE users SET username = ''",
        "UPDATE users SET is_site_admin = 2",
        "UPDATE users SET created_at = 'yesterday'",
        "UPDATE organizations SET external_id = 'ada' WHERE number = 1",
        "UPDATE oauth_clients SET id = 'ot-1111111111111112' WHERE number = 1",
        "UPDATE oauth_clients SET service_provider = 'gitea'",
        "UPDATE oauth_clients SET http_url = 'javascript:x'",
        "UPDATE oauth_clients SET api_url = ''",
        "UPDATE oauth_clients SET organization_scoped = NULL",
        "UPDATE oauth_clients SET secret_sealed = 'in the clear'",
        "UPDATE oauth_clients SET private_key_sealed = x'00'",
        "UPDATE oauth_clients SET callback = x'00' WHERE number = 1",
        "UPDATE oauth_tokens SET id = 'oc-1111111111111112' WHERE number = 1",
        "UPDATE oauth_tokens SET token_sealed = zeroblob(45)",
        "UPDATE oauth_tokens SET token_sealed = NULL",
        "UPDATE oauth_tokens SET refresh_token_sealed = zeroblob(45)",
        "UPDATE oauth_tokens SET ssh_key_sealed = x'00'",
        "UPDATE oauth_tokens SET expires_at = 'tomorrow'",
        "UPDATE oauth_tokens SET state = 'expired'",
        "UPDATE oauth_tokens SET broken_reason = 'it is usable'",
        "UPDATE oauth_tokens SET source = 'file'",
        "INSERT INTO web_flows VALUES (1, x'00', 1, 1, 'https://a', 0)",
        "INSERT INTO web_flows VALUES (1, zeroblob(32), 9, 1, 'https://a', 0)",
        "INSERT INTO web_flows VALUES (1, zeroblob(32), 1, 9, 'https://a', 0)",
        "INSERT INTO web_flows VALUES (1, zeroblob(32), 1, 1, '', 0)",
        "INSERT INTO vcs_events VALUES (1, 'vcse-1', 1, 'oc-1', 'ot-1', 'refused', 'error', 'x', NULL, 0)",
        "INSERT INTO vcs_events VALUES (1, 'vcse-1111111111111111', 1, 'oc-1', 'ot-1', 'refused', 'fatal', 'x', NULL, 0)",
        "INSERT INTO vcs_events VALUES (1, 'vcse-1111111111111111', 1, 'oc-1', 'ot-1', 'refused', 'error', '', NULL, 0)",
        "INSERT INTO vcs_events VALUES (1, 'vcse-1111111111111111', 9, 'oc-1', 'ot-1', 'refused', 'error', 'x', NULL, 0)",
        "UPDATE workspaces SET name = ''",
        "UPDATE workspaces SET id = 'ws-' WHERE number = 1",
        "UPDATE workspaces SET settings = '[]'",
        "UPDATE workspaces SET execution_mode = 'cloud'",
        "UPDATE workspaces SET locked_by_type = 'runs', locked_by_id = 'run-1', locked_by_name = 'x'",
        "UPDATE workspaces SET locked_by_type = 'users', locked_by_name = 'x'",
        "UPDATE workspaces SET locked_by_type = 'users', locked_by_id = 'user-1'",
        "UPDATE workspaces SET lock_reason = NULL",
        "UPDATE installation SET only_row = 2",
        "UPDATE projects SET id = 'prj-' WHERE number = 1",
        "INSERT INTO agent_pools (id, organization, name, created_at) VALUES ('apool-1111111111111111', 1, '', 0)",
        "INSERT INTO agent_pools (id, organization, name, created_at) VALUES ('apool-1111111111111111', 9, 'x', 0)",
        "INSERT INTO variables (id, workspace, variable_set, category, key, value, hcl, description, created_at)
           VALUES ('var-1111111111111111', NULL, NULL, 'env', 'k', 'v', 0, '', 0)",
        "INSERT INTO variables (id, workspace, category, key, value, hcl, description, created_at)
           VALUES ('var-1111111111111111', 1, 'planet', 'k', 'v', 0, '', 0)",
        "INSERT INTO variables (id, workspace, category, key, hcl, description, created_at)
           VALUES ('var-1111111111111111', 1, 'env', 'k', 0, '', 0)",
        "INSERT INTO variables (id, workspace, category, key, value, value_sealed, hcl, description, created_at)
           VALUES ('var-1111111111111111', 1, 'env', 'k', 'v', zeroblob(45), 0, '', 0)",
        "INSERT INTO variable_sets VALUES (1, 'varset-1111111111111111', 1, 1, 'x', '', 1, 0, 0, 0)",
        "INSERT INTO run_triggers VALUES (1, 'rt-1111111111111111', 1, 1, 0)",
        "INSERT INTO run_triggers VALUES (1, 'rt-1111111111111111', 1, 2, 0)",
        "UPDATE projects SET name = 'ab' WHERE number = 1",
        "UPDATE projects SET default_execution_mode = 'cloud'",
        "UPDATE projects SET default_agent_pool = 9",
        "INSERT INTO project_tag_bindings (project, key, value) VALUES (1, '', 'x')",
        "INSERT INTO project_tag_bindings (project, key, value) VALUES (1, 'a', 'x'), (1, 'a', 'y')",
        "UPDATE teams SET visibility = 'public'",
        "UPDATE teams SET sso_team_id = ''",
        "UPDATE teams SET organization_access = 'all'",
        // One of a kind
        "INSERT INTO users VALUES (2, 'user-2222222222222222', 'ADA', 'a@b', 0, 0)",
        "UPDATE organizations SET name = 'ONE' WHERE number = 2",
        "UPDATE oauth_tokens SET id = 'ot-1111111111111111' WHERE number = 2",
        "UPDATE oauth_tokens SET client = 1 WHERE number = 2",
        "INSERT INTO workspaces (id, organization, project, name, created_at, updated_at) VALUES ('ws-3333333333333333', 1, 1, 'w', 0, 0)",
        "INSERT INTO projects (id, organization, name, created_at) VALUES ('prj-3333333333333333', 1, 'default project', 0)",
        "INSERT INTO projects (id, organization, name, is_default, created_at) VALUES ('prj-3333333333333333', 1, 'other', 1, 0)",
        "INSERT INTO organization_memberships (id, organization, user, email, created_at) VALUES ('ou-3333333333333333', 2, 1, 'a@b', 0)",
        "INSERT INTO installation VALUES (2, 0, x'00', zeroblob(32))",
        // Nothing without what it belongs to
        "INSERT INTO teams (id, organization, name, created_at) VALUES ('team-9999999999999999', 9, 'owners', 0)",
        "INSERT INTO team_members VALUES (1, 9)",
        "UPDATE workspaces SET organization = 9",
        // A token speaks for exactly one
        "INSERT INTO api_tokens (id, digest, created_at) VALUES ('at-1111111111111111', zeroblob(32), 0)",
        "INSERT INTO api_tokens (id, digest, user, team, created_at) VALUES ('at-1111111111111111', zeroblob(32), 1, 1, 0)",
        "INSERT INTO api_tokens (id, digest, user, created_at) VALUES ('at-1111111111111111', zeroblob(31), 1, 0)",
        "INSERT INTO api_tokens (id, digest, team, created_at, is_sole) VALUES
           ('at-1111111111111111', zeroblob(32), 1, 0, 1), ('at-2222222222222222', randomblob(32), 1, 0, 1)",
        "INSERT INTO api_tokens (id, digest, user, created_at, creator_type) VALUES ('at-1111111111111111', zeroblob(32), 1, 0, 'users')",
        // Everything within one organization
        "INSERT INTO team_members VALUES (1, 1)",
        "INSERT INTO oauth_client_projects VALUES (1, 2)",
        "UPDATE workspaces SET project = 2 WHERE number = 1",
        "UPDATE workspaces SET project = NULL WHERE number = 1",
        "INSERT INTO workspaces (id, organization, project, name, created_at, updated_at) VALUES ('ws-3333333333333333', 1, 2, 'x', 0, 0)",
        "INSERT INTO workspaces (id, organization, name, created_at, updated_at) VALUES ('ws-3333333333333333', 1, 'x', 0, 0)",
        "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', 1, 2, 'a/b')",
        "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', 1, 9, 'a/b')",
        "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', 9, 1, 'a/b')",
        "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', 1, 1, 'a')",
        "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', NULL, 1, 'a/b')",
        "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('stack', 1, 1, 'a/b')",
        "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', 1, 1, 'a/b'), ('workspace', 1, 1, 'c/d')",
        // A trail that says who and what
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, NULL, 'Client', NULL, 'ada', 'user', 'user-1', 'create', NULL, zeroblob(32))",
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, NULL, 'System', NULL, 'x', '', 'p-1', 'create', NULL, zeroblob(32))",
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, NULL, 'System', NULL, 'x', 'user', 'user-1', '', NULL, zeroblob(32))",
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, NULL, 'System', NULL, 'x', 'user', 'user-1', 'create', '[]', zeroblob(32))",
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, NULL, 'System', NULL, 'x', 'user', 'user-1', 'create', NULL, x'00')",
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, x'00', 'System', NULL, 'x', 'user', 'user-1', 'create', NULL, zeroblob(32))",
        "INSERT INTO audit_anchor VALUES (2, 0, zeroblob(32), zeroblob(32))",
        "INSERT INTO api_tokens (id, digest, user, created_at, is_for_audit_trail) VALUES ('at-1111111111111111', zeroblob(32), 1, 0, 1)",
    ];
    for statement in refused {
        assert!(connection.execute(statement, []).is_err(), "{statement}");
    }
}

#[test]
fn plain_tables_take_no_other_ids_and_nothing_that_is_not_sealed() {
    let place = database();
    let connection = connection::reading(&place.path).unwrap();
    for Table { name, prefix, sealed, .. } in plain::tables() {
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let sql: String = connection.query_row(sql, [name], |row| row.get(0)).unwrap();
        let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let id = format!("id TEXT NOT NULL UNIQUE CHECK (id GLOB '{prefix}*' AND length(id) = {})", prefix.len() + 16);
        assert!(sql.contains(&id), "{name}");
        let is_long_enough = [">", ">="].map(|least| sql.contains(&format!("CHECK (length({sealed}) {least} 45)")));
        assert!(sealed.is_empty() || is_long_enough.contains(&true) && sql.ends_with("STRICT"), "{name}");
    }
}

#[test]
fn what_belongs_to_something_goes_with_it() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    connection.execute_batch(FURNITURE).unwrap();
    let count = |table: &str| {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let run = |sql: &str| connection.execute(sql, []).unwrap();
    let link = || {
        run(
            "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', 1, 1, 'a/b')",
        )
    };
    link();
    run("DELETE FROM workspaces WHERE number = 1");
    assert_eq!((count("oauth_tokens"), count("repository_links")), (2, 0));
    run("INSERT INTO workspaces (number, id, organization, project, name, created_at, updated_at)
         VALUES (1, 'ws-1111111111111111', 1, 1, 'w', 0, 0)");
    link();
    run("DELETE FROM oauth_tokens WHERE number = 1");
    assert_eq!((count("oauth_clients"), count("oauth_tokens"), count("repository_links")), (2, 1, 0));
    run("INSERT INTO oauth_tokens (number, id, client, token_sealed, source, created_at)
         VALUES (1, 'ot-1111111111111111', 1, zeroblob(46), 'api', 0)");
    link();
    run("DELETE FROM oauth_clients WHERE number = 1");
    assert_eq!((count("oauth_tokens"), count("repository_links"), count("workspaces")), (1, 0, 2));
    run("DELETE FROM organizations WHERE number = 2");
    assert_eq!((count("oauth_clients"), count("oauth_tokens"), count("workspaces")), (0, 0, 1));
}

#[test]
fn a_link_moves_to_tokens_of_its_organization_alone() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    connection.execute_batch(FURNITURE).unwrap();
    let link =
        "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', 1, 1, 'a/b')";
    connection.execute(link, []).unwrap();
    for refused in ["UPDATE repository_links SET oauth_token = 2", "UPDATE repository_links SET oauth_token = 9"] {
        assert!(connection.execute(refused, []).is_err(), "{refused}");
    }
    connection.execute("UPDATE oauth_clients SET organization = 1", []).unwrap();
    assert_eq!(connection.execute("UPDATE repository_links SET oauth_token = 2", []), Ok(1));
}

/// As the decision about repository links promises.
#[test]
fn a_new_kind_of_holder_is_a_column_more() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    connection.execute_batch(FURNITURE).unwrap();
    connection
        .execute_batch(
            "INSERT INTO repository_links (holder, workspace, oauth_token, identifier) VALUES ('workspace', 1, 1, 'a/b');
             CREATE TABLE things (number INTEGER PRIMARY KEY) STRICT;
             INSERT INTO things VALUES (1);
             ALTER TABLE repository_links ADD COLUMN thing INTEGER REFERENCES things ON DELETE CASCADE
               CHECK ((thing IS NOT NULL) = (holder = 'thing'));
             CREATE UNIQUE INDEX repository_links_by_thing ON repository_links (thing);
             INSERT INTO repository_links (holder, thing, oauth_token, identifier) VALUES ('thing', 1, 1, 'a/b');",
        )
        .unwrap();
    for refused in ["UPDATE repository_links SET thing = 1", "UPDATE repository_links SET thing = NULL, workspace = 1"]
    {
        assert!(connection.execute(refused, []).is_err(), "{refused}");
    }
    assert_eq!(connection.execute("DELETE FROM oauth_tokens WHERE number = 1", []), Ok(1));
    let left: i64 = connection.query_row("SELECT count(*) FROM repository_links", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

/// Statement by statement: `schema.sql` is what a new database has, and nothing else.
#[test]
fn a_new_database_has_the_schema_of_the_file() {
    let place = database();
    let connection = connection::reading(&place.path).unwrap();
    let sql = "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid";
    let mut statement = connection.prepare(sql).unwrap();
    let found: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
    assert!(found.len() > 60, "{}", found.len());
    let mut rest = SCHEMA.sql;
    for sql in found {
        let (before, after) = rest.split_once(&format!("{sql};\n")).unwrap_or_else(|| panic!("not in the file: {sql}"));
        assert!(is_comment(before), "not in the database: {before}");
        rest = after;
    }
    assert!(is_comment(rest), "not in the database: {rest}");
}

fn is_comment(text: &str) -> bool {
    text.lines().all(|line| line.is_empty() || line.starts_with("--"))
}
