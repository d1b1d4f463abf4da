//! Which variable sets count for a workspace or a project, and which variables a workspace has in the end.

use rusqlite::types::ToSql;

use crate::domain::error::{Error, Result};
use crate::domain::id::VariableSetId;
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::Project;
use crate::domain::variables::variable::Variable;
use crate::domain::variables::variable_set::VariableSet;
use crate::domain::workspaces::workspace::Workspace;
use crate::store::View;

/// The sets that count for the workspace in row ?1, of project ?2 and organization ?3.
pub const APPLYING: &str = "variable_sets.organization = ?3
     AND (variable_sets.is_global
          OR EXISTS (SELECT 1 FROM variable_set_workspaces AS attached
                     WHERE attached.variable_set = variable_sets.number AND attached.workspace = ?1)
          OR EXISTS (SELECT 1 FROM variable_set_projects AS attached
                     WHERE attached.variable_set = variable_sets.number AND attached.project = ?2))";

/// The sets that could be attached to the workspace in row ?1, of project ?2 and organization ?3, and are not: neither to
/// it nor to its project.
const APPLICABLE: &str = "variable_sets.organization = ?3 AND NOT variable_sets.is_global
     AND coalesce(variable_sets.project, ?2) = ?2
     AND NOT EXISTS (SELECT 1 FROM variable_set_workspaces AS attached
                     WHERE attached.variable_set = variable_sets.number AND attached.workspace = ?1)
     AND NOT EXISTS (SELECT 1 FROM variable_set_projects AS attached
                     WHERE attached.variable_set = variable_sets.number AND attached.project = ?2)";

/// The sets that count for the project in row ?1 of organization ?2, or that it owns.
const OF_PROJECT: &str = "variable_sets.organization = ?2
     AND (variable_sets.is_global OR variable_sets.project = ?1
          OR EXISTS (SELECT 1 FROM variable_set_projects AS attached
                     WHERE attached.variable_set = variable_sets.number AND attached.project = ?1))";

/// Which of a project's sets a list has.
#[derive(Clone, Copy)]
pub enum ProjectScope {
    All,
    /// By the project itself.
    Owned,
    /// Of the organization, and counting for the project.
    Shared,
    /// Counting for the project, of whichever owner.
    Applied,
}

impl ProjectScope {
    /// Narrows [`OF_PROJECT`].
    fn condition(self) -> &'static str {
        match self {
            ProjectScope::All => "",
            ProjectScope::Owned => "AND variable_sets.project IS NOT NULL",
            ProjectScope::Shared => "AND variable_sets.project IS NULL",
            ProjectScope::Applied => {
                "AND (variable_sets.is_global
                      OR EXISTS (SELECT 1 FROM variable_set_projects AS attached
                                 WHERE attached.variable_set = variable_sets.number AND attached.project = ?1))"
            }
        }
    }
}

/// The workspace's own variables, and those of sets whose key it does not have itself.
pub const IN_FORCE: &str = "(variables.workspace = ?1
     OR variables.variable_set IN (SELECT variable_sets.number FROM variable_sets WHERE variable_sets.organization = ?3
        AND (variable_sets.is_global
             OR variable_sets.number IN (SELECT variable_set FROM variable_set_workspaces WHERE workspace = ?1)
             OR variable_sets.number IN (SELECT variable_set FROM variable_set_projects WHERE project = ?2)))
        AND NOT EXISTS (SELECT 1 FROM variables AS own WHERE own.workspace = ?1
                        AND own.category = variables.category AND own.key = variables.key))";

impl View<'_> {
    /// Those with `part` in their name.
    pub fn variable_sets_of_workspace(&self, of: &Workspace, part: &str, page: Page) -> Result<Listed<VariableSet>> {
        self.sets_with(APPLYING, &[&of.number, &of.project, &of.organization], part, page)
    }

    pub fn variable_sets_applicable_to(&self, of: &Workspace, part: &str, page: Page) -> Result<Listed<VariableSet>> {
        self.sets_with(APPLICABLE, &[&of.number, &of.project, &of.organization], part, page)
    }

    pub fn variable_sets_of_project(
        &self,
        of: &Project,
        scope: ProjectScope,
        part: &str,
        page: Page,
    ) -> Result<Listed<VariableSet>> {
        self.sets_with(&format!("{OF_PROJECT} {}", scope.condition()), &[&of.number, &of.organization], part, page)
    }

    fn sets_with(
        &self,
        condition: &str,
        parameters: &[&dyn ToSql],
        part: &str,
        page: Page,
    ) -> Result<Listed<VariableSet>> {
        let parameters = [parameters, &[&part]].concat();
        let named = format!("{condition} AND instr(lower(variable_sets.name), lower(?{}))", parameters.len());
        self.stored_where(&named, "variable_sets.number", &parameters, page)
    }

    /// The set, if it counts for the workspace. `NotFound` otherwise.
    pub fn variable_set_of_workspace(&self, of: &Workspace, id: &VariableSetId) -> Result<VariableSet> {
        let condition = format!("{APPLYING} AND variable_sets.id = ?4");
        let parameters: [&dyn ToSql; 4] = [&of.number, &of.project, &of.organization, &id.as_str()];
        let found = self.stored_where(&condition, "variable_sets.number", &parameters, Page::default())?;
        found.items.into_iter().next().ok_or_else(Error::not_found)
    }

    pub fn variables_in_force(&self, of: &Workspace, page: Page) -> Result<Listed<Variable>> {
        self.stored_where(IN_FORCE, "variables.number", &[&of.number, &of.project, &of.organization], page)
    }
}
