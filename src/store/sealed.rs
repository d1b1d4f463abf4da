//! Where sealed secrets lie.

use rusqlite::Row;

use super::stored::{Stored, Table};
use super::{Change, View, plain};
use crate::domain::error::Result;
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId, ResourceId};
use crate::domain::secret::{Place, Sealed};

/// A column that holds sealed secrets.
#[derive(Clone, Copy)]
pub struct Column {
    table: &'static str,
    column: &'static str,
    /// How its rows find their organization.
    joins: fn() -> String,
}

const fn of_client(column: &'static str) -> Column {
    let joins = || "JOIN organizations ON organizations.number = oauth_clients.organization".to_owned();
    Column { table: "oauth_clients", column, joins }
}

const fn of_token(column: &'static str) -> Column {
    let joins = || {
        "JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
         JOIN organizations ON organizations.number = oauth_clients.organization"
            .to_owned()
    };
    Column { table: "oauth_tokens", column, joins }
}

const CLIENT_SECRET: Column = of_client("secret_sealed");
const CLIENT_PRIVATE_KEY: Column = of_client("private_key_sealed");
const TOKEN_TEXT: Column = of_token("token_sealed");
const REFRESH_TOKEN: Column = of_token("refresh_token_sealed");
const TOKEN_SSH_KEY: Column = of_token("ssh_key_sealed");

/// Every place.
pub fn columns() -> impl Iterator<Item = Column> {
    let plain = plain::tables().filter(|table| !table.sealed.is_empty());
    let plain = plain.map(Column::of);
    [CLIENT_SECRET, CLIENT_PRIVATE_KEY, TOKEN_TEXT, REFRESH_TOKEN, TOKEN_SSH_KEY].into_iter().chain(plain)
}

impl Column {
    const fn of(table: &Table) -> Column {
        Column { table: table.name, column: table.sealed, joins: table.joins }
    }

    /// Row number, id, organization and ciphertext of every row that has one.
    fn rows(&self) -> String {
        let Column { table, column, .. } = self;
        let joins = (self.joins)();
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

/// The place of a plain resource's secret.
pub fn secret_of<R: Stored>(id: &R::Id, organization: &OrganizationId) -> Place {
    const { assert!(!R::SEALED.is_empty(), "it has no secret") };
    place(&Column::of(&Table::of::<R>()), id.as_str(), organization)
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
        for column in columns() {
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
        for Column { table, column, .. } in columns() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_for_a_sealed_secret_is_known() {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        database.execute_batch(include_str!("../../schema.sql")).unwrap();
        let sql = r"SELECT tables.name || '.' || columns.name
                   FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
                   WHERE tables.schema = 'main' AND columns.name LIKE '%\_sealed' ESCAPE '\' ORDER BY 1";
        let mut statement = database.prepare(sql).unwrap();
        let there: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
        let mut known: Vec<String> = columns().map(|place| format!("{}.{}", place.table, place.column)).collect();
        known.sort();
        assert_eq!(there, known);
    }
}
