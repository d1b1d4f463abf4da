//! Lists of an organization's workspaces.

use rusqlite::types::Value;
use rusqlite::{ToSql, params_from_iter};

use super::{SEEN_BY, SELECT, workspace};
use crate::domain::error::Result;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::page::{Listed, Page};
use crate::domain::tags::binding::TagCondition;
use crate::domain::workspaces::filter::{WorkspaceFilter, WorkspaceOrder};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::View;
use crate::store::pages::{SizedList, json_array, limit_offset, total};
use crate::store::rows::LARGE_ROW_BYTES;

/// A condition for each thing that was asked for, and what its `?`s stand for.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn of(organization: i64, filter: WorkspaceFilter) -> Conditions {
        let mut conditions = Conditions { sql: OF_ORGANIZATION.to_owned(), values: vec![organization.into()] };
        let WorkspaceFilter {
            name,
            wildcard_name,
            tags,
            exclude_tags,
            project,
            oauth_client,
            bindings,
            any_binding,
            no_value_is_none,
            has_run,
            seen_by,
        } = filter;
        if let Some(teams) = seen_by {
            let teams = format!("[{}]", teams.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
            conditions.and(&SEEN_BY.replace("?teams", "?"), [teams]);
        }
        if let Some(name) = name {
            conditions.and("instr(lower(workspaces.name), lower(?))", [name]);
        }
        if let Some(pattern) = wildcard_name {
            conditions.and("lower(workspaces.name) GLOB lower(?)", [glob(&pattern)]);
        }
        for tag in tags {
            conditions.and(HAS_TAG, [tag]);
        }
        for tag in exclude_tags {
            conditions.and(&format!("NOT {HAS_TAG}"), [tag]);
        }
        if let Some(project) = project {
            conditions.and("workspaces.project = (SELECT number FROM projects WHERE id = ?)", [project]);
        }
        if let Some(client) = oauth_client {
            conditions.and(LINKED_THROUGH, [client.to_string()]);
        }
        if !bindings.is_empty() {
            let asked: Vec<(String, Vec<String>)> =
                bindings.into_iter().map(|condition| tagged(condition, no_value_is_none)).collect();
            let sql: Vec<&str> = asked.iter().map(|(sql, _)| sql.as_str()).collect();
            let sql = sql.join(if any_binding { " OR " } else { " AND " });
            conditions.and(&format!("({sql})"), asked.into_iter().flat_map(|(_, values)| values));
        }
        if has_run {
            conditions.and("FALSE", []);
        }
        conditions
    }

    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = String>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values.into_iter().map(Value::from));
    }

    fn is_organization_alone(&self) -> bool {
        self.sql == OF_ORGANIZATION
    }

    fn values(&self) -> impl Iterator<Item = &dyn ToSql> {
        self.values.iter().map(|value| value as &dyn ToSql)
    }
}

const OF_ORGANIZATION: &str = "workspaces.organization = ?";

const HAS_TAG: &str = "EXISTS (SELECT 1 FROM workspace_tags JOIN tags ON tags.number = workspace_tags.tag
     WHERE workspace_tags.workspace = workspaces.number AND tags.name = ?)";

pub(in crate::store) const LINKED_THROUGH: &str = "workspaces.number IN
     (SELECT repository_links.workspace FROM oauth_clients
      JOIN oauth_tokens ON oauth_tokens.client = oauth_clients.number
      JOIN repository_links ON repository_links.oauth_token = oauth_tokens.number
      WHERE oauth_clients.id = ?)";

/// A workspace's own binding counts before its project's.
const EFFECTIVE_VALUE: &str = "coalesce(
     (SELECT value FROM workspace_tag_bindings WHERE workspace = workspaces.number AND key = ?),
     (SELECT value FROM project_tag_bindings WHERE project = workspaces.project AND key = ?))";

/// Any effective binding with this value.
const HAS_VALUE: &str =
    "EXISTS (SELECT 1 FROM workspace_tag_bindings WHERE workspace = workspaces.number AND value = ?)
     OR EXISTS (SELECT 1 FROM project_tag_bindings AS inherited
                WHERE inherited.project = workspaces.project AND inherited.value = ?
                  AND NOT EXISTS (SELECT 1 FROM workspace_tag_bindings AS own
                                  WHERE own.workspace = workspaces.number AND own.key = inherited.key))";

