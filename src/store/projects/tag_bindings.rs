//! The tag bindings of projects.

use std::collections::HashMap;

use rusqlite::Row;

use crate::domain::error::{Problems, Result};
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::Project;
use crate::domain::tags::binding::TagBinding;
use crate::domain::timestamp::Timestamp;
use crate::store::audit::EventKind;
use crate::store::pages::{json_array, limit_offset};
use crate::store::{Change, View};

/// In the order that [`tag_binding`] reads.
pub(in crate::store) const SELECT: &str = "SELECT key, value, created_at FROM project_tag_bindings";

/// Of the projects in rows `?1`, a JSON array; with the project's row behind.
pub(in crate::store) const OF_PROJECTS: &str = "SELECT key, value, created_at, project FROM project_tag_bindings
     WHERE project IN (SELECT value FROM json_each(?1)) ORDER BY project, number";

fn tag_binding(row: &Row<'_>) -> rusqlite::Result<TagBinding> {
    Ok(TagBinding { key: row.get(0)?, value: row.get(1)?, created_at: Some(Timestamp::from_milliseconds(row.get(2)?)) })
}

impl View<'_> {
    /// In the order in which they were given.
    pub fn project_tag_bindings(&self, project: &Project, page: Page) -> Result<Listed<TagBinding>> {
        let (limit, offset) = limit_offset(page);
        let items = self.rows(
            &format!("{SELECT} WHERE project = ?1 ORDER BY number LIMIT ?2 OFFSET ?3"),
            (project.number, limit, offset),
            tag_binding,
        )?;
        Ok(Listed { items, total: self.project_tag_bindings_total(project)? })
    }

    /// Those of several projects at once, by the projects' rows.
    pub fn tag_bindings_of_projects(&self, projects: &[Project]) -> Result<HashMap<i64, Vec<TagBinding>>> {
        let numbers: Vec<i64> = projects.iter().map(|project| project.number).collect();
        let bindings =
            self.rows(OF_PROJECTS, [json_array(&numbers)?], |row| Ok((row.get::<_, i64>(3)?, tag_binding(row)?)))?;
        let mut found: HashMap<i64, Vec<TagBinding>> = HashMap::new();
        for (project, binding) in bindings {
            found.entry(project).or_default().push(binding);
        }
        Ok(found)
    }

    fn project_tag_bindings_total(&self, project: &Project) -> Result<u64> {
        self.count("SELECT count(*) FROM project_tag_bindings WHERE project = ?1", [project.number])
    }
}

impl Change<'_> {
    /// Adds bindings to those that there are; a key that is there gets the new value. `Invalid` where there would be too
    /// many.
    pub fn add_project_tag_bindings(&self, project: &Project, bindings: &[TagBinding]) -> Result<()> {
        self.put_project_tag_bindings(project.number, bindings)?;
        let mut problems = Problems::default();
        let number = usize::try_from(self.project_tag_bindings_total(project)?).unwrap_or(usize::MAX);
        TagBinding::check_number(number, "/data", &mut problems);
        problems.finish()?;
        self.record_project(EventKind::Update, project)
    }

    /// Puts bindings in the place of those that there are.
    pub fn replace_project_tag_bindings(&self, project: &Project, bindings: &[TagBinding]) -> Result<()> {
        self.remove_project_tag_bindings(project.number)?;
        self.put_project_tag_bindings(project.number, bindings)?;
        self.record_project(EventKind::Update, project)
    }

    pub(in crate::store) fn put_project_tag_bindings(&self, project: i64, bindings: &[TagBinding]) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO main.project_tag_bindings (project, key, value, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (project, key) DO UPDATE SET value = excluded.value",
        )?;
        for TagBinding { key, value, created_at: _ } in bindings {
            statement.execute((project, key, value, self.now.milliseconds()))?;
        }
        Ok(())
    }

    pub(in crate::store) fn remove_project_tag_bindings(&self, project: i64) -> Result<()> {
        self.execute("DELETE FROM main.project_tag_bindings WHERE project = ?1", [project])?;
        Ok(())
    }
}
