//! Lists of an organization's workspaces.
//!
//! What is asked for is bound, never written into the SQL: the number of texts is small, whatever callers ask for. A
//! filtered list is found in one pass, which counts what it finds and keeps the page.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rusqlite::named_params;

use super::{SELECT, workspace};
use crate::domain::error::Result;
use crate::domain::organizations::agent_pool::AgentPool;
use crate::domain::page::{Listed, Page};
use crate::domain::tags::binding::TagCondition;
use crate::domain::workspaces::filter::{WorkspaceFilter, WorkspaceOrder};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::View;
use crate::store::pages::{SizedList, json_array, limit_offset};
use crate::store::rows::LARGE_ROW_BYTES;
use crate::store::teams::access::SEEN_BY;

/// The workspaces of an organization, or of one of its projects.
pub(in crate::store) const OF_ORGANIZATION: &str = "workspaces.organization = :organization AND :project IS NULL";
pub(in crate::store) const OF_PROJECT: &str = "workspaces.project = (SELECT number FROM projects WHERE id = :project) AND workspaces.organization = :organization";

/// Tags are lists, each looked at once for the whole query (the plus keeps SQLite from looking for each tag of the list anew);
/// a workspace has as many of them as were asked for. A workspace's own binding counts before its project's. The first binding
/// that is not there ends the search, or the first that is there where any will do.
pub(in crate::store) static FILTERED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
     AND (:teams IS NULL OR {})
     AND (:name IS NULL OR instr(lower(workspaces.name), lower(:name)))
     AND (:pattern IS NULL OR lower(workspaces.name) GLOB lower(:pattern))
     AND (:tag_count = 0 OR :tag_count =
          (SELECT count(*) FROM workspace_tags WHERE workspace = workspaces.number
             AND +tag IN (SELECT number FROM tags WHERE organization = :organization
                           AND name IN (SELECT value FROM json_each(:tags)))))
     AND (:excluded IS NULL OR NOT EXISTS
          (SELECT 1 FROM workspace_tags WHERE workspace = workspaces.number
             AND +tag IN (SELECT number FROM tags WHERE organization = :organization
                           AND name IN (SELECT value FROM json_each(:excluded)))))
     AND (:oauth_client IS NULL OR workspaces.number IN
          (SELECT repository_links.workspace FROM oauth_clients
           JOIN oauth_tokens ON oauth_tokens.client = oauth_clients.number
           JOIN repository_links ON repository_links.oauth_token = oauth_tokens.number
           WHERE oauth_clients.id = :oauth_client))
     AND (:bindings IS NULL OR :any_binding = EXISTS
          (WITH asked AS MATERIALIZED
             (SELECT value ->> 0 AS key, value ->> 1 AS value, value ->> 2 AS or_name FROM json_each(:bindings))
           SELECT 1 FROM asked WHERE :any_binding = (
             EXISTS (SELECT 1 FROM workspace_tag_bindings AS own WHERE own.workspace = workspaces.number
                       AND (asked.key IS NULL OR own.key = asked.key)
                       AND (asked.value IS NULL OR own.value = asked.value))
             OR EXISTS (SELECT 1 FROM project_tag_bindings AS inherited WHERE inherited.project = workspaces.project
                          AND (asked.key IS NULL OR inherited.key = asked.key)
                          AND (asked.value IS NULL OR inherited.value = asked.value)
                          AND NOT EXISTS (SELECT 1 FROM workspace_tag_bindings AS own
                                          WHERE own.workspace = workspaces.number AND own.key = inherited.key))
             OR (asked.or_name AND EXISTS (SELECT 1 FROM workspace_tags JOIN tags ON tags.number = workspace_tags.tag
                   WHERE workspace_tags.workspace = workspaces.number AND tags.name = asked.key)))))",
        SEEN_BY.replace("?teams", ":teams")
    )
});

/// What the filter's conditions are bound to.
struct Bound {
    name: Option<String>,
    pattern: Option<String>,
    tags: String,
    tag_count: usize,
    excluded: Option<String>,
    oauth_client: Option<String>,
    /// Key, value and whether a tag of that name will do; null for any.
    bindings: Option<String>,
    /// One of them is enough.
    any_binding: bool,
    teams: Option<String>,
}

