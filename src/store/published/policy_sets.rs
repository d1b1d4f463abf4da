//! Policy sets, and where they count.

use rusqlite::Row;
use rusqlite::types::ToSql;

use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::id::{PolicySetId, ProjectId, WorkspaceId};
use crate::domain::identity::Identity;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{Listed, Page};
use crate::domain::published::policy_set::{PolicySet, PolicySetChange, Scope, refuse_for_global};
use crate::domain::timestamp::Timestamp;
use crate::store::audit::EventKind;
use crate::store::oauth::repository_links::POLICY_SET;
use crate::store::pages::json_array;
use crate::store::settings;
use crate::store::stored::{FIRST, Links, Stored, linked_rows};
use crate::store::{Change, View};

/// Table, and the column and word for one.
fn place(scope: Scope) -> (&'static str, &'static str) {
    match scope {
        Scope::Workspaces | Scope::WorkspaceExclusions => ("policy_set_workspaces", "workspace"),
        Scope::Projects | Scope::ProjectExclusions => ("policy_set_projects", "project"),
    }
}

impl Stored for PolicySet {
    type Id = PolicySetId;
    const TABLE: &'static str = "policy_sets";
    const EVENT: &'static str = "policy_set";
    const ONE: &'static str = "policy set";
    const COLUMNS: &'static str = "policy_sets.name, policy_sets.is_global, policy_sets.settings,
         policy_sets.created_at, policy_sets.updated_at";

    fn read(identity: Identity<PolicySetId>, row: &Row<'_>) -> rusqlite::Result<PolicySet> {
        Ok(PolicySet {
            identity,
            name: row.get(FIRST)?,
            is_global: row.get(FIRST + 1)?,
            settings: settings::read(row, FIRST + 2)?,
            vcs_repo: None,
            created_at: Timestamp::from_milliseconds(row.get(FIRST + 3)?),
            updated_at: Timestamp::from_milliseconds(row.get(FIRST + 4)?),
            workspaces: vec![],
            projects: vec![],
            workspace_exclusions: vec![],
            project_exclusions: vec![],
        })
    }

    fn identity(&self) -> &Identity<PolicySetId> {
        &self.identity
    }

    fn with_links(view: &View, mut sets: Vec<PolicySet>) -> Result<Vec<PolicySet>> {
        let numbers = json_array(sets.iter().map(|set| set.identity.number))?;
        let mut repositories = view.repositories_of(POLICY_SET, sets.iter().map(|set| set.identity.number))?;
        let mut workspaces: Links<WorkspaceId> = view.scope_of_sets(Scope::Workspaces, &numbers)?;
        let mut projects: Links<ProjectId> = view.scope_of_sets(Scope::Projects, &numbers)?;
        let mut without_workspaces: Links<WorkspaceId> = view.scope_of_sets(Scope::WorkspaceExclusions, &numbers)?;
        let mut without_projects: Links<ProjectId> = view.scope_of_sets(Scope::ProjectExclusions, &numbers)?;
        for set in &mut sets {
            let number = &set.identity.number;
            set.vcs_repo = repositories.remove(number);
            set.workspaces = workspaces.remove(number).unwrap_or_default();
            set.projects = projects.remove(number).unwrap_or_default();
            set.workspace_exclusions = without_workspaces.remove(number).unwrap_or_default();
            set.project_exclusions = without_projects.remove(number).unwrap_or_default();
        }
        Ok(sets)
    }
}

