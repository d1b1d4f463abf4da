//! The names of what events are about. The trail keeps ids alone: names change, and come from requests.

use std::collections::HashMap;

use crate::domain::error::Result;
use crate::domain::id::{
    AgentPoolId, GithubAppInstallationId, MembershipId, NotificationConfigurationId, OAuthClientId, OAuthTokenId,
    OrganizationId, PolicySetId, ProjectId, RegistryModuleId, RunTaskId, SshKeyId, StackId, TeamId, TokenId, UserId,
    VariableId, VariableSetId, WorkspaceId,
};
use crate::domain::oauth::client::shown_name;
use crate::domain::oauth::service_provider::ServiceProvider;
use crate::store::View;
use crate::store::pages::json_array;

/// By the beginning of an id: where the things lie. Id, name, and for a connection its provider; and the column of the id.
pub const NAMES: &[(&str, &str, &str)] = &[
    (WorkspaceId::PREFIX, "id, name, NULL FROM workspaces", "id"),
    (ProjectId::PREFIX, "id, name, NULL FROM projects", "id"),
    (TeamId::PREFIX, "id, name, NULL FROM teams", "id"),
    (SshKeyId::PREFIX, "id, name, NULL FROM ssh_keys", "id"),
    (AgentPoolId::PREFIX, "id, name, NULL FROM agent_pools", "id"),
    (VariableSetId::PREFIX, "id, name, NULL FROM variable_sets", "id"),
    (PolicySetId::PREFIX, "id, name, NULL FROM policy_sets", "id"),
    (StackId::PREFIX, "id, name, NULL FROM stacks", "id"),
    (RegistryModuleId::PREFIX, "id, name, NULL FROM registry_modules", "id"),
    (RunTaskId::PREFIX, "id, name, NULL FROM run_tasks", "id"),
    (NotificationConfigurationId::PREFIX, "id, name, NULL FROM notification_configurations", "id"),
    (GithubAppInstallationId::PREFIX, "id, name, NULL FROM github_app_installations", "id"),
    (VariableId::PREFIX, "id, key, NULL FROM variables", "id"),
    (TokenId::PREFIX, "id, description, NULL FROM api_tokens", "id"),
    (TokenId::PREFIX, "id, description, NULL FROM agent_tokens", "id"),
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

pub fn select((_, columns, id): (&str, &str, &str)) -> String {
    format!("SELECT {columns} WHERE {id} IN (SELECT value FROM json_each(?1))")
}

impl View<'_> {
    /// By id, as far as the things are still there and have one. An OAuth token has its client's. The caller has found the
    /// ids in events that may be seen.
    pub fn names_of_resources(&self, ids: &[&str]) -> Result<HashMap<String, String>> {
        let mut names = HashMap::new();
        for known in NAMES {
            let mut meant = ids.iter().filter(|id| id.starts_with(known.0)).peekable();
            if meant.peek().is_none() {
                continue;
            }
            let rows = self.rows(&select(*known), [json_array(meant)?], |row| {
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
        database.execute_batch(include_str!("../../../schema.sql")).unwrap();
        let sql = "SELECT tables.name FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
                   WHERE tables.schema = 'main' AND columns.name IN ('id', 'name') AND tables.name <> 'tags'
                   GROUP BY tables.name HAVING count(*) = 2";
        let mut tables = database.prepare(sql).unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
        assert!(tables.len() > 10, "{tables:?}");
        for table in tables {
            let end = format!(" FROM {table}");
            assert!(NAMES.iter().any(|(_, columns, _)| columns.ends_with(&end)), "{table}");
        }
    }
}