impl Bound {
    fn of(filter: &WorkspaceFilter) -> Result<Bound> {
        let tags: BTreeSet<&String> = filter.tags.iter().collect();
        let excluded = (!filter.exclude_tags.is_empty()).then(|| json_array(&filter.exclude_tags)).transpose()?;
        let asked = filter.bindings.iter().map(|TagCondition { key, value, or_name }| {
            let is_none = key.is_some() && filter.no_value_is_none && !or_name;
            let value = value.as_deref().or(is_none.then_some(""));
            (key, value, *or_name && value.is_none())
        });
        let asked: BTreeSet<_> = asked.collect();
        let bindings = (!asked.is_empty()).then(|| json_array(asked)).transpose()?;
        Ok(Bound {
            name: filter.name.clone(),
            pattern: filter.wildcard_name.as_deref().map(glob),
            tag_count: tags.len(),
            tags: json_array(tags)?,
            excluded,
            oauth_client: filter.oauth_client.as_ref().map(ToString::to_string),
            bindings,
            any_binding: filter.any_binding,
            teams: filter.seen_by.as_ref().map(json_array).transpose()?,
        })
    }

    fn is_empty(&self) -> bool {
        let Bound { name, pattern, tag_count, excluded, oauth_client, bindings, teams, .. } = self;
        name.is_none()
            && pattern.is_none()
            && excluded.is_none()
            && oauth_client.is_none()
            && *tag_count == 0
            && bindings.is_none()
            && teams.is_none()
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

pub(in crate::store) fn order_by(order: WorkspaceOrder) -> &'static str {
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
        filter: &WorkspaceFilter,
        order: WorkspaceOrder,
        page: Page,
    ) -> Result<Listed<Workspace>> {
        let bound = Bound::of(filter)?;
        let project = filter.project.as_deref();
        let (numbers, total) = match filter {
            // No workspace has a run here.
            WorkspaceFilter { has_run: true, .. } => (vec![], 0),
            _ if bound.is_empty() => self.all_workspaces(organization, project, order, page)?,
            _ => self.filtered_workspaces(organization, project, &bound, order, page)?,
        };
        let sql = format!(
            "{SELECT} WHERE workspaces.number IN (SELECT value FROM json_each(?1)) ORDER BY {}",
            order_by(order)
        );
        let items = self.rows_of(LARGE_ROW_BYTES, &sql, [json_array(numbers)?], workspace)?;
        Ok(Listed { items, total })
    }

    /// The rows of a page, and how many there are in all.
    fn all_workspaces(
        &self,
        organization: i64,
        project: Option<&str>,
        order: WorkspaceOrder,
        page: Page,
    ) -> Result<(Vec<i64>, u64)> {
        let (limit, offset) = limit_offset(page);
        let (of, order) = (owner(project), order_by(order));
        let total = match project {
            None => self.size_of(SizedList::Workspaces, organization)?,
            Some(_) => self.count(
                &format!("SELECT count(*) FROM workspaces WHERE {of}"),
                named_params! {":organization": organization, ":project": project},
            )?,
        };
        let sql = format!("SELECT number FROM workspaces WHERE {of} ORDER BY {order} LIMIT :limit OFFSET :offset");
        let parameters = named_params! {
            ":organization": organization, ":project": project, ":limit": limit, ":offset": offset,
        };
        Ok((self.rows(&sql, parameters, |row| row.get(0))?, total))
    }

    fn filtered_workspaces(
        &self,
        organization: i64,
        project: Option<&str>,
        bound: &Bound,
        order: WorkspaceOrder,
        page: Page,
    ) -> Result<(Vec<i64>, u64)> {
        let sql = format!(
            "SELECT number FROM workspaces WHERE {} {} ORDER BY {}",
            owner(project),
            *FILTERED,
            order_by(order)
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let Bound { name, pattern, tags, tag_count, excluded, oauth_client, bindings, any_binding, teams } = bound;
        let mut rows = statement.query(named_params! {
            ":organization": organization, ":project": project, ":name": name, ":pattern": pattern,
            ":tags": tags, ":tag_count": *tag_count as i64, ":excluded": excluded, ":oauth_client": oauth_client,
            ":bindings": bindings, ":any_binding": any_binding, ":teams": teams,
        })?;
        let on_page = page.offset()..page.offset().saturating_add(page.size);
        let (mut numbers, mut total) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            if on_page.contains(&total) {
                numbers.push(row.get(0)?);
            }
            total += 1;
        }
        Ok((numbers, total))
    }
}

fn owner(project: Option<&str>) -> &'static str {
    if project.is_some() { OF_PROJECT } else { OF_ORGANIZATION }
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
