//! Variable sets, and what they are attached to.

use std::collections::HashSet;

use rusqlite::Row;
use rusqlite::types::ToSql;

use crate::domain::error::{Problems, Result};
use crate::domain::id::{ProjectId, VariableId, VariableSetId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::timestamp::Timestamp;
use crate::domain::variables::variable::{Holder, Kept, NewVariable, Owner};
use crate::domain::variables::variable_set::{COLLIDES, VariableSet, VariableSetChange, refuse_for_global};
use crate::store::audit::EventKind;
use crate::store::pages::json_array;
use crate::store::stored::{FIRST, Links, Stored, linked_rows};
use crate::store::{Change, View};

const VARIABLES: &str = "SELECT variable_set, id FROM variables
     WHERE variable_set IN (SELECT value FROM json_each(?1)) ORDER BY variable_set, number";
const WORKSPACES: &str = "SELECT attached.variable_set, workspaces.id FROM variable_set_workspaces AS attached
     JOIN workspaces ON workspaces.number = attached.workspace
     WHERE attached.variable_set IN (SELECT value FROM json_each(?1)) ORDER BY attached.variable_set, attached.workspace";
const PROJECTS: &str = "SELECT attached.variable_set, projects.id FROM variable_set_projects AS attached
     JOIN projects ON projects.number = attached.project
     WHERE attached.variable_set IN (SELECT value FROM json_each(?1)) ORDER BY attached.variable_set, attached.project";

impl Stored for VariableSet {
    type Id = VariableSetId;
    const TABLE: &'static str = "variable_sets";
    const EVENT: &'static str = "variable_set";
    const ONE: &'static str = "variable set";
    const JOINS: &'static str = "JOIN organizations ON organizations.number = variable_sets.organization
         LEFT JOIN projects ON projects.number = variable_sets.project";
    const COLUMNS: &'static str = "projects.id, variable_sets.name, variable_sets.description, variable_sets.is_global,
         variable_sets.is_priority, variable_sets.updated_at";

    fn read(identity: Identity<VariableSetId>, row: &Row<'_>) -> rusqlite::Result<VariableSet> {
        Ok(VariableSet {
            identity,
            project: row.get::<_, Option<String>>(FIRST)?.map(ProjectId::from),
            name: row.get(FIRST + 1)?,
            description: row.get(FIRST + 2)?,
            is_global: row.get(FIRST + 3)?,
            is_priority: row.get(FIRST + 4)?,
            updated_at: Timestamp::from_milliseconds(row.get(FIRST + 5)?),
            variables: vec![],
            workspaces: vec![],
            projects: vec![],
        })
    }

    fn identity(&self) -> &Identity<VariableSetId> {
        &self.identity
    }

    fn with_links(view: &View, mut sets: Vec<VariableSet>) -> Result<Vec<VariableSet>> {
        let numbers = json_array(sets.iter().map(|set| set.identity.number))?;
        let mut variables: Links<VariableId> = view.links(VARIABLES, &numbers)?;
        let mut workspaces: Links<WorkspaceId> = view.links(WORKSPACES, &numbers)?;
        let mut projects: Links<ProjectId> = view.links(PROJECTS, &numbers)?;
        for set in &mut sets {
            set.variables = variables.remove(&set.identity.number).unwrap_or_default();
            set.workspaces = workspaces.remove(&set.identity.number).unwrap_or_default();
            set.projects = projects.remove(&set.identity.number).unwrap_or_default();
        }
        Ok(sets)
    }
}

/// What a set can be attached to.
#[derive(Clone, Copy)]
pub enum Attached {
    Workspaces,
    Projects,
}

impl Attached {
    /// Table, column and the word for one.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Attached::Workspaces => ("variable_set_workspaces", "workspace"),
            Attached::Projects => ("variable_set_projects", "project"),
        }
    }
}

/// What a list of an organization's sets can be narrowed down to.
#[derive(Default)]
pub struct VariableSetFilter {
    /// A part of the name.
    pub part: String,
    pub is_global: Option<bool>,
    /// Those that the organization itself owns.
    pub is_owned: bool,
}

