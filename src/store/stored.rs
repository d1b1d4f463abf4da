//! What the tables of all plain resources have in common: finding, listing, writing, and an event for each change.
//!
//! A resource says how it lies in its table ([`Stored`]); the rest is written here once.

use std::collections::HashMap;

use rusqlite::Row;
use rusqlite::types::ToSql;

use super::audit::{EventKind, Resource};
use super::pages::json_array;
use super::{Change, Owned, View};
use crate::domain::error::{Error, Problems, Result};
use crate::domain::id::{OrganizationId, ProjectId, ResourceId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::page::{Listed, Page};

/// A resource of an organization in a table of its own, which has the columns `number`, `id` and `created_at`.
pub trait Stored: Sized {
    type Id: ResourceId;
    const TABLE: &'static str;
    /// What the events of the audit trail call it.
    const EVENT: &'static str;
    /// One of it in words.
    const ONE: &'static str;
    /// The column that names it for people; empty: it has no name.
    const NAME: &'static str = "name";
    /// The columns with the rows that it is listed below.
    const BELOW: &'static [&'static str] = &["organization"];
    /// The column with its sealed secret; empty: it has none.
    const SEALED: &'static str = "";
    /// From the table to `organizations`, and to what else [`Stored::COLUMNS`] name. Empty: to `organizations` alone, by the
    /// column `organization`.
    const JOINS: &'static str = "";
    /// In the order that [`Stored::read`] reads, the first of them at [`FIRST`].
    const COLUMNS: &'static str;

    fn read(identity: Identity<Self::Id>, row: &Row<'_>) -> rusqlite::Result<Self>;

    fn identity(&self) -> &Identity<Self::Id>;

    /// Adds what lies in other tables, for all items at once.
    fn with_links(_view: &View, items: Vec<Self>) -> Result<Vec<Self>> {
        Ok(items)
    }
}

/// What [`Stored`] says of a table, without its type. Each family lists its own.
pub struct Table {
    pub name: &'static str,
    pub prefix: &'static str,
    pub event: &'static str,
    pub one: &'static str,
    pub name_column: &'static str,
    pub below: &'static [&'static str],
    pub sealed: &'static str,
    pub joins: fn() -> String,
    #[cfg(test)]
    pub select: fn() -> String,
}

impl Table {
    pub const fn of<R: Stored>() -> Table {
        Table {
            name: R::TABLE,
            prefix: R::Id::PREFIX,
            event: R::EVENT,
            one: R::ONE,
            name_column: R::NAME,
            below: R::BELOW,
            sealed: R::SEALED,
            joins: joins::<R>,
            #[cfg(test)]
            select: select::<R>,
        }
    }
}

/// Where a row's own columns begin: behind those of its identity.
pub const FIRST: usize = 5;

/// Ids by the row that they are linked to.
pub(super) type Links<Id> = HashMap<i64, Vec<Id>>;

/// The rows of resources that a request names; a problem for each that is not the organization's. `number` finds a row.
pub(super) fn linked_rows(
    ids: &[String],
    pointer: &str,
    kind: &str,
    number: impl Fn(&str) -> Result<Option<i64>>,
    problems: &mut Problems,
) -> Result<Vec<i64>> {
    let mut numbers = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        match number(id)? {
            Some(number) => numbers.push(number),
            None => problems.at(format!("{pointer}/{n}"), format!("There is no such {kind} in the organization.")),
        }
    }
    Ok(numbers)
}

/// A column of a resource's table and its value.
pub type Column<'a> = (&'static str, &'a dyn ToSql);

impl<R: Stored> Owned for R {
    fn load(view: &View, id: &str) -> Result<R> {
        view.stored(&R::Id::parse(id)?)
    }

    fn organization(&self) -> i64 {
        self.identity().organization
    }
}

fn joins<R: Stored>() -> String {
    match R::JOINS {
        "" => format!("JOIN organizations ON organizations.number = {}.organization", R::TABLE),
        joins => joins.to_owned(),
    }
}

