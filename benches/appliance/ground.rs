//! The ground that is measured on: data directories with so many OAuth clients, spread over so many organizations.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::bowline::command_line;
use crate::http;
use crate::outcome::Outcome;

/// The request document of the 2018 page.
const SAMPLE: &str = r#"{"data":{"type":"oauth-clients","attributes":{"service-provider":"github","http-url":"https://github.com","api-url":"https://api.github.com","oauth-token-string":"4306823352f0009d0ed81f1b654ac17a"}}}"#;
pub const ORGANIZATION: &str = "bench";
/// A format byte, a key number, a nonce, 32 characters and a tag.
pub const SEALED_BYTES: usize = 1 + 4 + 24 + 32 + 16;
/// No more different clients than this are asked for.
const MOST_ASKED: i64 = 20_000;

pub struct Ground {
    pub data_dir: PathBuf,
    token: String,
}

impl Ground {
    /// An organization, its owner and their token, made by the binary itself.
    pub fn empty(directory: &Path, name: &str) -> Outcome<Ground> {
        let data_dir = directory.join(name);
        command_line(&data_dir, &["init"])?;
        command_line(&data_dir, &["user", "create", "bench", "--email", "bench@example.com"])?;
        command_line(&data_dir, &["org", "create", ORGANIZATION, "--email", "bench@example.com", "--owner", "bench"])?;
        let token = command_line(&data_dir, &["token", "create", "--user", "bench"])?;
        Ok(Ground { data_dir, token })
    }

