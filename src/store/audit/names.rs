//! The names of what events are about. The trail keeps ids alone: names change, and come from requests.

use std::collections::HashMap;

use crate::domain::error::Result;
use crate::domain::oauth::client::shown_name;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::store::View;
use crate::store::pages::json_array;

/// Id, name, and for a connection its provider, of those with the ids in the JSON array ?1.
pub const NAMES: &str = "WITH asked AS (SELECT value FROM json_each(?1))
     SELECT id, name, NULL FROM workspaces WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM projects WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM teams WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM ssh_keys WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM agent_pools WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM variable_sets WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM policy_sets WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM stacks WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM registry_modules WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM run_tasks WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM notification_configurations WHERE id IN asked
     UNION ALL SELECT id, name, NULL FROM github_app_installations WHERE id IN asked
     UNION ALL SELECT id, key, NULL FROM variables WHERE id IN asked
     UNION ALL SELECT id, description, NULL FROM api_tokens WHERE id IN asked
     UNION ALL SELECT id, description, NULL FROM agent_tokens WHERE id IN asked
     UNION ALL SELECT id, username, NULL FROM users WHERE id IN asked
     UNION ALL SELECT external_id, name, NULL FROM organizations WHERE external_id IN asked
     UNION ALL SELECT organization_memberships.id, coalesce(users.username, organization_memberships.email), NULL
       FROM organization_memberships LEFT JOIN users ON users.number = organization_memberships.user
       WHERE organization_memberships.id IN asked
     UNION ALL SELECT id, coalesce(name, ''), service_provider FROM oauth_clients WHERE id IN asked
     UNION ALL SELECT oauth_tokens.id, coalesce(oauth_clients.name, ''), oauth_clients.service_provider
       FROM oauth_tokens JOIN oauth_clients ON oauth_clients.number = oauth_tokens.client
       WHERE oauth_tokens.id IN asked";

impl View<'_> {
    /// By id, as far as the things are still there and have one. An OAuth token has its client's. The caller has found the
    /// ids in events that may be seen.
    pub fn names_of_resources<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Result<HashMap<String, String>> {
        let rows = self.rows(NAMES, [json_array(ids)?], |row| {
            let (id, name): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let provider = row.get_ref(2)?.as_str_or_null()?.and_then(ServiceProvider::from_identifier);
            let name = match provider {
                Some(provider) => Some(shown_name(name.as_deref(), provider).to_owned()),
                None => name.filter(|name| !name.trim().is_empty()),
            };
            Ok(name.map(|name| (id, name)))
        })?;
        Ok(rows.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// But tags, of which the trail has no events.
    #[test]
    fn every_table_of_things_with_names_is_looked_into() {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        database.execute_batch(include_str!("../../../schema.sql")).unwrap();
        let sql = "SELECT tables.name FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
                   WHERE tables.schema = 'main' AND columns.name IN ('id', 'name') AND tables.name <> 'tags'
                   GROUP BY tables.name HAVING count(*) = 2";
        let mut tables = database.prepare(sql).unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
        assert!(tables.len() > 10, "{tables:?}");
        for table in tables {
            assert!(NAMES.contains(&format!(" FROM {table} WHERE id IN asked")), "{table}");
        }
    }
}
