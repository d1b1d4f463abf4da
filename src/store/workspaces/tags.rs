//! Tags of a name alone: an organization's, and on its workspaces.

use std::collections::{BTreeSet, HashSet};

use rusqlite::{Row, params};

use crate::domain::error::{Problems, Result};
use crate::domain::id::{TagId, WorkspaceId};
use crate::domain::page::{Listed, Page};
use crate::domain::tags::tag;
use crate::domain::tags::tag::{CountedTag, Tag, TagGiven, TagReference};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::audit::{EventKind, Resource};
use crate::store::{Change, View};

/// In the order that [`counted`] reads.
pub(in crate::store) const SELECT_TAGS: &str = "SELECT tags.id, tags.name, organizations.name,
     (SELECT count(*) FROM workspace_tags WHERE workspace_tags.tag = tags.number)
     FROM tags JOIN organizations ON organizations.number = tags.organization";

fn counted(row: &Row<'_>) -> rusqlite::Result<CountedTag> {
    Ok(CountedTag {
        tag: Tag { id: TagId::from(row.get::<_, String>(0)?), name: row.get(1)? },
        organization_name: row.get(2)?,
        workspaces: row.get::<_, i64>(3)?.unsigned_abs(),
    })
}

/// A tag that exists, or the name of one that is to be made.
pub(super) enum CheckedTag {
    Row(i64),
    Name(String),
}

impl View<'_> {
    /// A page of the organization's tags whose name contains `search`, without those of the workspace `except`.
    pub fn tags(&self, organization: i64, search: &str, except: &str, page: Page) -> Result<Listed<CountedTag>> {
        let rest = "WHERE tags.organization = ?1 AND instr(lower(tags.name), lower(?2))
                    AND NOT EXISTS (SELECT 1 FROM workspace_tags JOIN workspaces
                                    ON workspaces.number = workspace_tags.workspace
                                    WHERE workspaces.id = ?3 AND workspace_tags.tag = tags.number)";
        let parameters = params![organization, search, except];
        let total = self.count(&format!("SELECT count(*) FROM tags {rest}"), parameters)?;
        let sql = format!("{SELECT_TAGS} {rest} ORDER BY tags.name LIMIT ?4 OFFSET ?5");
        self.page_of(total, &sql, parameters, page, counted)
    }

    /// A page of the workspace's tags whose name contains `search`.
    pub fn workspace_tags(&self, workspace: i64, search: &str, page: Page) -> Result<Listed<CountedTag>> {
        let rest = "WHERE tags.number IN (SELECT tag FROM workspace_tags WHERE workspace = ?1)
                    AND instr(lower(tags.name), lower(?2))";
        let parameters = params![workspace, search];
        let total = self.count(&format!("SELECT count(*) FROM tags {rest}"), parameters)?;
        let sql = format!("{SELECT_TAGS} {rest} ORDER BY tags.number LIMIT ?3 OFFSET ?4");
        self.page_of(total, &sql, parameters, page, counted)
    }

    /// The organization in whose row a tag is.
    pub fn organization_of_tag(&self, id: &TagId) -> Result<i64> {
        self.found("SELECT organization FROM tags WHERE id = ?1", [id.as_str()], |row| row.get(0))
    }

    fn tag_number(&self, column: &str, text: &str, organization: i64) -> Result<Option<i64>> {
        self.optional_value(
            &format!("SELECT number FROM tags WHERE organization = ?1 AND {column} = ?2"),
            (organization, text),
        )
    }

    /// What is to be added; an id that is not one of the organization's tags is a problem.
    pub(super) fn check_tags(
        &self,
        organization: i64,
        given: Option<&[TagGiven]>,
        problems: &mut Problems,
    ) -> Result<Option<Vec<CheckedTag>>> {
        let Some(given) = given else { return Ok(None) };
        let mut checked = Vec::with_capacity(given.len());
        for tag in given {
            match &tag.reference {
                TagReference::Name(name) => checked.push(CheckedTag::Name(name.clone())),
                TagReference::Id(id) => match self.tag_number("id", id, organization)? {
                    Some(number) => checked.push(CheckedTag::Row(number)),
                    None => tag.is_unknown(problems),
                },
            }
        }
        Ok(Some(checked))
    }
}