impl View<'_> {
    fn scope_of_sets<Id: From<String>>(&self, scope: Scope, numbers: &str) -> Result<Links<Id>> {
        let ((table, column), is_excluded) = (place(scope), scope.is_exclusion());
        let sql = format!(
            "SELECT attached.policy_set, {column}s.id FROM {table} AS attached
             JOIN {column}s ON {column}s.number = attached.{column}
             WHERE attached.policy_set IN (SELECT value FROM json_each(?1)) AND attached.is_excluded = {is_excluded}
             ORDER BY attached.policy_set, attached.{column}"
        );
        self.links(&sql, numbers)
    }

    /// A page of an organization's sets; with a part of the name, a kind, and whether they are linked to a repository, where
    /// these are given.
    pub fn policy_sets(
        &self,
        of: &Organization,
        part: &str,
        kind: Option<&str>,
        is_linked: Option<bool>,
        page: Page,
    ) -> Result<Listed<PolicySet>> {
        let condition = "policy_sets.organization = ?1 AND instr(lower(policy_sets.name), lower(?2))
                         AND (?3 IS NULL OR coalesce(policy_sets.settings ->> 'kind', 'sentinel') = ?3)
                         AND (?4 IS NULL OR ?4 = EXISTS (SELECT 1 FROM repository_links
                              WHERE repository_links.policy_set = policy_sets.number))";
        let parameters: [&dyn ToSql; 4] = [&of.number, &part, &kind, &is_linked];
        self.stored_where(condition, "policy_sets.number", &parameters, page)
    }

    /// The rows of what a request names for a set of `organization`.
    fn scope_rows(
        &self,
        scope: Scope,
        ids: &[String],
        organization: i64,
        pointer: &str,
        problems: &mut Problems,
    ) -> Result<Vec<i64>> {
        let word = place(scope).1;
        let number = |id: &str| match word {
            "workspace" => self.workspace_row(id, organization),
            _ => self.project_row(id, organization),
        };
        linked_rows(ids, pointer, word, number, problems)
    }

    /// The rows of all that a document attaches.
    fn scopes(
        &self,
        given: &[(Scope, Vec<String>)],
        organization: i64,
        is_global: bool,
        problems: &mut Problems,
    ) -> Result<Vec<(Scope, Vec<i64>)>> {
        let mut scopes = Vec::with_capacity(given.len());
        for (scope, ids) in given {
            let pointer = format!("/data/relationships/{}/data", scope.name());
            if is_global && !scope.is_exclusion() && !ids.is_empty() {
                refuse_for_global(&pointer, problems);
            }
            scopes.push((*scope, self.scope_rows(*scope, ids, organization, &pointer, problems)?));
        }
        Ok(scopes)
    }
}

