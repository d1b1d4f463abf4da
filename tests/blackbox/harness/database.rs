//! The database behind a running server: what no client can see.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::LazyLock;

use bowline::domain::id::{OAuthTokenId, OrganizationId};
use bowline::domain::secret::Secret;
use bowline::domain::timestamp::Timestamp;
use bowline::store::place;
use bowline::vault::Vault;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use super::Server;

/// The columns with secrets in them, each with its table before it.
pub static SEALED: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let database = Connection::open_in_memory().expect("a database");
    database.execute_batch(include_str!("../../../schema.sql")).expect("the schema");
    let sql = r"SELECT tables.name, columns.name FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
                WHERE columns.name LIKE '%\_sealed' ESCAPE '\' ORDER BY 1, 2";
    let mut columns = database.prepare(sql).expect("a query");
    let columns = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("columns");
    columns.map(|column| column.expect("two names")).collect()
});

const REFUSALS_LEFT_OUT: &str = "WHERE action <> 'refuse'";

/// By table, a digest of its rows.
type Contents = BTreeMap<String, u64>;

/// For those who look at the contents again and again: they are read anew only where there was a commit in between.
pub struct Watched {
    database: Connection,
    seen: Option<(i64, Contents)>,
}

impl Watched {
    /// As [`Server::contents`].
    pub fn contents(&mut self) -> Contents {
        let version = self.database.pragma_query_value(None, "data_version", |row| row.get(0)).expect("a version");
        match &self.seen {
            Some((seen, contents)) if *seen == version => contents.clone(),
            _ => self.seen.insert((version, contents(&self.database))).1.clone(),
        }
    }
}

impl Server {
    /// A digest of every row of every table, by table, but for events that tell of refused requests: those come when it is
    /// convenient. Twice the same: nothing was changed in between.
    pub fn contents(&self) -> Contents {
        contents(&self.sqlite())
    }

    pub fn watched(&self) -> Watched {
        Watched { database: self.sqlite(), seen: None }
    }

    /// What is in the cells of all tables, as bytes.
    pub fn cells(&self) -> Vec<u8> {
        let database = self.sqlite();
        let mut cells = Vec::new();
        for table in tables(&database) {
            for_each_cell(&database, &format!("SELECT * FROM {table}"), |cell| {
                cells.extend_from_slice(cell);
                cells.push(b'\n');
            });
        }
        cells
    }

    /// The audit trail from its `skip`th event on: action, kind of resource, resource id, organization, who did it.
    pub fn trail(&self, skip: usize) -> Vec<String> {
        let database = self.sqlite();
        let mut events = database
            .prepare(
                "SELECT action || ' ' || resource_type || ' ' || resource_id || ' in ' || coalesce(organization, '-')
                   || ' by ' || actor_name
                 FROM audit_events ORDER BY number LIMIT -1 OFFSET ?1",
            )
            .expect("a trail");
        let events = events.query_map([skip as i64], |row| row.get(0)).expect("events");
        events.map(|event| event.expect("an event")).collect()
    }

    /// Puts a refresh token beside an OAuth token, as a provider's would be; no API request brings one.
    pub fn puts_refresh_token(&self, token: &str) {
        let sql = "SELECT organizations.external_id FROM oauth_tokens
                   JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
                   JOIN organizations ON organizations.number = oauth_clients.organization
                   WHERE oauth_tokens.id = ?1";
        let organization: String = self.sqlite().query_row(sql, [token], |row| row.get(0)).expect("a token");
        let place = place::refresh_token(&OAuthTokenId::from(token.to_owned()), &OrganizationId::from(organization));
        let vault = Vault::read(&self.data_dir.join("master.key")).expect("a key");
        let sealed = vault.seal(&place, &Secret::new("refresh".to_owned())).expect("sealed");
        let sql = "UPDATE oauth_tokens SET refresh_token_sealed = ?2 WHERE id = ?1";
        assert_eq!(self.sqlite().execute(sql, (token, sealed.0)), Ok(1));
    }