impl Change<'_> {
    /// `Invalid` at `pointer` where the workspace would have too many.
    pub(super) fn add_tags(&self, organization: i64, workspace: i64, tags: &[CheckedTag], pointer: &str) -> Result<()> {
        for tag in tags {
            let number = match tag {
                CheckedTag::Row(number) => *number,
                CheckedTag::Name(name) => match self.tag_number("name", name, organization)? {
                    Some(number) => number,
                    None => self.create_tag(organization, name)?,
                },
            };
            self.execute(
                "INSERT OR IGNORE INTO main.workspace_tags (workspace, tag) VALUES (?1, ?2)",
                (workspace, number),
            )?;
        }
        let number: i64 = self.value("SELECT count(*) FROM workspace_tags WHERE workspace = ?1", [workspace])?;
        let mut problems = Problems::default();
        tag::check_number(usize::try_from(number).unwrap_or(usize::MAX), pointer, &mut problems);
        problems.finish()
    }

    fn create_tag(&self, organization: i64, name: &str) -> Result<i64> {
        self.execute(
            "INSERT INTO main.tags (id, organization, name, created_at) VALUES (?1, ?2, ?3, ?4)",
            (TagId::generate(self.sources).as_str(), organization, name, self.now.milliseconds()),
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    pub(super) fn remove_all_tags(&self, workspace: i64) -> Result<()> {
        self.execute("DELETE FROM main.workspace_tags WHERE workspace = ?1", [workspace])?;
        Ok(())
    }

    /// `Invalid` where an id is not one of the organization's tags, or there would be too many. Tags that are only named
    /// are made.
    pub fn add_workspace_tags(&self, workspace: &Workspace, given: &[TagGiven]) -> Result<()> {
        let mut problems = Problems::default();
        let tags = self.check_tags(workspace.organization, Some(given), &mut problems)?;
        problems.finish()?;
        self.add_tags(workspace.organization, workspace.number, &tags.unwrap_or_default(), "/data")?;
        self.touch(workspace)
    }

    /// From the workspace; the organization keeps them. Ids that it does not have are ignored.
    pub fn remove_workspace_tags(&self, workspace: &Workspace, given: &[TagGiven]) -> Result<()> {
        for tag in given {
            let number = match &tag.reference {
                TagReference::Name(name) => self.tag_number("name", name, workspace.organization)?,
                TagReference::Id(id) => self.tag_number("id", id, workspace.organization)?,
            };
            self.execute(
                "DELETE FROM main.workspace_tags WHERE workspace = ?1 AND tag = ?2",
                (workspace.number, number),
            )?;
        }
        self.touch(workspace)
    }

    /// From the organization and all its workspaces. Ids that it does not have are ignored.
    pub fn delete_tags(&self, organization: i64, ids: &[String]) -> Result<()> {
        let mut numbers = BTreeSet::new();
        for id in ids {
            numbers.extend(self.tag_number("id", id, organization)?);
        }
        let numbers: Vec<i64> = numbers.into_iter().collect();
        self.remove_rows("tags", &numbers, Some(&self.organization_id(organization)?))?;
        self.record_tags(organization)
    }

    /// The trail knows no tags; they are part of their organization.
    fn record_tags(&self, organization: i64) -> Result<()> {
        let id = self.organization_id(organization)?;
        self.record(EventKind::Update, Resource::Organization, id.as_str(), Some(&id))
    }

    /// `Invalid` where an id is not one of the organization's workspaces, or one of them would have too many tags.
    pub fn add_workspaces_to_tag(&self, tag: &TagId, organization: i64, ids: &[String]) -> Result<()> {
        let mut problems = Problems::default();
        let mut workspaces = Vec::with_capacity(ids.len());
        let mut seen = HashSet::new();
        for (n, id) in ids.iter().enumerate().filter(|(_, id)| seen.insert(id.as_str())) {
            let number = match WorkspaceId::parse(id) {
                Ok(id) => self.workspace_number(&id, organization)?.map(|number| (number, id)),
                Err(_) => None,
            };
            match number {
                Some((number, id)) => workspaces.push((n, number, id)),
                None => problems.at(format!("/data/{n}/id"), "`id` does not name a workspace of this organization."),
            }
        }
        problems.finish()?;
        if let Some(tag) = self.tag_number("id", tag.as_str(), organization)? {
            for (n, number, id) in workspaces {
                self.add_tags(organization, number, &[CheckedTag::Row(tag)], &format!("/data/{n}"))?;
                self.touch_row(number, &id, organization)?;
            }
        }
        self.record_tags(organization)
    }
}
