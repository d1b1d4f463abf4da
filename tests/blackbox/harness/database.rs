//! The database behind a running server: what no client can see.

use bowline::domain::timestamp::Timestamp;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use super::Server;

/// The columns with secrets in them, by the names that the secrets are sealed for.
pub const SEALED: [(&str, &str); 5] = [
    ("oauth_clients", "secret_sealed"),
    ("oauth_clients", "private_key_sealed"),
    ("oauth_tokens", "token_sealed"),
    ("oauth_tokens", "ssh_key_sealed"),
    ("ssh_keys", "value_sealed"),
];

/// Where one of them can be changed: its table, its column, and the column with the row's id.
pub fn stored<'a>(table: &'a str, column: &'a str) -> [&'a str; 3] {
    match (table, column) {
        ("oauth_tokens", "token_sealed") => ["oauth_clients", "oauth_token_sealed", "oauth_token_id"],
        ("oauth_tokens", "ssh_key_sealed") => ["oauth_clients", "oauth_token_ssh_key_sealed", "oauth_token_id"],
        _ => [table, column, "id"],
    }
}

const REFUSALS_LEFT_OUT: &str = "WHERE action <> 'refuse'";

impl Server {
    /// Every row of every table, but for events that tell of refused requests: those come when it is convenient. Two equal
    /// texts: nothing was changed in between.
    pub fn contents(&self) -> String {
        let database = self.sqlite();
        let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("a schema");
        let tables = tables.query_map([], |row| row.get::<_, String>(0)).expect("tables");
        let mut contents = String::new();
        for table in tables.map(|table| table.expect("a name")) {
            let told = if table == "audit_events" { REFUSALS_LEFT_OUT } else { "" };
            let mut rows = database.prepare(&format!("SELECT * FROM {table} {told}")).expect("a table");
            let columns = rows.column_count();
            let mut rows = rows.query([]).expect("rows");
            contents.push_str(&table);
            while let Some(row) = rows.next().expect("a row") {
                let cells = (0..columns).map(|column| row.get_ref(column).expect("a cell"));
                contents.push_str(&format!("\n  {:?}", cells.collect::<Vec<ValueRef<'_>>>()));
            }
            contents.push('\n');
        }
        contents
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

    /// Every sealed value there is.
    pub fn ciphertexts(&self) -> Vec<Vec<u8>> {
        let database = self.sqlite();
        let columns = SEALED.map(|(table, column)| format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL"));
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

    /// A count, or whatever else one number tells.
    pub fn number(&self, sql: &str) -> i64 {
        self.sqlite().query_row(sql, [], |row| row.get(0)).expect("a number")
    }
}
