//! What the schema refuses, what goes with what, and how things are found.

use super::database;
use crate::domain::organizations::agent_pool::{AgentPoolFilter, AgentPoolOrder};
use crate::domain::projects::project::{ProjectFilter, ProjectOrder};
use crate::store::accounts::{api_tokens, users};
use crate::store::engine::connection;
use crate::store::oauth::{clients as oauth_clients, tokens as oauth_tokens};
use crate::store::organizations::{access, agent_pools, memberships, ssh_keys as organization_ssh_keys};
use crate::store::projects::tag_bindings as project_tag_bindings;
use crate::store::{audit, organizations, projects, teams, workspaces};

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
                               organization_scoped, created_at, updated_at, oauth_token_id, oauth_token_sealed,
                               oauth_token_created_at)
      VALUES (1, 'oc-1111111111111111', 1, randomblob(16), 'github', 'https://a', 'https://a', 1, 0, 0,
              'ot-1111111111111111', zeroblob(46), 0),
             (2, 'oc-2222222222222222', 2, randomblob(16), 'github', 'https://a', 'https://a', 1, 0, 0,
              'ot-2222222222222222', zeroblob(46), 0);
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
        // A token is there whole or not at all
        "UPDATE oauth_clients SET oauth_token_id = 'oc-1111111111111112' WHERE number = 1",
        "UPDATE oauth_clients SET oauth_token_sealed = zeroblob(45)",
        "UPDATE oauth_clients SET oauth_token_ssh_key_sealed = x'00'",
        "UPDATE oauth_clients SET oauth_token_sealed = NULL",
        "UPDATE oauth_clients SET oauth_token_id = NULL",
        "UPDATE oauth_clients SET oauth_token_created_at = NULL",
        "UPDATE oauth_clients SET oauth_token_id = NULL, oauth_token_sealed = NULL, oauth_token_created_at = NULL,
           oauth_token_user = 'ada'",
        "UPDATE oauth_clients SET oauth_token_id = NULL, oauth_token_sealed = NULL, oauth_token_created_at = NULL,
           oauth_token_ssh_key_sealed = zeroblob(46)",
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
        "INSERT INTO agent_pools (id, organization, name, created_at) VALUES ('apool-1', 1, 'x', 0)",
        "INSERT INTO agent_pools (id, organization, name, created_at) VALUES ('apool-1111111111111111', 1, '', 0)",
        "INSERT INTO agent_pools (id, organization, name, created_at) VALUES ('apool-1111111111111111', 9, 'x', 0)",
        "INSERT INTO ssh_keys VALUES (1, 'sshkey-1111111111111111', 1, 'x', x'00', 0)",
        "INSERT INTO ssh_keys VALUES (1, 'sshkey-1111111111111111', 1, 'x', 'in the clear', 0)",
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
        "UPDATE oauth_clients SET oauth_token_id = 'ot-1111111111111111' WHERE number = 2",
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
        "INSERT INTO workspace_vcs_repos VALUES (1, 2, 'a/b', '', 0, '')",
        "INSERT INTO workspace_vcs_repos VALUES (1, 9, 'a/b', '', 0, '')",
        "INSERT INTO workspace_vcs_repos VALUES (9, 1, 'a/b', '', 0, '')",
        "INSERT INTO workspace_vcs_repos VALUES (1, 1, 'a', '', 0, '')",
        // A trail that says who and what
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, NULL, 'Client', NULL, 'ada', 'user', 'user-1', 'create', NULL, zeroblob(32))",
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, NULL, 'System', NULL, 'x', 'planet', 'p-1', 'create', NULL, zeroblob(32))",
        "INSERT INTO audit_events VALUES (1, randomblob(16), 0, NULL, NULL, 'System', NULL, 'x', 'user', 'user-1', 'peek', NULL, zeroblob(32))",
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
fn what_belongs_to_something_goes_with_it() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    connection.execute_batch(FURNITURE).unwrap();
    connection.execute_batch("INSERT INTO workspace_vcs_repos VALUES (1, 1, 'a/b', '', 0, '')").unwrap();
    let count = |table: &str| {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let link = || connection.execute("INSERT INTO workspace_vcs_repos VALUES (1, 1, 'a/b', '', 0, '')", []);
    let token_with = |id, text: i64| {
        let sql = "UPDATE oauth_clients SET oauth_token_id = ?1, oauth_token_sealed = zeroblob(?2),
                     oauth_token_created_at = 0 WHERE number = 1";
        connection.execute(sql, (id, text)).unwrap()
    };
    token_with("ot-1111111111111111", 47);
    assert_eq!(count("workspace_vcs_repos"), 1);
    let none = "oauth_token_id = NULL, oauth_token_sealed = NULL, oauth_token_created_at = NULL";
    connection.execute(&format!("UPDATE oauth_clients SET {none} WHERE number = 1"), []).unwrap();
    assert_eq!((count("oauth_tokens"), count("workspace_vcs_repos")), (1, 0));
    assert!(link().is_err(), "a link to a token that is not there");
    token_with("ot-1111111111111111", 46);
    link().unwrap();
    connection.execute("DELETE FROM oauth_clients WHERE number = 1", []).unwrap();
    assert_eq!((count("oauth_tokens"), count("workspace_vcs_repos"), count("workspaces")), (1, 0, 2));
    connection.execute("DELETE FROM organizations WHERE number = 2", []).unwrap();
    assert_eq!((count("oauth_clients"), count("oauth_tokens"), count("workspaces")), (0, 0, 1));
}