impl View<'_> {
    pub fn variable_sets(
        &self,
        of: &Organization,
        filter: &VariableSetFilter,
        page: Page,
    ) -> Result<Listed<VariableSet>> {
        let condition = "variable_sets.organization = ?1 AND instr(lower(variable_sets.name), lower(?2))
                         AND (?3 IS NULL OR variable_sets.is_global = ?3)
                         AND (NOT ?4 OR variable_sets.project IS NULL)";
        let parameters: [&dyn ToSql; 4] = [&of.number, &filter.part, &filter.is_global, &filter.is_owned];
        self.stored_where(condition, "variable_sets.number", &parameters, page)
    }

    /// The rows of workspaces or projects that a set of `organization` can be attached to; a set that a project owns only
    /// to that project and its workspaces.
    fn attachable(
        &self,
        what: Attached,
        ids: &[String],
        organization: i64,
        owner: Option<i64>,
        pointer: &str,
        problems: &mut Problems,
    ) -> Result<Vec<i64>> {
        let number = |id: &str| {
            let found = match what {
                Attached::Workspaces => self.workspace_row(id, organization)?,
                Attached::Projects => self.project_row(id, organization)?,
            };
            let (Some(number), Some(owner)) = (found, owner) else { return Ok(found) };
            let belongs = match what {
                Attached::Workspaces => {
                    let sql = "SELECT 1 FROM workspaces WHERE number = ?1 AND project = ?2";
                    self.exists(sql, (number, owner))?
                }
                Attached::Projects => number == owner,
            };
            Ok(found.filter(|_| belongs))
        };
        linked_rows(ids, pointer, what.place().1, number, problems)
    }

    fn owner_of_set(&self, set: &VariableSet) -> Result<Option<i64>> {
        let sql = "SELECT project FROM variable_sets WHERE number = ?1";
        self.value(sql, [set.identity.number])
    }

    /// Keys and categories of the set's variables that another global set of the organization has, too. Walks the others
    /// once: there may be as many of them as the set has variables, and the writer waits.
    fn collisions_as_global(&self, set: &VariableSet) -> Result<Vec<(String, String)>> {
        let sql = "SELECT DISTINCT own.key, own.category FROM variable_sets AS other
                   CROSS JOIN variables AS theirs ON theirs.variable_set = other.number
                   CROSS JOIN variables AS own ON own.variable_set = ?1
                     AND own.category = theirs.category AND own.key = theirs.key
                   WHERE other.organization = ?2 AND other.is_global AND other.number <> ?1";
        self.rows(sql, (set.identity.number, set.identity.organization), |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

/// What a new set begins with.
pub struct NewVariableSet {
    pub rest: VariableSetChange,
    /// The id of the project that owns it, as it was given.
    pub project: Option<String>,
    pub variables: Vec<(VariableId, NewVariable<Kept>)>,
}

impl Change<'_> {
    /// `Invalid` where the name is taken, something that it names is not the organization's, or a key is given twice.
    pub fn create_variable_set(
        &self,
        of: &Organization,
        id: &VariableSetId,
        new: &NewVariableSet,
    ) -> Result<VariableSet> {
        let mut problems = Problems::default();
        let name = new.rest.name.as_deref().unwrap_or_default();
        if self.is_name_taken::<VariableSet>(of.number, name, None)? {
            problems.name_is_taken();
        }
        let owner = match &new.project {
            None => None,
            Some(id) => {
                let owner = self.project_row(id, of.number)?;
                if owner.is_none() {
                    problems.at("/data/relationships/parent/data", "There is no such project in the organization.");
                }
                owner
            }
        };
        let attached = self.attachments(&new.rest, of.number, owner, &mut problems)?;
        problems.finish()?;
        self.free_name(of.number, name)?;
        let now = self.now.milliseconds();
        let set: VariableSet = self.insert(
            id,
            &of.external_id,
            &[
                ("organization", &of.number),
                ("project", &owner),
                ("name", &name),
                ("description", &new.rest.description.as_deref().unwrap_or_default()),
                ("is_global", &new.rest.is_global.unwrap_or_default()),
                ("is_priority", &new.rest.is_priority.unwrap_or_default()),
                ("updated_at", &now),
            ],
        )?;
        self.replace_attached(set.identity.number, &attached)?;
        let holder = Holder {
            owner: Owner::Set(id.clone()),
            number: set.identity.number,
            organization: of.number,
            organization_id: of.external_id.clone(),
        };
        let at = |n: usize| format!("/data/relationships/vars/data/{n}");
        for (n, (id, variable)) in new.variables.iter().enumerate() {
            self.create_variable_of_set(&holder, id, variable).map_err(|e| e.within("/data", &at(n)))?;
        }
        if let Some(last) = new.variables.len().checked_sub(1) {
            self.check_room(&holder.owner, holder.number).map_err(|e| e.within("/data", &at(last)))?;
        }
        if set.is_global && !new.variables.is_empty() {
            let collisions: HashSet<_> = self.collisions_as_global(&set)?.into_iter().collect();
            let mut problems = Problems::default();
            for (n, (_, variable)) in new.variables.iter().enumerate() {
                if collisions.contains(&(variable.key.clone(), variable.category.clone())) {
                    problems.at(format!("{}/attributes/key", at(n)), COLLIDES);
                }
            }
            problems.finish()?;
        }
        self.stored(id)
    }

    /// `Invalid` as for creation, and where the set becomes global and another global one has one of its keys.
    pub fn update_variable_set(&self, current: &VariableSet, change: &VariableSetChange) -> Result<VariableSet> {
        let mut problems = Problems::default();
        let (name, organization) = (change.name.as_ref().unwrap_or(&current.name), current.identity.organization);
        if self.is_name_taken(organization, name, Some(current))? {
            problems.name_is_taken();
        }
        let is_global = change.is_global.unwrap_or(current.is_global);
        if is_global && !current.is_global && !self.collisions_as_global(current)?.is_empty() {
            problems.attribute("global", COLLIDES);
        }
        let owner = self.owner_of_set(current)?;
        let mut attached = self.attachments(change, organization, owner, &mut problems)?;
        if is_global {
            attached = [Some(vec![]), Some(vec![])];
        }
        problems.finish()?;
        self.free_name(organization, name)?;
        self.replace_attached(current.identity.number, &attached)?;
        self.set(
            current,
            &[
                ("name", name),
                ("description", change.description.as_ref().unwrap_or(&current.description)),
                ("is_global", &is_global),
                ("is_priority", &change.is_priority.unwrap_or(current.is_priority)),
                ("updated_at", &self.now.milliseconds()),
            ],
        )
    }

    /// A set whose project is gone is seen by nobody, and has a name until it is removed.
    fn free_name(&self, organization: i64, name: &str) -> Result<()> {
        let sql = "SELECT number FROM main.variable_sets AS kept WHERE organization = ?1 AND name = ?2
                   AND NOT EXISTS (SELECT 1 FROM variable_sets WHERE number = kept.number)";
        let unseen: Option<i64> = self.optional_value(sql, (organization, name))?;
        unseen.map_or(Ok(()), |number| self.remove_row(VariableSet::TABLE, number, None))
    }

    /// Attaches the set to more. `Invalid` for a global set, and for an id that is not the organization's.
    pub fn attach_variable_set(&self, set: &VariableSet, what: Attached, ids: &[String]) -> Result<()> {
        let mut problems = Problems::default();
        if set.is_global {
            refuse_for_global("/data", &mut problems);
        }
        let owner = self.owner_of_set(set)?;
        let rows = self.attachable(what, ids, set.identity.organization, owner, "/data", &mut problems)?;
        problems.finish()?;
        self.attach_rows(set.identity.number, what, &rows)?;
        self.record_stored(EventKind::Update, set)
    }

    /// Ids that are not attached or do not exist are ignored.
    pub fn detach_variable_set(&self, set: &VariableSet, what: Attached, ids: &[String]) -> Result<()> {
        let mut problems = Problems::default();
        if set.is_global {
            refuse_for_global("/data", &mut problems);
        }
        problems.finish()?;
        let unknown = &mut Problems::default();
        let rows = self.attachable(what, ids, set.identity.organization, None, "/data", unknown)?;
        let (table, column) = what.place();
        let sql = format!(
            "DELETE FROM main.{table} WHERE variable_set = ?1 AND {column} IN (SELECT value FROM json_each(?2))"
        );
        self.execute(&sql, (set.identity.number, json_array(rows)?))?;
        self.record_stored(EventKind::Update, set)
    }

    /// Detaches the sets that other projects own from a workspace that is in the project now.
    pub(in crate::store) fn detach_sets_of_other_projects(&self, workspace: i64, project: i64) -> Result<()> {
        let sql = "DELETE FROM main.variable_set_workspaces WHERE workspace = ?1
                   AND (SELECT project FROM main.variable_sets WHERE number = variable_set) <> ?2";
        self.execute(sql, (workspace, project))?;
        Ok(())
    }

    /// The rows of what a request attaches: workspaces and projects, `None` where it names none.
    fn attachments(
        &self,
        change: &VariableSetChange,
        organization: i64,
        owner: Option<i64>,
        problems: &mut Problems,
    ) -> Result<[Option<Vec<i64>>; 2]> {
        let mut rows = |what, ids: &Option<Vec<String>>, name: &str| {
            let Some(ids) = ids else { return Ok(None) };
            let pointer = format!("/data/relationships/{name}/data");
            self.attachable(what, ids, organization, owner, &pointer, problems).map(Some)
        };
        Ok([
            rows(Attached::Workspaces, &change.workspaces, "workspaces")?,
            rows(Attached::Projects, &change.projects, "projects")?,
        ])
    }

    fn replace_attached(&self, set: i64, attached: &[Option<Vec<i64>>; 2]) -> Result<()> {
        for (what, rows) in [Attached::Workspaces, Attached::Projects].into_iter().zip(attached) {
            let Some(rows) = rows else { continue };
            let sql = format!("DELETE FROM main.{} WHERE variable_set = ?1", what.place().0);
            self.execute(&sql, [set])?;
            self.attach_rows(set, what, rows)?;
        }
        Ok(())
    }

    fn attach_rows(&self, set: i64, what: Attached, rows: &[i64]) -> Result<()> {
        let (table, column) = what.place();
        let sql = format!("INSERT OR IGNORE INTO main.{table} (variable_set, {column}) VALUES (?1, ?2)");
        let mut insert = self.connection.prepare_cached(&sql)?;
        for row in rows {
            insert.execute((set, row))?;
        }
        Ok(())
    }
}