impl Change<'_> {
    /// `Invalid` where the name is taken, or something that it names is not the organization's.
    pub fn create_policy_set(&self, of: &Organization, id: &PolicySetId, new: &PolicySetChange) -> Result<PolicySet> {
        let name = new.name.as_deref().unwrap_or_default();
        let is_global = new.is_global.unwrap_or_default();
        let mut problems = Problems::default();
        if self.is_name_taken::<PolicySet>(of.number, name, None)? {
            problems.name_is_taken();
        }
        let link = match &new.vcs_repo {
            Field::Value(link) => self.check_link(of.number, None, None, link, &mut problems)?,
            Field::Absent | Field::Null => None,
        };
        let attached = self.scopes(&new.attached, of.number, is_global, &mut problems)?;
        problems.finish()?;
        let set: PolicySet = self.insert(
            id,
            &of.external_id,
            &[
                ("organization", &of.number),
                ("name", &name),
                ("is_global", &is_global),
                ("settings", &settings::text(&new.settings)?),
                ("updated_at", &self.now.milliseconds()),
            ],
        )?;
        if let Some(link) = &link {
            self.link(POLICY_SET, set.identity.number, link)?;
        }
        for (scope, rows) in &attached {
            self.attach_scope(set.identity.number, *scope, rows)?;
        }
        self.stored(id)
    }

    /// What is not given stays; a list that is given takes the place of the present one; a global set is attached to
    /// nothing. `Invalid` as for creation.
    pub fn update_policy_set(&self, current: &PolicySet, change: &PolicySetChange) -> Result<PolicySet> {
        let (name, organization) = (change.name.as_ref().unwrap_or(&current.name), current.identity.organization);
        let is_global = change.is_global.unwrap_or(current.is_global);
        let mut problems = Problems::default();
        if self.is_name_taken(organization, name, Some(current))? {
            problems.name_is_taken();
        }
        let link = match &change.vcs_repo {
            Field::Value(link) => {
                self.check_link(organization, None, current.vcs_repo.as_ref(), link, &mut problems)?
            }
            Field::Absent | Field::Null => None,
        };
        let mut attached = self.scopes(&change.attached, organization, is_global, &mut problems)?;
        problems.finish()?;
        let number = current.identity.number;
        if let Some(link) = &link {
            self.link(POLICY_SET, number, link)?;
        }
        if matches!(change.vcs_repo, Field::Null) {
            self.remove_link(POLICY_SET, number)?;
        }
        if is_global {
            attached.extend([(Scope::Workspaces, vec![]), (Scope::Projects, vec![])]);
        }
        for (scope, rows) in &attached {
            let sql = format!("DELETE FROM main.{} WHERE policy_set = ?1 AND is_excluded = ?2", place(*scope).0);
            self.execute(&sql, (number, scope.is_exclusion()))?;
            self.attach_scope(number, *scope, rows)?;
        }
        self.set(
            current,
            &[
                ("name", name),
                ("is_global", &is_global),
                ("settings", &settings::text(&change.settings)?),
                ("updated_at", &self.now.milliseconds()),
            ],
        )
    }

    /// Attaches the set to more, or keeps it away from more. `Invalid` where a global set would be attached, and for an id
    /// that is not the organization's.
    pub fn attach_policy_set(&self, set: &PolicySet, scope: Scope, ids: &[String]) -> Result<()> {
        refuse_global(set, scope)?;
        let mut problems = Problems::default();
        let rows = self.scope_rows(scope, ids, set.identity.organization, "/data", &mut problems)?;
        problems.finish()?;
        self.attach_scope(set.identity.number, scope, &rows)?;
        self.touch_policy_set(set)
    }

    /// Ids that are not attached or do not exist are ignored. `Invalid` for a global set, as for attaching.
    pub fn detach_policy_set(&self, set: &PolicySet, scope: Scope, ids: &[String]) -> Result<()> {
        refuse_global(set, scope)?;
        let unknown = &mut Problems::default();
        let rows = self.scope_rows(scope, ids, set.identity.organization, "/data", unknown)?;
        let (table, column) = place(scope);
        let sql = format!(
            "DELETE FROM main.{table} WHERE policy_set = ?1 AND is_excluded = ?2
             AND {column} IN (SELECT value FROM json_each(?3))"
        );
        let rows = json_array(rows)?;
        self.execute(&sql, (set.identity.number, scope.is_exclusion(), rows))?;
        self.touch_policy_set(set)
    }

    fn attach_scope(&self, set: i64, scope: Scope, rows: &[i64]) -> Result<()> {
        let (table, column) = place(scope);
        let sql = format!("INSERT OR IGNORE INTO main.{table} (policy_set, {column}, is_excluded) VALUES (?1, ?2, ?3)");
        let mut insert = self.connection.prepare_cached(&sql)?;
        for row in rows {
            insert.execute((set, row, scope.is_exclusion()))?;
        }
        Ok(())
    }

    fn touch_policy_set(&self, set: &PolicySet) -> Result<()> {
        self.execute(
            "UPDATE main.policy_sets SET updated_at = ?2 WHERE number = ?1",
            (set.identity.number, self.now.milliseconds()),
        )?;
        self.record_stored(EventKind::Update, set)
    }
}

fn refuse_global(set: &PolicySet, scope: Scope) -> Result<()> {
    let mut problems = Problems::default();
    if set.is_global && !scope.is_exclusion() {
        refuse_for_global("/data", &mut problems);
    }
    problems.finish()
}
