//! Data directories as older versions left them, and what they hold.

use std::fs;
use std::iter::repeat;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::harness::Server;

/// What made each version, in order, as far as SQL goes.
const MIGRATIONS: [&str; 7] = [
    include_str!("../../../schema.sql"),
    include_str!("../../../migrations/0002_todays_contract.sql"),
    include_str!("../../../migrations/0003_audit_trail.sql"),
    include_str!("../../../migrations/0004_key_rotation.sql"),
    include_str!("../../../migrations/0005_tokens_beside_their_clients.sql"),
    include_str!("../../../migrations/0006_one_row_for_a_client_and_its_token.sql"),
    include_str!("../../../migrations/0007_few_projects_in_their_clients_row.sql"),
];
pub const CURRENT: usize = MIGRATIONS.len();
/// The first version with the chain of the audit trail, which SQL alone does not make.
const WITH_CHAIN: usize = 3;
/// The first version whose tokens have their clients' numbers.
const WITH_CLIENTS_NUMBERS: usize = 5;

/// What somebody may have had in version 1, of late, so that all of it is kept; enough to be in the middle of for a while.
const FURNITURE: &str = "
    INSERT INTO users VALUES (1, 'user-1111111111111111', 'ada', 'ada@example.com', 0, 0);
    INSERT INTO organizations VALUES (1, 'org-1111111111111111', 'one', 'ada@example.com', 0);
    INSERT INTO teams VALUES (1, 'team-1111111111111111', 1, 'owners', 0);
    INSERT INTO team_members VALUES (1, 1);
    WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x + 1 FROM n WHERE x < 1500)
    INSERT INTO oauth_clients (id, organization, callback, service_provider, name, http_url, api_url,
                               organization_scoped, created_at, updated_at)
      SELECT 'oc-' || replace(x, '0', 'a') || '222222222222', 1, randomblob(16), 'github', 'n' || x, 'https://a', 'https://a', 1, x, x FROM n;
    WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x + 1 FROM n WHERE x < 1500)
    INSERT INTO workspaces (id, organization, name, created_at, updated_at)
      SELECT 'ws-' || replace(x, '0', 'a') || '222222222222', 1, 'w' || x, x, x FROM n;
    WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)
    INSERT INTO audit_events (at, actor_type, actor_name, resource_type, resource_id, action)
      SELECT unixepoch() * 1000 - 5000 + x, 'System', 'command line', 'oauth_client', 'oc-' || x, 'update' FROM n;";
pub const CLIENTS: usize = 501;

/// All that there is, as every version has it; TOKENS_CLIENT stands for the column that names a token's client.
const CONTENTS: [&str; 7] = [
    "SELECT id || username || email FROM users ORDER BY number",
    "SELECT external_id || name || email FROM organizations ORDER BY number",
    "SELECT id || hex(callback) || name || created_at FROM oauth_clients ORDER BY number",
    "SELECT id || name || created_at FROM workspaces ORDER BY number",
    "SELECT hex(id) || at || actor_name || resource_id || action FROM audit_events ORDER BY number",
    "SELECT oauth_clients.id || oauth_tokens.id || hex(token_sealed) || oauth_tokens.created_at FROM oauth_tokens
     JOIN oauth_clients ON oauth_clients.number = oauth_tokens.TOKENS_CLIENT ORDER BY oauth_clients.number",
    "SELECT workspaces.id || oauth_tokens.id || identifier || branch || ingress_submodules || tags_regex
     FROM workspace_vcs_repos JOIN workspaces ON workspaces.number = workspace
     JOIN oauth_tokens ON oauth_tokens.number = oauth_token ORDER BY workspaces.number",
];

/// Since version 2.
const LINKS: &str = "SELECT oauth_clients.id || projects.name FROM oauth_client_projects
     JOIN oauth_clients ON oauth_clients.number = oauth_client JOIN projects ON projects.number = project
     ORDER BY oauth_client, project";

pub fn contents(database: &Connection) -> Vec<Vec<String>> {
    let tokens_client = if version(database) < WITH_CLIENTS_NUMBERS { "oauth_client" } else { "number" };
    let everywhere = CONTENTS.map(|sql| texts(database, &sql.replace("TOKENS_CLIENT", tokens_client)));
    let links = if version(database) < 2 { Vec::new() } else { texts(database, LINKS) };
    everywhere.into_iter().chain([links]).collect()
}

/// How many projects a server says that the first clients have.
pub fn projects_of_first(listed: &serde_json::Value) -> Vec<usize> {
    let clients = listed["data"].as_array().unwrap();
    let projects = clients.iter().map(|client| client["relationships"]["projects"]["data"].as_array().unwrap().len());
    projects.collect()
}

/// What they are to have.
pub fn expected_of_first(version: usize) -> Vec<usize> {
    if version < WITH_CHAIN { vec![0; PROJECTS_OF_FIRST.len()] } else { PROJECTS_OF_FIRST.into() }
}

pub fn version(database: &Connection) -> usize {
    database.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap() as usize
}