/// A condition on tags, and what its `?`s stand for.
fn tagged(condition: TagCondition, no_value_is_none: bool) -> (String, Vec<String>) {
    let TagCondition { key, value, or_name } = condition;
    match (key, value) {
        (Some(key), Some(value)) => (format!("{EFFECTIVE_VALUE} = ?"), vec![key.clone(), key, value]),
        (Some(key), None) if or_name => {
            (format!("({EFFECTIVE_VALUE} IS NOT NULL OR {HAS_TAG})"), vec![key.clone(), key.clone(), key])
        }
        (Some(key), None) if no_value_is_none => (format!("{EFFECTIVE_VALUE} = ''"), vec![key.clone(), key]),
        (Some(key), None) => (format!("{EFFECTIVE_VALUE} IS NOT NULL"), vec![key.clone(), key]),
        (None, value) => {
            let value = value.unwrap_or_default();
            (format!("({HAS_VALUE})"), vec![value.clone(), value])
        }
    }
}

/// Of SQLite's patterns only the `*` is ours.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '?' | '[' => glob.extend(['[', character, ']']),
            other => glob.push(other),
        }
    }
    glob
}

fn order_by(order: WorkspaceOrder) -> &'static str {
    match order {
        WorkspaceOrder::Created => "workspaces.number",
        WorkspaceOrder::CreatedLast => "workspaces.number DESC",
        WorkspaceOrder::Name => "workspaces.name",
        WorkspaceOrder::NameBackwards => "workspaces.name DESC",
        WorkspaceOrder::Changed => "workspaces.updated_at, workspaces.number",
        WorkspaceOrder::ChangedLast => "workspaces.updated_at DESC, workspaces.number DESC",
    }
}

pub(in crate::store) const OF_POOLS: &str =
    "WHERE workspaces.agent_pool IN (SELECT value FROM json_each(?1)) ORDER BY workspaces.agent_pool LIMIT ?2";

impl View<'_> {
    /// Those that use the pools, no more than `most`.
    pub fn workspaces_of_pools(&self, pools: &[AgentPool], most: u64) -> Result<Vec<Workspace>> {
        let (limit, _) = limit_offset(Page { number: 1, size: most });
        let workspaces = self.rows_of(
            LARGE_ROW_BYTES,
            &format!("{SELECT} {OF_POOLS}"),
            (json_array(pools.iter().map(|pool| pool.identity.number))?, limit),
            workspace,
        )?;
        Ok(workspaces)
    }

    /// A page of the organization's workspaces that the filter leaves.
    pub fn workspaces(
        &self,
        organization: i64,
        filter: WorkspaceFilter,
        order: WorkspaceOrder,
        page: Page,
    ) -> Result<Listed<Workspace>> {
        let (limit, offset) = limit_offset(page);
        let conditions = Conditions::of(organization, filter);
        let total = if conditions.is_organization_alone() {
            self.size_of(SizedList::Workspaces, organization)?
        } else {
            self.connection
                .prepare_cached(&format!("SELECT count(*) FROM workspaces WHERE {}", conditions.sql))?
                .query_row(params_from_iter(conditions.values()), total)?
        };
        // What lies before the page is found, but not read.
        let order = order_by(order);
        let sql = format!(
            "{SELECT} WHERE workspaces.number IN (SELECT number FROM workspaces WHERE {} ORDER BY {order} LIMIT ? OFFSET ?)
             ORDER BY {order}",
            conditions.sql
        );
        let items = self.rows_of(
            LARGE_ROW_BYTES,
            &sql,
            params_from_iter(conditions.values().chain([&limit as &dyn ToSql, &offset])),
            workspace,
        )?;
        Ok(Listed { items, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_star_is_a_wildcard() {
        for (pattern, expected) in [("prod-*", "prod-*"), ("*a?b*", "*a[?]b*"), ("[a]", "[[]a]"), ("", "")] {
            assert_eq!(glob(pattern), expected);
        }
    }
}
