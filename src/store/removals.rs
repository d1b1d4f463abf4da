//! Removing what others belong to. The row goes at once, for everyone. What belongs to it goes in the same change, up to a
//! number of rows; what is left then refers to a row that is gone, is seen by nobody, and is removed by the writer in small
//! pieces between other changes, also after a restart. Deleted organizations go in such pieces too.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::audit::{Actor, Trail};
use super::engine::references::cascade::{Cascade, RemovalBudget};
use super::engine::references::shadows::{Shadows, Views};
use super::engine::writer::Leftovers;
use super::oauth::repository_links::{Holder, Source};
use super::{Change, View};
use crate::domain::audit::trail_key::TrailKey;
use crate::domain::error::Result;
use crate::domain::id::OrganizationId;
use crate::domain::sources::Sources;

/// Rows that a change takes along: a few milliseconds of the writer.
const AT_ONCE: usize = 500;

/// The table whose rows are marked when they are deleted, and go after all that refers to them.
pub(super) const ROOTS: &str = "organizations";

/// The row of an organization that is deleted.
pub(in crate::store) const DELETED: &str = "SELECT number FROM organizations WHERE is_deleted = 1 LIMIT 1";

/// How removals go, by the schema.
pub(super) struct Removals {
    cascade: Cascade,
    pub views: Arc<Views>,
    /// Of the writer's connection.
    pub shadows: Shadows,
}

impl Removals {
    pub fn of(connection: &Connection) -> rusqlite::Result<Removals> {
        let views = Arc::new(Views::of(connection, ROOTS)?);
        Ok(Removals { cascade: Cascade::of(connection)?, shadows: Shadows::new(Arc::clone(&views)), views })
    }

    /// What one change takes along.
    pub fn budget(at: i64) -> RemovalBudget {
        RemovalBudget::of_rows(AT_ONCE, at)
    }
}

/// One that has not ended.
struct Unfinished {
    table: String,
    number: i64,
    organization: Option<OrganizationId>,
    /// Whose change it was.
    actor: Actor,
}

/// In the order that [`unfinished`] reads.
const COLUMNS: &str = "removals.parent, removals.number, removals.organization, removals.request_id, removals.actor_id, removals.actor_name";

fn unfinished(row: &Row<'_>) -> rusqlite::Result<Unfinished> {
    let request = row.get::<_, Option<[u8; 16]>>(3)?.map(Uuid::from_bytes);
    let actor = match (row.get(4)?, row.get(5)?) {
        (Some(id), Some(name)) => Actor::Client { id, name, request },
        _ => Actor::System,
    };
    let organization = row.get::<_, Option<String>>(2)?.map(OrganizationId::from);
    Ok(Unfinished { table: row.get(0)?, number: row.get(1)?, organization, actor })
}

impl View<'_> {
    /// Removals that have not ended.
    pub(super) fn count_removals(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM removals";
        self.count(sql, [])
    }
}

impl Change<'_> {
    /// Removes a row of an organization's, with what belongs to it.
    pub(super) fn remove_row(&self, table: &'static str, number: i64, of: Option<&OrganizationId>) -> Result<()> {
        self.remove_rows(table, &[number], of)
    }

    pub(super) fn remove_rows(&self, table: &'static str, numbers: &[i64], of: Option<&OrganizationId>) -> Result<()> {
        let mut rest = Vec::new();
        for number in numbers {
            if let Some(holder) = Holder::in_table(table) {
                self.end_unlinking(holder, *number)?;
            }
            if !self.clear(table, *number, of, self.actor)? {
                rest.push(*number);
            } else {
                let sql = format!("DELETE FROM main.{table} WHERE number = ?1");
                self.execute(&sql, [number])?;
            }
        }
        if rest.is_empty() {
            return Ok(());
        }
        let (request, id, name) = match self.actor {
            Actor::Client { id, name, request } => (request.map(Uuid::into_bytes), Some(id), Some(name)),
            Actor::System => (None, None, None),
        };
        let mut note = self.connection.prepare_cached(
            "INSERT INTO main.removals (parent, number, organization, request_id, actor_id, actor_name)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for number in &rest {
            note.execute(params![table, number, of.map(OrganizationId::as_str), request, id, name])?;
        }
        self.removals.cascade.detach(self.connection, table, &rest)?;
        self.removals.shadows.settle(self.connection)?;
        Ok(())
    }

    /// Removes some of what belongs to a row. `true` once there is nothing.
    fn clear(&self, table: &str, number: i64, of: Option<&OrganizationId>, actor: &Actor) -> Result<bool> {
        if let Some(source) = Source::in_table(table, number)
            && !self.unlink(source, of, actor, &self.budget)?
        {
            return Ok(false);
        }
        Ok(self.removals.cascade.clear(self.connection, table, number, &self.budget)?)
    }

    /// A link whose source is gone, but which is still there, goes before its holder gets another one or goes itself.
    pub(super) fn end_unlinking(&self, holder: Holder, row: i64) -> Result<()> {
        let sql = format!(
            "SELECT {COLUMNS} FROM main.repository_links AS link
             JOIN main.removals ON removals.parent = 'oauth_tokens' AND removals.number = link.oauth_token
               OR removals.parent = 'github_app_installations' AND removals.number = link.github_app_installation
             WHERE link.{} = ?1",
            holder.name
        );
        let left: Option<Unfinished> = self.optional(&sql, [row], unfinished)?;
        match left {
            Some(removal) => self.unlink_holder(holder, row, removal.organization.as_ref(), &removal.actor),
            None => Ok(()),
        }
    }
}

/// What the writer goes on with: one after the other, each to its end.
pub(super) fn leftovers(removals: Arc<Removals>, key: TrailKey, sources: Sources) -> Leftovers {
    let first = |connection: &Connection| {
        let sql = format!("SELECT {COLUMNS} FROM main.removals LIMIT 1");
        connection.prepare_cached(&sql)?.query_row([], unfinished).optional()
    };
    let deleted = |connection: &Connection| {
        connection.prepare_cached(DELETED)?.query_row([], |row| row.get::<_, i64>(0)).optional()
    };
    let shadows = Arc::clone(&removals);
    let hide = move |connection: &Connection| shadows.shadows.settle(connection);
    let exist = move |connection: &Connection| Ok(first(connection)?.is_some() || deleted(connection)?.is_some());
    let remove = move |connection: &Connection, end: Instant| {
        let budget = || RemovalBudget::until(end, sources.now().milliseconds());
        while let Some(Unfinished { table, number, organization, actor }) = first(connection)? {
            let head = Cell::new(None);
            let trail = Trail { key: &key, head: &head };
            let change = Change { budget: budget(), ..Change::new(connection, &actor, &sources, trail, &removals) };
            if !change.clear(&table, number, organization.as_ref(), &actor)? {
                return Ok(true);
            }
            let sql = "DELETE FROM main.removals WHERE parent = ?1 AND number = ?2";
            connection.prepare_cached(sql)?.execute((&table, number))?;
            if Instant::now() >= end {
                return Ok(true);
            }
        }
        while let Some(number) = deleted(connection)? {
            if !removals.cascade.remove(connection, ROOTS, number, &budget())? || Instant::now() >= end {
                return Ok(true);
            }
        }
        Ok(false)
    };
    Leftovers { exist: Box::new(exist), hide: Box::new(hide), remove: Box::new(remove) }
}