pub fn open(data: &Path) -> Connection {
    Connection::open(data.join("bowline.db")).unwrap()
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten().filter(|entry| entry.metadata().unwrap().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// One of each version but the current, oldest first, in directories of their own under `place`.
pub fn of_each_version(place: &Path) -> Vec<std::path::PathBuf> {
    let fresh = place.join("fresh");
    assert!(Server::demo_on(&fresh, &[]).stop().success());
    let at = |version: usize| place.join(format!("version-{version}"));
    for version in 1..WITH_CHAIN {
        before_the_chain(version, &fresh, &at(version));
    }
    let current = at(CURRENT);
    copy(&at(WITH_CHAIN - 1), &current);
    live_in(&current);
    for version in WITH_CHAIN..CURRENT {
        with_the_chain(version, &current, &at(version));
    }
    (1..CURRENT).map(at).collect()
}

fn empty(version: usize, at: &Path) -> Connection {
    let database = open(at);
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.pragma_update(None, "application_id", 0x426f_776c).unwrap();
    database.pragma_update(None, "user_version", version as i64).unwrap();
    database
}

fn before_the_chain(version: usize, like: &Path, at: &Path) {
    fs::create_dir(at).unwrap();
    fs::copy(like.join("master.key"), at.join("master.key")).unwrap();
    let database = empty(version, at);
    database.execute_batch(MIGRATIONS[0]).unwrap();
    let attach = format!("ATTACH '{}' AS current", like.join("bowline.db").display());
    database.execute_batch(&attach).unwrap();
    // The same key opens it.
    let checks =
        "INSERT INTO main.installation SELECT only_row, created_at, seal_check, digest_check FROM current.installation";
    database.execute_batch(checks).unwrap();
    database.execute_batch("DETACH current").unwrap();
    database.execute_batch(FURNITURE).unwrap();
    for migration in &MIGRATIONS[1..version] {
        database.execute_batch(migration).unwrap();
    }
}

/// How many projects the first clients have: none, few, and more than a client's row takes.
const PROJECTS_OF_FIRST: [usize; 4] = [0, 1, 8, 9];
const PROJECTS_OF_OTHERS: usize = 8;

/// Gives each client a token and projects, and each workspace a link.
fn live_in(data: &Path) {
    let server = Server::serve_on(data, &[]);
    let owner = server.with_token(&server.cli(&["token", "create", "--user", "ada"]));
    let database = server.sqlite();
    let clients = texts(&database, "SELECT id FROM oauth_clients ORDER BY number");
    for (client, workspace) in clients.iter().zip(texts(&database, "SELECT id FROM workspaces ORDER BY number DESC")) {
        let token =
            json!({"data": {"type": "oauth-clients", "id": client, "attributes": {"oauth-token-string": client}}});
        let answer = owner.patch(&format!("/oauth-clients/{client}"), &token).is(200);
        let token = answer.at("/data/relationships/oauth-tokens/data/0/id").clone();
        let vcs_repo = json!({"identifier": "acme/infra", "branch": "main", "oauth-token-id": token});
        let link = json!({"data": {"type": "workspaces", "id": workspace, "attributes": {"vcs-repo": vcs_repo}}});
        owner.patch(&format!("/workspaces/{workspace}"), &link).is(200);
    }
    let projects: Vec<String> = (0..9).map(|n| owner.creates_project("one", &format!("project {n}"))).collect();
    for (client, count) in clients.iter().zip(PROJECTS_OF_FIRST.into_iter().chain(repeat(PROJECTS_OF_OTHERS))) {
        let linkages = projects[..count].iter().map(|id| json!({"type": "projects", "id": id}));
        let linkages = json!({"data": linkages.collect::<Vec<_>>()});
        owner.post(&format!("/oauth-clients/{client}/relationships/projects"), &linkages).is_done();
    }
    assert!(server.stop().success());
}

/// As the version that wrote the same would have it: with its schema, and its own numbers for tokens.
fn with_the_chain(version: usize, like: &Path, at: &Path) {
    copy(like, at);
    fs::remove_file(at.join("bowline.db")).unwrap();
    let database = empty(version, at);
    for migration in &MIGRATIONS[..version] {
        database.execute_batch(migration).unwrap();
    }
    database.pragma_update(None, "foreign_keys", false).unwrap();
    let triggers = texts(&database, "SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    let rules = texts(&database, "SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
    for trigger in triggers {
        database.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    database.execute_batch(&format!("ATTACH '{}' AS current", like.join("bowline.db").display())).unwrap();
    for table in
        texts(&database, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    {
        let columns = texts(&database, &format!("SELECT name FROM pragma_table_info('{table}', 'main')"));
        let values = columns.iter().map(|column| match (table.as_str(), column.as_str()) {
            ("oauth_tokens", "number") if version < WITH_CLIENTS_NUMBERS => "10000 - number",
            ("oauth_tokens", "oauth_client") => "number",
            ("workspace_vcs_repos", "oauth_token") if version < WITH_CLIENTS_NUMBERS => "10000 - oauth_token",
            (_, same) => same,
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let columns = columns.join(", ");
        let copied =
            format!("INSERT INTO main.{table} ({columns}) SELECT {values} FROM current.{table} ORDER BY rowid");
        let copied = match table.as_str() {
            // WITHOUT ROWID
            _ if database.prepare(&copied).is_err() => copied.replace(" ORDER BY rowid", ""),
            _ => copied,
        };
        database.execute_batch(&copied).unwrap();
    }
    database.execute_batch("DETACH current").unwrap();
    for rule in rules {
        database.execute_batch(&rule).unwrap();
    }
    assert!(texts(&database, "SELECT \"table\" FROM pragma_foreign_key_check").is_empty());
}

fn texts(database: &Connection, sql: &str) -> Vec<String> {
    let mut rows = database.prepare(sql).unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}
