//! Lists of an organization's workspaces.

use rusqlite::types::Value;
use rusqlite::{ToSql, params_from_iter};

use super::{SELECT, workspace};
use crate::domain::error::Result;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::page::{Listed, Page};
use crate::domain::workspaces::filter::{WorkspaceFilter, WorkspaceOrder};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::View;
use crate::store::pages::{json_array, limit_offset, total};
use crate::store::rows::LARGE_ROW_BYTES;

/// A condition for each thing that was asked for, and what its `?`s stand for.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn of(organization: i64, filter: WorkspaceFilter) -> Conditions {
        let mut conditions =
            Conditions { sql: "workspaces.organization = ?".to_owned(), values: vec![organization.into()] };
        let WorkspaceFilter { name, wildcard_name, tags, exclude_tags, project, bindings, has_run } = filter;
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
        for (key, value) in bindings {
            match value {
                Some(value) => conditions.and(&format!("{EFFECTIVE_VALUE} = ?"), [key.clone(), key, value]),
                None => conditions.and(&format!("{EFFECTIVE_VALUE} IS NOT NULL"), [key.clone(), key]),
            }
        }
        if has_run {
            conditions.and("FALSE", []);
        }
        conditions
    }

    fn and<const N: usize>(&mut self, condition: &str, values: [String; N]) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values.map(Value::from));
    }

    fn values(&self) -> impl Iterator<Item = &dyn ToSql> {
        self.values.iter().map(|value| value as &dyn ToSql)
    }
}

const HAS_TAG: &str = "EXISTS (SELECT 1 FROM workspace_tags JOIN tags ON tags.number = workspace_tags.tag
     WHERE workspace_tags.workspace = workspaces.number AND tags.name = ?)";

/// A workspace's own binding counts before its project's.
const EFFECTIVE_VALUE: &str = "coalesce(
     (SELECT value FROM workspace_tag_bindings WHERE workspace = workspaces.number AND key = ?),
     (SELECT value FROM project_tag_bindings WHERE project = workspaces.project AND key = ?))";

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
        let total = self
            .connection
            .prepare_cached(&format!("SELECT count(*) FROM workspaces WHERE {}", conditions.sql))?
            .query_row(params_from_iter(conditions.values()), total)?;
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
