//! Pages and sets in SQLite's terms.

use rusqlite::Row;
use rusqlite::types::ToSql;

use super::View;
use crate::domain::error::{Error, Result};
use crate::domain::page::{Listed, Page};

/// For LIMIT and OFFSET. As much as SQLite can count; beyond it there is nothing anyway.
pub fn limit_offset(page: Page) -> (i64, i64) {
    let number = |n| i64::try_from(n).unwrap_or(i64::MAX);
    (number(page.size), number(page.offset()))
}

/// A list of an organization whose size is kept beside it, by the name of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizedList {
    Memberships,
    OAuthClients,
    OAuthTokens,
    Projects,
    Teams,
    Workspaces,
}

impl SizedList {
    pub const ALL: [SizedList; 6] = [
        SizedList::Memberships,
        SizedList::OAuthClients,
        SizedList::OAuthTokens,
        SizedList::Projects,
        SizedList::Teams,
        SizedList::Workspaces,
    ];

    pub fn name(self) -> &'static str {
        match self {
            SizedList::Memberships => "organization_memberships",
            SizedList::OAuthClients => "oauth_clients",
            SizedList::OAuthTokens => "oauth_tokens",
            SizedList::Projects => "projects",
            SizedList::Teams => "teams",
            SizedList::Workspaces => "workspaces",
        }
    }
}

impl View<'_> {
    /// A page of a list that has `total` items. The query's last two parameters, after `parameters`, are LIMIT and OFFSET.
    pub(super) fn page_of<T>(
        &self,
        total: u64,
        sql: &str,
        parameters: &[&dyn ToSql],
        page: Page,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Listed<T>> {
        let (limit, offset) = limit_offset(page);
        let items = self.rows(sql, &*[parameters, &[&limit, &offset]].concat(), read)?;
        Ok(Listed { items, total })
    }

    /// How many items the list has, of the organization in row `organization`, without counting them.
    pub(super) fn size_of(&self, list: SizedList, organization: i64) -> Result<u64> {
        let sql = "SELECT size FROM list_sizes WHERE organization = ?1 AND list = ?2";
        let size: Option<i64> = self.optional_value(sql, (organization, list.name()))?;
        Ok(size.unwrap_or_default().unsigned_abs())
    }
}

/// A JSON array for `json_each`: one parameter for any number of values.
pub fn json_array<T: serde::Serialize>(values: impl IntoIterator<Item = T>) -> Result<String> {
    serde_json::to_string(&values.into_iter().collect::<Vec<T>>()).map_err(Error::internal)
}
