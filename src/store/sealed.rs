//! Where sealed secrets lie: every place, in one list.

use super::View;
use crate::domain::error::Result;
use crate::domain::id::{OAuthClientId, OAuthTokenId, OrganizationId, SshKeyId};
use crate::domain::secret::{Place, Sealed};

/// A column that holds sealed secrets, and the query for its rows: id, organization, ciphertext.
struct Column {
    table: &'static str,
    column: &'static str,
    rows: &'static str,
}

const COLUMNS: [Column; 5] = [
    Column {
        table: "oauth_clients",
        column: "secret_sealed",
        rows: "SELECT oauth_clients.id, organizations.external_id, oauth_clients.secret_sealed
               FROM oauth_clients JOIN organizations ON organizations.number = oauth_clients.organization
               WHERE oauth_clients.secret_sealed IS NOT NULL",
    },
    Column {
        table: "oauth_clients",
        column: "private_key_sealed",
        rows: "SELECT oauth_clients.id, organizations.external_id, oauth_clients.private_key_sealed
               FROM oauth_clients JOIN organizations ON organizations.number = oauth_clients.organization
               WHERE oauth_clients.private_key_sealed IS NOT NULL",
    },
    Column {
        table: "oauth_tokens",
        column: "token_sealed",
        rows: "SELECT oauth_tokens.id, organizations.external_id, oauth_tokens.token_sealed
               FROM oauth_tokens JOIN oauth_clients ON oauth_clients.number = oauth_tokens.oauth_client
               JOIN organizations ON organizations.number = oauth_clients.organization",
    },
    Column {
        table: "oauth_tokens",
        column: "ssh_key_sealed",
        rows: "SELECT oauth_tokens.id, organizations.external_id, oauth_tokens.ssh_key_sealed
               FROM oauth_tokens JOIN oauth_clients ON oauth_clients.number = oauth_tokens.oauth_client
               JOIN organizations ON organizations.number = oauth_clients.organization
               WHERE oauth_tokens.ssh_key_sealed IS NOT NULL",
    },
    Column {
        table: "ssh_keys",
        column: "value_sealed",
        rows: "SELECT ssh_keys.id, organizations.external_id, ssh_keys.value_sealed
               FROM ssh_keys JOIN organizations ON organizations.number = ssh_keys.organization",
    },
];

/// The place of an OAuth client's `secret`.
pub fn client_secret(client: &OAuthClientId, organization: &OrganizationId) -> Place {
    place(&COLUMNS[0], client.as_str(), organization)
}

/// The place of an OAuth client's `private-key`.
pub fn client_private_key(client: &OAuthClientId, organization: &OrganizationId) -> Place {
    place(&COLUMNS[1], client.as_str(), organization)
}

/// The place of an OAuth token's own text.
pub fn token_text(token: &OAuthTokenId, organization: &OrganizationId) -> Place {
    place(&COLUMNS[2], token.as_str(), organization)
}

/// The place of the SSH key beside an OAuth token.
pub fn token_ssh_key(token: &OAuthTokenId, organization: &OrganizationId) -> Place {
    place(&COLUMNS[3], token.as_str(), organization)
}

/// The place of the private key of an organization's SSH key.
pub fn ssh_key_value(key: &SshKeyId, organization: &OrganizationId) -> Place {
    place(&COLUMNS[4], key.as_str(), organization)
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
            let mut statement = self.connection.prepare(column.rows)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let organization = OrganizationId::from(row.get::<_, String>(1)?);
                let place = place(column, row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, &organization);
                visit(&place, &Sealed(row.get(2)?));
            }
        }
        Ok(())
    }
}