#[test]
fn a_clients_row_has_its_projects_while_they_are_few() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    connection.execute_batch(FURNITURE).unwrap();
    let project = |number: i64| format!("prj-{number:016}").replace('0', "a");
    for number in 11..=20 {
        let sql = "INSERT INTO projects (number, id, organization, name, created_at) VALUES (?1, ?2, 1, ?2, 0)";
        connection.execute(sql, (number, project(number))).unwrap();
    }
    let ids = || {
        let of = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Option<String>>(0)).unwrap();
        let other = of("SELECT few_project_ids FROM oauth_clients WHERE number = 2");
        assert_eq!(other.as_deref(), Some(""), "another client's projects");
        of("SELECT few_project_ids FROM oauth_clients WHERE number = 1")
    };
    let those = |numbers: &[i64]| Some(numbers.iter().copied().map(project).collect::<Vec<_>>().join(" "));
    let attach =
        |number: i64| connection.execute("INSERT INTO oauth_client_projects VALUES (1, ?1)", [number]).unwrap();
    let detach =
        |number: i64| connection.execute("DELETE FROM oauth_client_projects WHERE project = ?1", [number]).unwrap();
    assert_eq!(ids(), those(&[]));
    attach(18);
    assert_eq!(ids(), those(&[18]));
    (11..18).for_each(|number| assert_eq!(attach(number), 1));
    assert_eq!(ids(), those(&[11, 12, 13, 14, 15, 16, 17, 18]));
    attach(19);
    attach(20);
    assert_eq!(ids(), None);
    detach(18);
    assert_eq!(ids(), None);
    connection.execute("DELETE FROM projects WHERE number = 11", []).unwrap();
    assert_eq!(ids(), those(&[12, 13, 14, 15, 16, 17, 19, 20]));
    connection.execute("DELETE FROM projects WHERE number > 12", []).unwrap();
    assert_eq!(ids(), those(&[12]));
    detach(12);
    assert_eq!(ids(), those(&[]));
    attach(12);
    connection.execute("DELETE FROM oauth_clients WHERE number = 1", []).unwrap();
    let links: i64 = connection.query_row("SELECT count(*) FROM oauth_client_projects", [], |row| row.get(0)).unwrap();
    assert_eq!(links, 0);
}