    pub fn filled(directory: &Path, name: &str, organizations: u32, clients: u32) -> Outcome<Ground> {
        let ground = Ground::empty(directory, name)?;
        fill(&ground.database(), organizations, clients)?;
        Ok(ground)
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// An authenticated read that every ground can answer with 200.
    pub fn list(&self) -> Vec<u8> {
        http::get("/api/v2/organizations", &self.token)
    }

    pub fn create(&self) -> Vec<u8> {
        http::post(&format!("/api/v2/organizations/{ORGANIZATION}/oauth-clients"), &self.token, SAMPLE)
    }

    /// Reads of clients from everywhere in the file, in no order.
    pub fn reads(&self) -> Outcome<Vec<Vec<u8>>> {
        self.reads_with("")
    }

    /// The same with what belongs to them.
    pub fn reads_with_include(&self) -> Outcome<Vec<Vec<u8>>> {
        self.reads_with("?include=oauth_tokens,projects")
    }

    fn reads_with(&self, query: &str) -> Outcome<Vec<Vec<u8>>> {
        let database = Connection::open(self.database())?;
        let step: i64 =
            database.query_row("SELECT max(1, count(*) / ?1) FROM oauth_clients", [MOST_ASKED], |row| row.get(0))?;
        let mut ids = database.prepare("SELECT id FROM oauth_clients WHERE number % ?1 = 0 ORDER BY random()")?;
        let ids = ids.query_map([step], |row| row.get::<_, String>(0))?;
        ids.map(|id| Ok(http::get(&format!("/api/v2/oauth-clients/{}{query}", id?), &self.token))).collect()
    }

    /// A page of 20 of each organization's clients, from the middle of the list.
    pub fn pages(&self) -> Outcome<Vec<Vec<u8>>> {
        let database = Connection::open(self.database())?;
        let mut names = database.prepare("SELECT name FROM organizations ORDER BY random()")?;
        let names = names.query_map([], |row| row.get::<_, String>(0))?;
        let page = |name| format!("/api/v2/organizations/{name}/oauth-clients?page%5Bnumber%5D=25&page%5Bsize%5D=20");
        names.map(|name| Ok(http::get(&page(name?), &self.token))).collect()
    }

    /// Links between workspaces and clients of their organization, from everywhere in the file, in no order.
    pub fn links(&self) -> Outcome<Vec<Vec<u8>>> {
        let database = Connection::open(self.database())?;
        let mut pairs = database.prepare(
            "SELECT workspaces.id, oauth_tokens.id FROM workspaces
             JOIN oauth_tokens ON oauth_tokens.client = workspaces.number
             ORDER BY random()",
        )?;
        let pairs = pairs.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        pairs
            .map(|pair| {
                let (workspace, token) = pair?;
                let link = format!(r#"{{"identifier":"acme/infra","oauth-token-id":"{token}"}}"#);
                let body = format!(r#"{{"data":{{"type":"workspaces","attributes":{{"vcs-repo":{link}}}}}}}"#);
                Ok(http::patch(&format!("/api/v2/workspaces/{workspace}"), &self.token, &body))
            })
            .collect()
    }

    pub fn database(&self) -> PathBuf {
        self.data_dir.join("bowline.db")
    }
}

/// By hand, since a million requests would take minutes. Sealed columns hold noise: reads do not open them.
fn fill(path: &Path, organizations: u32, clients: u32) -> Outcome<()> {
    let database = Connection::open(path)?;
    // Nothing to lose yet, so nothing to be careful about.
    for (pragma, value) in [("journal_mode", "OFF"), ("synchronous", "OFF"), ("cache_size", "-600000")] {
        database.pragma_update(None, pragma, value)?;
    }
    // Sixteen characters that an id may have; hexadecimal digits but for the zero, which looks too much like an O.
    let id = |prefix: &str| format!("'{prefix}' || replace(hex(randomblob(8)), '0', 'G')");
    let numbers = "WITH RECURSIVE numbers (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)";
    database.execute_batch("BEGIN")?;
    database.execute(
        &format!(
            "{numbers} INSERT INTO organizations (external_id, name, email, created_at)
             SELECT {}, 'bench-' || n, 'bench@example.com', 0 FROM numbers WHERE ?2 > 1",
            id("org-")
        ),
        [2, organizations],
    )?;
    database.execute(
        &format!(
            "INSERT INTO teams (id, organization, name, created_at)
             SELECT {}, number, 'owners', 0 FROM organizations WHERE number NOT IN (SELECT organization FROM teams)",
            id("team-")
        ),
        [],
    )?;
    database.execute(
        &format!(
            "INSERT INTO projects (id, organization, name, is_default, created_at)
             SELECT {}, number, 'Default Project', 1, 0 FROM organizations
             WHERE number NOT IN (SELECT organization FROM projects)",
            id("prj-")
        ),
        [],
    )?;
    database.execute(
        &format!(
            "INSERT INTO organization_memberships (id, organization, user, email, created_at)
             SELECT {}, number, 1, 'bench@example.com', 0 FROM organizations
             WHERE number NOT IN (SELECT organization FROM organization_memberships)",
            id("ou-")
        ),
        [],
    )?;
    database.execute(
        "INSERT OR IGNORE INTO team_members (team, membership)
         SELECT teams.number, organization_memberships.number FROM teams
         JOIN organization_memberships ON organization_memberships.organization = teams.organization",
        [],
    )?;
    database.execute(
        &format!(
            "{numbers} INSERT INTO oauth_clients
               (id, organization, callback, service_provider, http_url, api_url, organization_scoped, created_at,
                updated_at)
             SELECT {}, 1 + n % ?3, randomblob(16), 'github', 'https://github.com', 'https://api.github.com', 1, n, n
             FROM numbers",
            id("oc-")
        ),
        [1, clients, organizations],
    )?;
    database.execute(
        &format!(
            "INSERT INTO oauth_tokens (id, client, token_sealed, source, created_at)
             SELECT {}, number, randomblob({SEALED_BYTES}), 'api', created_at FROM oauth_clients",
            id("ot-")
        ),
        [],
    )?;
    // A workspace beside each of so many clients, in the client's organization; and each client is attached to a project.
    database.execute(
        &format!(
            "INSERT INTO workspaces (number, id, organization, project, name, created_at, updated_at)
             SELECT oauth_clients.number, {}, oauth_clients.organization, projects.number,
                    'workspace-' || oauth_clients.number, 0, 0
             FROM oauth_clients JOIN projects ON projects.organization = oauth_clients.organization
             WHERE oauth_clients.number % ?1 = 0",
            id("ws-")
        ),
        [(i64::from(clients) / MOST_ASKED).max(1)],
    )?;
    database.execute(
        "INSERT INTO oauth_client_projects (oauth_client, project)
         SELECT oauth_clients.number, projects.number FROM oauth_clients
         JOIN projects ON projects.organization = oauth_clients.organization",
        [],
    )?;
    database.execute_batch("COMMIT")?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.close().map_err(|(_, e)| e)?;
    // What is left to write must not be written while others are measured.
    File::open(path)?.sync_all()?;
    Ok(())
}