pub(super) fn select<R: Stored>() -> String {
    let (table, joins, columns) = (R::TABLE, joins::<R>(), R::COLUMNS);
    format!(
        "SELECT {table}.number, {table}.id, organizations.number, organizations.external_id, organizations.name, {columns}
         FROM {table} {joins}"
    )
}

fn read<R: Stored>(row: &Row<'_>) -> rusqlite::Result<R> {
    let identity = Identity {
        number: row.get(0)?,
        id: R::Id::from(row.get(1)?),
        organization: row.get(2)?,
        organization_id: OrganizationId::from(row.get::<_, String>(3)?),
        organization_name: row.get(4)?,
    };
    R::read(identity, row)
}

impl View<'_> {
    pub fn stored<R: Stored>(&self, id: &R::Id) -> Result<R> {
        let sql = format!("{} WHERE {}.id = ?1", select::<R>(), R::TABLE);
        let item = self.optional(&sql, [id.as_str()], read::<R>)?;
        let items = R::with_links(self, item.into_iter().collect())?;
        items.into_iter().next().ok_or_else(Error::not_found)
    }

    /// Those with these ids.
    pub fn stored_with_ids<'a, R: Stored<Id: 'a>>(&self, ids: impl Iterator<Item = &'a R::Id>) -> Result<Vec<R>> {
        let ids = json_array(ids.map(ResourceId::as_str))?;
        let (select, table) = (select::<R>(), R::TABLE);
        let sql = format!("{select} WHERE {table}.id IN (SELECT value FROM json_each(?1)) ORDER BY {table}.number");
        R::with_links(self, self.rows(&sql, [ids], read::<R>)?)
    }

    /// A page of the resources whose `column` is this row, in the order of their creation.
    pub fn stored_below<R: Stored>(&self, column: &'static str, row: i64, page: Page) -> Result<Listed<R>> {
        let condition = format!("{}.{column} = ?1", R::TABLE);
        self.stored_where(&condition, &format!("{}.number", R::TABLE), &[&row], page)
    }

    /// A page of those that `condition` is true for; its parameters are numbered from 1.
    pub(super) fn stored_where<R: Stored>(
        &self,
        condition: &str,
        order: &str,
        parameters: &[&dyn ToSql],
        page: Page,
    ) -> Result<Listed<R>> {
        let (table, next) = (R::TABLE, parameters.len() + 1);
        let total = self.count(&format!("SELECT count(*) FROM {table} WHERE {condition}"), parameters)?;
        let sql = format!("{} WHERE {condition} ORDER BY {order} LIMIT ?{next} OFFSET ?{}", select::<R>(), next + 1);
        let page = self.page_of(total, &sql, parameters, page, read::<R>)?;
        Ok(Listed { items: R::with_links(self, page.items)?, total })
    }

    /// Whether a row other than `but` has these values.
    pub(super) fn is_taken<R: Stored>(&self, values: &[Column<'_>], but: Option<&R>) -> Result<bool> {
        let conditions: Vec<String> =
            values.iter().enumerate().map(|(n, (column, _))| format!("{column} = ?{}", n + 1)).collect();
        let sql = format!("SELECT number FROM {} WHERE {}", R::TABLE, conditions.join(" AND "));
        let parameters: Vec<&dyn ToSql> = values.iter().map(|(_, value)| *value).collect();
        let number: Option<i64> = self.optional_value(&sql, &*parameters)?;
        Ok(number.is_some() && number != but.map(|current| current.identity().number))
    }

    pub(super) fn is_name_taken<R: Stored>(&self, organization: i64, name: &str, but: Option<&R>) -> Result<bool> {
        self.is_taken(&[("organization", &organization), ("name", &name)], but)
    }

    /// `Invalid` where another resource of the organization has the name.
    pub(super) fn check_name<R: Stored>(&self, organization: i64, name: &str, but: Option<&R>) -> Result<()> {
        let mut problems = Problems::default();
        if self.is_name_taken(organization, name, but)? {
            problems.name_is_taken();
        }
        problems.finish()
    }

    /// Ids by the row that they are linked to, for the rows in `numbers`, a JSON array that is the query's parameter.
    pub(super) fn links<Id: From<String>>(&self, sql: &str, numbers: &str) -> Result<Links<Id>> {
        let mut links: Links<Id> = HashMap::new();
        for (number, id) in self.rows(sql, [numbers], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))? {
            links.entry(number).or_default().push(Id::from(id));
        }
        Ok(links)
    }

    /// The row of the workspace with this id in the organization in row `organization`.
    pub(super) fn workspace_row(&self, id: &str, organization: i64) -> Result<Option<i64>> {
        WorkspaceId::parse(id).map_or(Ok(None), |id| self.workspace_number(&id, organization))
    }

    pub(super) fn project_row(&self, id: &str, organization: i64) -> Result<Option<i64>> {
        ProjectId::parse(id).map_or(Ok(None), |id| self.project_number(&id, organization))
    }

    /// The row of the resource with this id in the organization in row `organization`.
    pub(super) fn row_in<R: Stored>(&self, id: &str, organization: i64) -> Result<Option<i64>> {
        let Ok(id) = R::Id::parse(id) else { return Ok(None) };
        let (table, joins) = (R::TABLE, joins::<R>());
        let sql =
            format!("SELECT {table}.number FROM {table} {joins} WHERE {table}.id = ?1 AND organizations.number = ?2");
        self.optional_value(&sql, (id.as_str(), organization))
    }
}