#[test]
fn documents_and_lists_are_found_by_index_and_need_no_sorting() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    let of = |select: &str, rest: &str| format!("EXPLAIN QUERY PLAN {select} {rest}");
    let projects_listed = |names: Option<Vec<String>>, order: ProjectOrder| {
        let filter = ProjectFilter { names, order, ..ProjectFilter::default() };
        let (listed, order) = (projects::listed(&filter), projects::order(&filter));
        of(projects::SELECT, &format!("WHERE {listed} ORDER BY {order} LIMIT ?4"))
    };
    let pools_listed = |name: Option<&str>, order: AgentPoolOrder| {
        let name = name.map(str::to_owned);
        let filter = AgentPoolFilter { workspace: name.clone(), project: name, order, ..AgentPoolFilter::default() };
        let (listed, order) = (agent_pools::listed(&filter), agent_pools::order(&filter));
        of(agent_pools::SELECT, &format!("WHERE {listed} ORDER BY {order} LIMIT ?5"))
    };
    let organizations_selected = format!("SELECT {}", organizations::COLUMNS);
    let organizations_listed =
        [organizations::OF_USER, organizations::SEARCHED, organizations::OF_USER_IN_ORDER].join(" ");
    for sql in [
        of(oauth_clients::SELECT, "WHERE oauth_clients.id = ?1"),
        of(oauth_clients::SELECT, &format!("WHERE {} ORDER BY oauth_clients.number", oauth_clients::ON_PAGE)),
        of(oauth_tokens::SELECT, "WHERE oauth_clients.oauth_token_id = ?1"),
        of(oauth_tokens::SELECT, &format!("WHERE {} ORDER BY oauth_clients.number", oauth_tokens::ON_PAGE)),
        of(projects::SELECT, &format!("WHERE {}", projects::OF_CLIENTS)),
        of(&organizations_selected, "FROM organizations WHERE organizations.name = ?1"),
        of(&organizations_selected, "FROM organizations WHERE organizations.external_id = ?1"),
        of(&organizations_selected, &organizations_listed),
        of("SELECT count(*)", &[organizations::OF_USER, organizations::SEARCHED].concat()),
        of("", access::ACCESS_TO_ORGANIZATIONS),
        of("", &users::MEMBER),
        of("", &users::FELLOW_OF_USER),
        of(workspaces::SELECT, "WHERE workspaces.id = ?1"),
        of(workspaces::SELECT, workspaces::OF_POOLS),
        of(projects::SELECT, "WHERE projects.id IN (SELECT value FROM json_each(?1))"),
        of(workspaces::SELECT, "WHERE workspaces.organization = ?1 AND workspaces.name = ?2"),
        of(
            workspaces::SELECT,
            "WHERE workspaces.organization = ?1 AND instr(lower(workspaces.name), lower(?2))
             ORDER BY workspaces.number LIMIT ?3",
        ),
        of(workspaces::SELECT, "WHERE workspaces.organization = ?1 ORDER BY workspaces.name DESC LIMIT ?2"),
        of(
            workspaces::SELECT,
            "WHERE workspaces.number IN (SELECT consumer FROM remote_state_consumers WHERE workspace = ?1)
             ORDER BY workspaces.number",
        ),
        of(workspaces::SELECT_TAGS, "WHERE tags.organization = ?1 ORDER BY tags.name LIMIT ?2"),
        of(
            workspaces::SELECT_TAGS,
            "WHERE tags.number IN (SELECT tag FROM workspace_tags WHERE workspace = ?1) ORDER BY tags.number",
        ),
        of(teams::SELECT, "WHERE teams.id = ?1"),
        of(teams::SELECT, &format!("WHERE {} AND {} ORDER BY teams.number LIMIT ?6", teams::SEEN, teams::LISTED)),
        of(&memberships::SELECT, "WHERE organization_memberships.id = ?1"),
        of(&memberships::SELECT, &format!("{} ORDER BY organization_memberships.number LIMIT ?5", memberships::FILTER)),
        of("SELECT number FROM users", "WHERE email = ?1 COLLATE NOCASE ORDER BY number LIMIT 1"),
        of("SELECT number FROM organization_memberships", "WHERE email = ?1 AND user IS NULL"),
        of("SELECT team FROM team_members", "WHERE membership = ?1"),
        of(&api_tokens::SELECT, "WHERE api_tokens.id = ?1"),
        of(&api_tokens::SELECT, "WHERE api_tokens.user = ?1 ORDER BY api_tokens.number LIMIT ?2 OFFSET ?3"),
        of(&api_tokens::SELECT, "WHERE api_tokens.team = ?1 AND api_tokens.is_sole = 1"),
        of(&api_tokens::SELECT, "WHERE api_tokens.organization = ?1 AND api_tokens.is_sole = 1"),
        of(
            &api_tokens::SELECT,
            "WHERE api_tokens.organization = ?1 AND api_tokens.is_sole = 1 AND is_for_audit_trail = ?2",
        ),
        of(audit::OF_ORGANIZATION, ""),
        of(audit::COUNT_OF_ORGANIZATION, ""),
        of("SELECT number, link, at FROM audit_events", "WHERE number > 0 ORDER BY number DESC LIMIT 1"),
        of(projects::SELECT, "WHERE projects.id = ?1"),
        projects_listed(None, ProjectOrder::Created),
        projects_listed(None, ProjectOrder::Name),
        projects_listed(None, ProjectOrder::NameDescending),
        projects_listed(Some(vec![]), ProjectOrder::Name),
        {
            let bindings = vec![("key".to_owned(), None)];
            let listed = projects::listed(&ProjectFilter { bindings, ..ProjectFilter::default() });
            of(projects::SELECT, &format!("WHERE {listed} ORDER BY projects.number LIMIT ?5"))
        },
        of(project_tag_bindings::SELECT, "WHERE project = ?1 ORDER BY number LIMIT ?2"),
        of(project_tag_bindings::OF_PROJECTS, ""),
        of(agent_pools::SELECT, "WHERE agent_pools.id = ?1"),
        pools_listed(None, AgentPoolOrder::Created),
        pools_listed(None, AgentPoolOrder::CreatedDescending),
        pools_listed(None, AgentPoolOrder::Name),
        pools_listed(None, AgentPoolOrder::NameDescending),
        pools_listed(Some("x"), AgentPoolOrder::Created),
        of(agent_pools::USING_WORKSPACES, ""),
        of(agent_pools::ALLOWED_WORKSPACES, ""),
        of(agent_pools::ALLOWED_PROJECTS, ""),
        of(agent_pools::EXCLUDED_WORKSPACES, ""),
        of(organization_ssh_keys::SELECT, "WHERE ssh_keys.id = ?1"),
        of(
            organization_ssh_keys::SELECT,
            "WHERE ssh_keys.organization = ?1 ORDER BY ssh_keys.number LIMIT ?2 OFFSET ?3",
        ),
    ] {
        let mut statement = connection.prepare(&sql).unwrap();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            // What is asked for each row has its own step below; a list that the request brought is no table.
            let is_found = [
                "SEARCH",
                "CORRELATED SCALAR SUBQUERY",
                "LIST SUBQUERY",
                "SCAN json_each",
                "SCAN asked",
                "CREATE BLOOM FILTER",
            ];
            assert!(is_found.iter().any(|how| step.starts_with(how)), "{step}: {sql}");
        }
    }
}