    /// Every sealed value there is.
    pub fn ciphertexts(&self) -> Vec<Vec<u8>> {
        let database = self.sqlite();
        let columns =
            SEALED.iter().map(|(table, column)| format!("SELECT {column} FROM {table} WHERE {column} NOT NULL"));
        let columns: Vec<String> = columns.collect();
        let mut all = database.prepare(&columns.join(" UNION ALL ")).expect("a query");
        let all = all.query_map([], |row| row.get(0)).expect("rows");
        all.map(|sealed| sealed.expect("a value")).collect()
    }

    /// The ids of all events of organizations from one instant to before another.
    pub fn trail_ids_between(&self, begin: &str, end: &str) -> Vec<String> {
        let milliseconds = |text: &str| Timestamp::parse(text).expect("an instant").milliseconds();
        let database = self.sqlite();
        let mut events = database
            .prepare("SELECT id FROM audit_events WHERE organization IS NOT NULL AND at >= ?1 AND at < ?2")
            .expect("a trail");
        let ids = events.query_map([milliseconds(begin), milliseconds(end)], |row| row.get(0)).expect("events");
        ids.map(|id| Uuid::from_bytes(id.expect("an id")).to_string()).collect()
    }

    /// So many workspaces of the demo's organization, linked through this token.
    pub fn links_many(&self, token: &str, count: u32) {
        let sql = format!(
            "WITH RECURSIVE n (x) AS (SELECT 111111 UNION ALL SELECT x + 1 FROM n LIMIT {count})
             INSERT INTO workspaces (id, organization, project, name, created_at, updated_at)
               SELECT 'ws-1111111111' || replace(x, '0', 'A'), 1, 1, 'many-' || x, 0, 0 FROM n;
             INSERT INTO repository_links (holder, workspace, oauth_token, identifier)
               SELECT 'workspace', number, (SELECT number FROM oauth_tokens WHERE id = '{token}'), 'acme/infra'
               FROM workspaces WHERE name LIKE 'many-%';"
        );
        self.sqlite().execute_batch(&sql).expect("linked");
    }

    /// Does `sql` once the links of this token are exactly so many, within the transaction that changes the last of them.
    pub fn once_linked(&self, token: &str, count: u32, sql: &str) {
        let trigger = format!(
            "CREATE TRIGGER once AFTER UPDATE ON repository_links
             WHEN (SELECT count(*) FROM repository_links JOIN oauth_tokens ON oauth_tokens.number = oauth_token
                   WHERE oauth_tokens.id = '{token}') = {count}
             BEGIN {sql}; END"
        );
        self.sqlite().execute_batch(&trigger).expect("a trigger");
    }

    /// How many links go through this token.
    pub fn links_of(&self, token: &str) -> i64 {
        let of = "oauth_token = (SELECT number FROM oauth_tokens WHERE id = ";
        self.number(&format!("SELECT count(*) FROM repository_links WHERE {of}'{token}')"))
    }

    /// A count, or whatever else one number tells.
    pub fn number(&self, sql: &str) -> i64 {
        self.sqlite().query_row(sql, [], |row| row.get(0)).expect("a number")
    }
}

fn contents(database: &Connection) -> Contents {
    let mut contents = BTreeMap::new();
    for table in tables(database) {
        let told = if table == "audit_events" { REFUSALS_LEFT_OUT } else { "" };
        let mut digest = DefaultHasher::new();
        for_each_cell(database, &format!("SELECT * FROM {table} {told}"), |cell| {
            digest.write_usize(cell.len());
            digest.write(cell);
        });
        contents.insert(table, digest.finish());
    }
    contents
}

fn tables(database: &Connection) -> Vec<String> {
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("a schema");
    let tables = tables.query_map([], |row| row.get(0)).expect("tables");
    tables.map(|table| table.expect("a name")).collect()
}

fn for_each_cell(database: &Connection, sql: &str, mut see: impl FnMut(&[u8])) {
    let mut rows = database.prepare_cached(sql).expect("a query");
    let columns = rows.column_count();
    let mut rows = rows.query([]).expect("rows");
    while let Some(row) = rows.next().expect("a row") {
        for column in 0..columns {
            match row.get_ref(column).expect("a cell") {
                ValueRef::Null => see(b""),
                ValueRef::Integer(number) => see(number.to_string().as_bytes()),
                ValueRef::Real(number) => see(number.to_string().as_bytes()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => see(bytes),
            }
        }
    }
}
