//! Where sealed secrets lie: every place, in one list.

use rusqlite::Row;

use super::{Change, View};
use crate::domain::error::Result;
use crate::domain::id::{
    NotificationConfigurationId, OAuthClientId, OAuthTokenId, OrganizationId, RunTaskId, SshKeyId, VariableId,
};
use crate::domain::secret::{Place, Sealed};

/// A column that holds sealed secrets, and how its rows find their organization.
pub struct Column {
    table: &'static str,
    column: &'static str,
    joins: &'static str,
}

const OF_CLIENT: &str = "JOIN organizations ON organizations.number = oauth_clients.organization";
const OF_TOKEN: &str = "JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
                        JOIN organizations ON organizations.number = oauth_clients.organization";
const OF_SSH_KEY: &str = "JOIN organizations ON organizations.number = ssh_keys.organization";

pub(super) const OF_VARIABLE: &str = "LEFT JOIN workspaces ON workspaces.number = variables.workspace
     LEFT JOIN variable_sets ON variable_sets.number = variables.variable_set
     LEFT JOIN policy_sets ON policy_sets.number = variables.policy_set
     JOIN organizations
       ON organizations.number = coalesce(workspaces.organization, variable_sets.organization, policy_sets.organization)";
pub(super) const OF_NOTIFICATIONS: &str =
    "LEFT JOIN workspaces ON workspaces.number = notification_configurations.workspace
     LEFT JOIN projects ON projects.number = notification_configurations.project
     LEFT JOIN teams ON teams.number = notification_configurations.team
     JOIN organizations
       ON organizations.number = coalesce(workspaces.organization, projects.organization, teams.organization)";
const OF_RUN_TASK: &str = "JOIN organizations ON organizations.number = run_tasks.organization";

const CLIENT_SECRET: Column = Column { table: "oauth_clients", column: "secret_sealed", joins: OF_CLIENT };
const CLIENT_PRIVATE_KEY: Column = Column { table: "oauth_clients", column: "private_key_sealed", joins: OF_CLIENT };
const TOKEN_TEXT: Column = Column { table: "oauth_tokens", column: "token_sealed", joins: OF_TOKEN };
const REFRESH_TOKEN: Column = Column { table: "oauth_tokens", column: "refresh_token_sealed", joins: OF_TOKEN };
const TOKEN_SSH_KEY: Column = Column { table: "oauth_tokens", column: "ssh_key_sealed", joins: OF_TOKEN };
const SSH_KEY_VALUE: Column = Column { table: "ssh_keys", column: "value_sealed", joins: OF_SSH_KEY };
const VARIABLE_VALUE: Column = Column { table: "variables", column: "value_sealed", joins: OF_VARIABLE };
const NOTIFICATION_TOKEN: Column =
    Column { table: "notification_configurations", column: "token_sealed", joins: OF_NOTIFICATIONS };
const TASK_HMAC_KEY: Column = Column { table: "run_tasks", column: "hmac_key_sealed", joins: OF_RUN_TASK };

pub static COLUMNS: [Column; 9] = [
    CLIENT_SECRET,
    CLIENT_PRIVATE_KEY,
    TOKEN_TEXT,
    REFRESH_TOKEN,
    TOKEN_SSH_KEY,
    SSH_KEY_VALUE,
    VARIABLE_VALUE,
    NOTIFICATION_TOKEN,
    TASK_HMAC_KEY,
];

impl Column {
    /// Row number, id, organization and ciphertext of every row that has one.
    fn rows(&self) -> String {
        let Column { table, column, joins, .. } = self;
        format!(
            "SELECT {table}.number, {table}.id, organizations.external_id, {table}.{column} FROM {table} {joins}
             WHERE {table}.{column} IS NOT NULL"
        )
    }

    fn read(&self, row: &Row<'_>) -> rusqlite::Result<SealedRow> {
        let organization = OrganizationId::from(row.get::<_, String>(2)?);
        let place = place(self, row.get_ref(1)?.as_str()?, &organization);
        Ok(SealedRow { number: row.get(0)?, place, sealed: Sealed(row.get(3)?) })
    }
}

/// A sealed secret in its row.
pub struct SealedRow {
    pub number: i64,
    pub place: Place,
    pub sealed: Sealed,
}

/// The place of an OAuth client's `secret`.
pub fn client_secret(client: &OAuthClientId, organization: &OrganizationId) -> Place {
    place(&CLIENT_SECRET, client.as_str(), organization)
}