impl Change<'_> {
    /// A new row, and its event.
    pub(super) fn insert<R: Stored>(
        &self,
        id: &R::Id,
        organization: &OrganizationId,
        columns: &[Column<'_>],
    ) -> Result<R> {
        let (id_text, created_at) = (id.as_str(), self.now.milliseconds());
        let all = [&[("id", &id_text as &dyn ToSql), ("created_at", &created_at)], columns].concat();
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let places: Vec<String> = (1..=all.len()).map(|n| format!("?{n}")).collect();
        let sql = format!("INSERT INTO main.{} ({}) VALUES ({})", R::TABLE, names.join(", "), places.join(", "));
        let values: Vec<&dyn ToSql> = all.iter().map(|(_, value)| *value).collect();
        self.execute(&sql, &*values)?;
        self.record(EventKind::Create, Resource::Plain(R::EVENT), id.as_str(), Some(organization))?;
        self.stored(id)
    }

    /// Other values in the columns of a row, and its event.
    pub(super) fn set<R: Stored>(&self, current: &R, columns: &[Column<'_>]) -> Result<R> {
        let identity = current.identity();
        let places: Vec<String> =
            columns.iter().enumerate().map(|(n, (name, _))| format!("{name} = ?{}", n + 2)).collect();
        let mut values: Vec<&dyn ToSql> = vec![&identity.number];
        values.extend(columns.iter().map(|(_, value)| *value));
        let sql = format!("UPDATE main.{} SET {} WHERE number = ?1", R::TABLE, places.join(", "));
        self.execute(&sql, &*values)?;
        self.record_stored(EventKind::Update, current)?;
        self.stored(&identity.id)
    }

    /// Removes a row, with what belongs to it, and adds its event.
    pub fn delete_stored<R: Stored>(&self, current: &R) -> Result<()> {
        self.remove_row(R::TABLE, current.identity().number, Some(&current.identity().organization_id))?;
        self.record_stored(EventKind::Destroy, current)
    }

    pub(super) fn record_stored<R: Stored>(&self, event: EventKind, current: &R) -> Result<()> {
        let identity = current.identity();
        self.record(event, Resource::Plain(R::EVENT), identity.id.as_str(), Some(&identity.organization_id))
    }
}
