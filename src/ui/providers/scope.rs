//! Which projects may use a connection.

use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::field::Field;
use crate::domain::id::ProjectId;
use crate::domain::page::Page;
use crate::domain::projects::project::ProjectFilter;
use crate::http::form::Form;
use crate::store::View;

/// Projects that a form lists; an organization may have more.
const PROJECTS_IN_FORM: u64 = 100;

pub struct Scope {
    pub is_all: bool,
    pub projects: Vec<ProjectChoice>,
    /// Whether there are more projects than are listed.
    pub is_cut: bool,
}

pub struct ProjectChoice {
    pub id: String,
    pub name: String,
    pub is_chosen: bool,
}

impl Scope {
    /// Projects of the organization in row `organization`, as far as the caller sees them, with `chosen` ticked.
    pub fn of(
        view: &View,
        organization: i64,
        access: OrganizationAccess,
        is_all: bool,
        chosen: &[ProjectId],
    ) -> Result<Scope> {
        if !access.allows(Action::SeeProjects) {
            return Ok(Scope { is_all, projects: vec![], is_cut: !chosen.is_empty() });
        }
        let first = Page { number: 1, size: PROJECTS_IN_FORM };
        let list = view.projects(organization, &ProjectFilter::default(), first)?;
        let choice = |(id, name): (ProjectId, String)| ProjectChoice {
            is_chosen: chosen.contains(&id),
            id: id.to_string(),
            name,
        };
        let projects = list.items.into_iter().map(|project| choice((project.id, project.name))).collect();
        Ok(Scope { is_all, projects, is_cut: list.total > PROJECTS_IN_FORM })
    }

    /// Takes over what was chosen in a form that was refused.
    pub fn fill(&mut self, form: &Form) {
        self.is_all = is_all(form);
        for project in &mut self.projects {
            project.is_chosen = form.all("projects").any(|id| id == project.id);
        }
    }
}

pub fn is_all(form: &Form) -> bool {
    form.get("organization-scoped") != "false"
}

pub fn projects(form: &Form) -> Vec<String> {
    form.all("projects").map(str::to_owned).collect()
}

/// The projects that a client has after its form: those that were ticked, and those that the form did not show. Absent where
/// they are those at `present`.
pub fn projects_after(form: &Form, present: &[ProjectId]) -> Field<Vec<String>> {
    let shown: Vec<&str> = form.all("shown-projects").collect();
    let kept = present.iter().map(ProjectId::as_str).filter(|id| !shown.contains(id));
    let mut after: Vec<String> = projects(form);
    after.extend(kept.filter(|id| !form.all("projects").any(|ticked| ticked == *id)).map(str::to_owned));
    let is_same =
        after.len() == present.len() && present.iter().all(|id| after.iter().any(|other| other == id.as_str()));
    if is_same { Field::Absent } else { Field::Value(after) }
}