/// Otherwise the destruction of one thing would read all of another kind.
#[test]
fn whatever_refers_to_something_is_found_by_index() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    let sql = "SELECT tables.name, reference.\"from\" FROM pragma_table_list AS tables,
                      pragma_foreign_key_list(tables.name) AS reference
               WHERE tables.schema = 'main'";
    let mut statement = connection.prepare(sql).unwrap();
    let references: Vec<(String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(|row| row.unwrap()).collect();
    assert!(references.len() > 30);
    for (table, column) in references {
        let plan = format!("EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = ?1");
        let step: String = connection.query_row(&plan, [1], |row| row.get(3)).unwrap();
        assert!(step.starts_with("SEARCH"), "{table}.{column}: {step}");
    }
}

#[test]
fn the_tags_of_a_page_are_found_by_index() {
    let place = database();
    let connection = connection::writing(&place.path).unwrap();
    let sql = format!("EXPLAIN QUERY PLAN {}", workspaces::EFFECTIVE).replace("?1", "'[1]'");
    let mut statement = connection.prepare(&sql).unwrap();
    let steps: Vec<String> =
        statement.query_map([], |row| row.get(3)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
    let scans: Vec<&String> = steps.iter().filter(|step| step.starts_with("SCAN")).collect();
    assert!(scans.iter().all(|step| step.starts_with("SCAN json_each")), "{steps:?}");
}
