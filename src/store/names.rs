//! The names of what events are about. The trail keeps ids alone: names change, and come from requests.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::error::Result;
use crate::domain::id::{
    MembershipId, OAuthClientId, OAuthTokenId, OrganizationId, ProjectId, TeamId, TokenId, UserId, WorkspaceId,
};
use crate::domain::oauth::client::shown_name;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::store::pages::json_array;
use crate::store::{View, plain};

/// By the beginning of an id: where the things lie, beside plain resources. Id, name, and for a connection its provider; and
/// the column of the id.
const NAMES: &[(&str, &str, &str)] = &[
    (WorkspaceId::PREFIX, "id, name, NULL FROM workspaces", "id"),
    (ProjectId::PREFIX, "id, name, NULL FROM projects", "id"),
    (TeamId::PREFIX, "id, name, NULL FROM teams", "id"),
    (TokenId::PREFIX, "id, description, NULL FROM api_tokens", "id"),
    (UserId::PREFIX, "id, username, NULL FROM users", "id"),
    (OrganizationId::PREFIX, "external_id, name, NULL FROM organizations", "external_id"),
    (
        MembershipId::PREFIX,
        "organization_memberships.id, coalesce(users.username, organization_memberships.email), NULL
         FROM organization_memberships LEFT JOIN users ON users.number = organization_memberships.user",
        "organization_memberships.id",
    ),
    (OAuthClientId::PREFIX, "id, coalesce(name, ''), service_provider FROM oauth_clients", "id"),
    (
        OAuthTokenId::PREFIX,
        "oauth_tokens.id, coalesce(oauth_clients.name, ''), oauth_clients.service_provider
         FROM oauth_tokens JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client",
        "oauth_tokens.id",
    ),
];

/// By the beginning of an id, what finds the names of those in a JSON array. Put together once.
pub static QUERIES: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let of_ids = "IN (SELECT value FROM json_each(?1))";
    let others = NAMES.iter().map(|(prefix, columns, id)| (*prefix, format!("SELECT {columns} WHERE {id} {of_ids}")));
    let named = plain::tables().filter(|table| !table.name_column.is_empty());
    let plain = named.map(|table| {
        (table.prefix, format!("SELECT id, {}, NULL FROM {} WHERE id {of_ids}", table.name_column, table.name))
    });
    others.chain(plain).collect()
});

impl View<'_> {
    /// By id, as far as the things are still there and have one. An OAuth token has its client's. The caller has found the
    /// ids in events that may be seen.
    pub fn names_of_resources(&self, ids: &[&str]) -> Result<HashMap<String, String>> {
        let mut names = HashMap::new();
        for (prefix, query) in QUERIES.iter() {
            let mut meant = ids.iter().filter(|id| id.starts_with(*prefix)).peekable();
            if meant.peek().is_none() {
                continue;
            }
            let rows = self.rows(query, [json_array(meant)?], |row| {
                let (id, name): (String, Option<String>) = (row.get(0)?, row.get(1)?);
                let provider = row.get_ref(2)?.as_str_or_null()?.and_then(ServiceProvider::from_identifier);
                let name = match provider {
                    Some(provider) => Some(shown_name(name.as_deref(), provider).to_owned()),
                    None => name.filter(|name| !name.trim().is_empty()),
                };
                Ok(name.map(|name| (id, name)))
            })?;
            names.extend(rows.into_iter().flatten());
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// But tags, of which the trail has no events.
    #[test]
    fn every_table_of_things_with_names_is_looked_into() {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        database.execute_batch(include_str!("../../schema.sql")).unwrap();
        let sql = "SELECT tables.name FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
                   WHERE tables.schema = 'main' AND columns.name IN ('id', 'name') AND tables.name <> 'tags'
                   GROUP BY tables.name HAVING count(*) = 2";
        let mut tables = database.prepare(sql).unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
        assert!(tables.len() > 10, "{tables:?}");
        for table in tables {
            let from = format!(" FROM {table} WHERE ");
            assert!(QUERIES.iter().any(|(_, query)| query.contains(&from)), "{table}");
        }
    }
}