/// The place of an OAuth client's `private-key`.
pub fn client_private_key(client: &OAuthClientId, organization: &OrganizationId) -> Place {
    place(&CLIENT_PRIVATE_KEY, client.as_str(), organization)
}

/// The place of an OAuth token's own text.
pub fn token_text(token: &OAuthTokenId, organization: &OrganizationId) -> Place {
    place(&TOKEN_TEXT, token.as_str(), organization)
}

/// The place of what a provider gives beside an OAuth token to get the next one.
pub fn refresh_token(token: &OAuthTokenId, organization: &OrganizationId) -> Place {
    place(&REFRESH_TOKEN, token.as_str(), organization)
}

/// The place of the SSH key beside an OAuth token.
pub fn token_ssh_key(token: &OAuthTokenId, organization: &OrganizationId) -> Place {
    place(&TOKEN_SSH_KEY, token.as_str(), organization)
}

/// The place of the private key of an organization's SSH key.
pub fn ssh_key_value(key: &SshKeyId, organization: &OrganizationId) -> Place {
    place(&SSH_KEY_VALUE, key.as_str(), organization)
}

/// The place of a sensitive variable's value.
pub fn variable_value(variable: &VariableId, organization: &OrganizationId) -> Place {
    place(&VARIABLE_VALUE, variable.as_str(), organization)
}

/// The place of what a notification would be signed with.
pub fn notification_token(configuration: &NotificationConfigurationId, organization: &OrganizationId) -> Place {
    place(&NOTIFICATION_TOKEN, configuration.as_str(), organization)
}

/// The place of what a call of a run task would be signed with.
pub fn task_hmac_key(task: &RunTaskId, organization: &OrganizationId) -> Place {
    place(&TASK_HMAC_KEY, task.as_str(), organization)
}

/// What tells whether a master key belongs to a database.
pub fn key_check() -> Place {
    Place { table: "installation", column: "seal_check", row: String::new(), organization: String::new() }
}

fn place(column: &Column, row: &str, organization: &OrganizationId) -> Place {
    Place {
        table: column.table,
        column: column.column,
        row: row.to_owned(),
        organization: organization.as_str().to_owned(),
    }
}

impl View<'_> {
    /// Every sealed secret there is, with its place.
    pub fn each_sealed(&self, mut visit: impl FnMut(&Place, &Sealed)) -> Result<()> {
        for column in &COLUMNS {
            let mut statement = self.connection.prepare(&column.rows())?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let found = column.read(row)?;
                visit(&found.place, &found.sealed);
            }
        }
        Ok(())
    }

    /// The next rows of a column, at most so many, whose secret is sealed under a key older than `key`.
    pub fn sealed_before(&self, column: &Column, key: u32, after: i64, most: usize) -> Result<Vec<SealedRow>> {
        let Column { table, column: name, .. } = column;
        let sql = format!(
            "{} AND {table}.number > ?1 AND substr({table}.{name}, 2, 4) < ?2 ORDER BY {table}.number LIMIT ?3",
            column.rows()
        );
        self.rows(&sql, (after, key.to_be_bytes(), most as i64), |row| column.read(row))
    }

    /// The numbers of the keys that secrets are sealed under. The database may be an older version's, which has less.
    pub fn seal_keys(&self) -> Result<Vec<u32>> {
        let mut keys = Vec::new();
        for Column { table, column, .. } in &COLUMNS {
            let is_there = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
            if !self.exists(is_there, (table, column))? {
                continue;
            }
            let sql = format!("SELECT DISTINCT substr({column}, 2, 4) FROM {table} WHERE {column} IS NOT NULL");
            let mut statement = self.connection.prepare(&sql)?;
            let found = statement.query_map([], |row| row.get(0).map(u32::from_be_bytes))?;
            keys.extend(found.collect::<rusqlite::Result<Vec<u32>>>()?);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }
}

impl Change<'_> {
    /// Nothing that is sealed under an older key than `check` comes into the database from now on.
    pub fn retire_keys_before(&self, check: &Sealed) -> Result<()> {
        self.execute("UPDATE main.installation SET seal_check = ?1", [&check.0])?;
        Ok(())
    }

    /// Puts a secret that was sealed anew into its row, unless the row holds another one by now. Tells whether it did.
    pub fn reseal(&self, column: &Column, row: &SealedRow, anew: &Sealed) -> Result<bool> {
        let Column { table, column, .. } = column;
        let sql = format!("UPDATE main.{table} SET {column} = ?3 WHERE number = ?1 AND {column} = ?2");
        Ok(self.execute(&sql, (row.number, &row.sealed.0, &anew.0))? > 0)
    }
}
