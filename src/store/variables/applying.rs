//! Which variable sets count for a workspace or a project, and which variables a workspace has in the end.

use crate::domain::error::Result;
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

/// The sets that count for the project in row ?1 of organization ?2, or that it owns.
const OF_PROJECT: &str = "variable_sets.organization = ?2
     AND (variable_sets.is_global OR variable_sets.project = ?1
          OR EXISTS (SELECT 1 FROM variable_set_projects AS attached
                     WHERE attached.variable_set = variable_sets.number AND attached.project = ?1))";

/// The workspace's own variables, and those of sets whose key it does not have itself.
pub const IN_FORCE: &str = "(variables.workspace = ?1
     OR variables.variable_set IN (SELECT variable_sets.number FROM variable_sets WHERE variable_sets.organization = ?3
        AND (variable_sets.is_global
             OR variable_sets.number IN (SELECT variable_set FROM variable_set_workspaces WHERE workspace = ?1)
             OR variable_sets.number IN (SELECT variable_set FROM variable_set_projects WHERE project = ?2)))
        AND NOT EXISTS (SELECT 1 FROM variables AS own WHERE own.workspace = ?1
                        AND own.category = variables.category AND own.key = variables.key))";

impl View<'_> {
    pub fn variable_sets_of_workspace(&self, of: &Workspace, page: Page) -> Result<Listed<VariableSet>> {
        self.stored_where(APPLYING, "variable_sets.number", &[&of.number, &of.project, &of.organization], page)
    }

    pub fn variable_sets_of_project(&self, of: &Project, page: Page) -> Result<Listed<VariableSet>> {
        self.stored_where(OF_PROJECT, "variable_sets.number", &[&of.number, &of.organization], page)
    }

    pub fn variables_in_force(&self, of: &Workspace, page: Page) -> Result<Listed<Variable>> {
        self.stored_where(IN_FORCE, "variables.number", &[&of.number, &of.project, &of.organization], page)
    }
}
