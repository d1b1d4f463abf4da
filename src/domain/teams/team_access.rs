//! Team access: what one team may do with one workspace, or with one project and its workspaces.

use super::grants::Grants;
use super::levels::{
    ProjectAccess, ProjectLevel, ProjectPermissions, Word, WorkspaceAccess, WorkspaceLevel, WorkspacePermissions,
};
use super::team::Team;
use crate::domain::error::Problems;
use crate::domain::field::Field;
use crate::domain::id::{ProjectId, WorkspaceId};
use crate::domain::teams::team::Visibility;

#[derive(Clone, Debug, PartialEq)]
pub struct TeamAccess {
    /// The row; never on the wire.
    pub number: i64,
    /// `tws-` or `tprj-`, and 16 characters.
    pub id: String,
    pub team: Team,
    pub team_visibility: Visibility,
    pub to: AccessTo,
    pub given: Given,
}

/// What the access is to, by row and id.
#[derive(Clone, Debug, PartialEq)]
pub enum AccessTo {
    /// With the row of its project.
    Workspace {
        number: i64,
        id: WorkspaceId,
        project: i64,
    },
    Project {
        number: i64,
        id: ProjectId,
    },
}

impl AccessTo {
    pub fn id(&self) -> &str {
        match self {
            AccessTo::Workspace { id, .. } => id.as_str(),
            AccessTo::Project { id, .. } => id.as_str(),
        }
    }
}

/// A level, and the permissions that are in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    ToWorkspace(WorkspaceLevel, WorkspacePermissions),
    ToProject(ProjectLevel, ProjectPermissions),
}

impl Given {
    pub fn grants(&self) -> Grants {
        match self {
            Given::ToWorkspace(level, permissions) => permissions.grants(*level),
            Given::ToProject(level, permissions) => permissions.grants(*level),
        }
    }
}

/// The attributes of a request for access to a workspace, as they came.
#[derive(Default)]
pub struct WorkspaceFields {
    pub access: Field<String>,
    pub runs: Field<String>,
    pub variables: Field<String>,
    pub state_versions: Field<String>,
    pub sentinel_mocks: Field<String>,
    pub workspace_locking: Field<bool>,
    pub run_tasks: Field<bool>,
    pub policy_overrides: Field<bool>,
}

impl WorkspaceFields {
    /// What there is after the request. `current` is `None` where the access is new. A change to `custom` begins with the
    /// permissions that were in force.
    pub fn check(self, current: Option<(WorkspaceLevel, WorkspacePermissions)>, problems: &mut Problems) -> Given {
        let (level, before) = levels(self.access, current, WorkspaceLevel::Custom, problems);
        let is_custom = level == WorkspaceLevel::Custom;
        let before = before.filter(|_| is_custom).unwrap_or_else(|| WorkspacePermissions::of(level));
        let mut reader = Reader { level: level.name(), is_custom, place: "", problems };
        let permissions = WorkspacePermissions {
            runs: reader.word("runs", self.runs, before.runs),
            variables: reader.word("variables", self.variables, before.variables),
            state_versions: reader.word("state-versions", self.state_versions, before.state_versions),
            sentinel_mocks: reader.word("sentinel-mocks", self.sentinel_mocks, before.sentinel_mocks),
            workspace_locking: reader.flag("workspace-locking", self.workspace_locking, before.workspace_locking),
            run_tasks: reader.flag("run-tasks", self.run_tasks, before.run_tasks),
            policy_overrides: reader.flag("policy-overrides", self.policy_overrides, before.policy_overrides),
        };
        Given::ToWorkspace(level, permissions)
    }
}

/// The attributes of a request for access to a project, as they came.
#[derive(Default)]
pub struct ProjectFields {
    pub access: Field<String>,
    pub settings: Field<String>,
    pub teams: Field<String>,
    pub variable_sets: Field<String>,
    pub runs: Field<String>,
    pub variables: Field<String>,
    pub state_versions: Field<String>,
    pub sentinel_mocks: Field<String>,
    pub create: Field<bool>,
    pub locking: Field<bool>,
    pub delete: Field<bool>,
    pub r#move: Field<bool>,
    pub run_tasks: Field<bool>,
    pub policy_overrides: Field<bool>,
}

impl ProjectFields {
    /// As for workspaces.
    pub fn check(self, current: Option<(ProjectLevel, ProjectPermissions)>, problems: &mut Problems) -> Given {
        let (level, before) = levels(self.access, current, ProjectLevel::Custom, problems);
        let is_custom = level == ProjectLevel::Custom;
        let before = before.filter(|_| is_custom).unwrap_or_else(|| ProjectPermissions::of(level));
        let ProjectPermissions { project_access: project, workspace_access: workspaces } = before;
        let mut reader = Reader { level: level.name(), is_custom, place: "project-access/", problems };
        let project_access = ProjectAccess {
            settings: reader.word("settings", self.settings, project.settings),
            teams: reader.word("teams", self.teams, project.teams),
            variable_sets: reader.word("variable-sets", self.variable_sets, project.variable_sets),
        };
        reader.place = "workspace-access/";
        let workspace_access = WorkspaceAccess {
            runs: reader.word("runs", self.runs, workspaces.runs),
            variables: reader.word("variables", self.variables, workspaces.variables),
            state_versions: reader.word("state-versions", self.state_versions, workspaces.state_versions),
            sentinel_mocks: reader.word("sentinel-mocks", self.sentinel_mocks, workspaces.sentinel_mocks),
            create: reader.flag("create", self.create, workspaces.create),
            locking: reader.flag("locking", self.locking, workspaces.locking),
            delete: reader.flag("delete", self.delete, workspaces.delete),
            r#move: reader.flag("move", self.r#move, workspaces.r#move),
            run_tasks: reader.flag("run-tasks", self.run_tasks, workspaces.run_tasks),
            policy_overrides: reader.flag("policy-overrides", self.policy_overrides, workspaces.policy_overrides),
        };
        Given::ToProject(level, ProjectPermissions { project_access, workspace_access })
    }
}

/// The level after the request, and the permissions before it. `custom` stands in where the level is wrong.
fn levels<L: Word, P>(
    access: Field<String>,
    current: Option<(L, P)>,
    custom: L,
    problems: &mut Problems,
) -> (L, Option<P>) {
    let (level, before) = match current {
        Some((level, permissions)) => (Some(level), Some(permissions)),
        None => (None, None),
    };
    let level = match access {
        Field::Value(name) => L::from_name(&name),
        Field::Absent => level,
        Field::Null => None,
    };
    if level.is_none() {
        problems.attribute("access", format!("`access` must be one of {}.", L::NAMES.join(", ")));
    }
    (level.unwrap_or(custom), before)
}

/// Takes permissions one by one: only the level `custom` has any of its own.
struct Reader<'a> {
    level: &'static str,
    is_custom: bool,
    place: &'static str,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn word<W: Word>(&mut self, name: &str, given: Field<String>, before: W) -> W {
        let Some(given) = self.settable(name, given) else { return before };
        W::from_name(&given).unwrap_or_else(|| {
            let detail = format!("`{name}` must be one of {}.", W::NAMES.join(", "));
            self.problems.attribute(&format!("{}{name}", self.place), detail);
            before
        })
    }

    fn flag(&mut self, name: &str, given: Field<bool>, before: bool) -> bool {
        self.settable(name, given).unwrap_or(before)
    }

    fn settable<T>(&mut self, name: &str, given: Field<T>) -> Option<T> {
        let given = given.value()?;
        if self.is_custom {
            return Some(given);
        }
        let mut label = name.replace('-', " ");
        label[..1].make_ascii_uppercase();
        // In the service's own words, which its clients' tests look for.
        let detail = format!(
            "{label} is read-only when access level is '{}'; use the 'custom' access level to set this attribute.",
            self.level
        );
        self.problems.attribute(&format!("{}{name}", self.place), detail);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::levels::{Runs, Variables};
    use super::*;

    fn text(text: &str) -> Field<String> {
        Field::Value(text.to_owned())
    }

    fn checked(
        fields: WorkspaceFields,
        current: Option<(WorkspaceLevel, WorkspacePermissions)>,
    ) -> Result<Given, Vec<String>> {
        let mut problems = Problems::default();
        let given = fields.check(current, &mut problems);
        let details = |error: crate::domain::error::Error| error.problems.into_iter().map(|p| p.detail).collect();
        problems.finish().map_err(details).map(|()| given)
    }

    #[test]
    fn a_fixed_level_has_no_permissions_of_its_own() {
        let fields = WorkspaceFields { access: text("read"), runs: text("apply"), ..Default::default() };
        let told =
            "Runs is read-only when access level is 'read'; use the 'custom' access level to set this attribute.";
        assert_eq!(checked(fields, None), Err(vec![told.to_owned()]));
        let fields = WorkspaceFields {
            access: text("write"),
            state_versions: text("read"),
            workspace_locking: Field::Value(true),
            run_tasks: Field::Null,
            ..Default::default()
        };
        let told = checked(fields, None).unwrap_err();
        assert!(told[0].starts_with("State versions is read-only when access level is 'write'"), "{told:?}");
        assert!(told[1].starts_with("Workspace locking is read-only") && told.len() == 2, "{told:?}");
        // Empty groups say nothing.
        let fields = ProjectFields { access: text("admin"), ..Default::default() };
        let mut problems = Problems::default();
        fields.check(None, &mut problems);
        assert!(problems.finish().is_ok());
    }

    #[test]
    fn custom_begins_with_what_was_in_force() {
        let current = (WorkspaceLevel::Plan, WorkspacePermissions::of(WorkspaceLevel::Plan));
        let fields = WorkspaceFields { access: text("custom"), variables: text("none"), ..Default::default() };
        let Ok(Given::ToWorkspace(level, permissions)) = checked(fields, Some(current)) else { panic!("refused") };
        assert_eq!(
            (level, permissions.runs, permissions.variables),
            (WorkspaceLevel::Custom, Runs::Plan, Variables::None)
        );
        // A new one begins with little, and a fixed level is what it always is.
        let fields = WorkspaceFields { access: text("custom"), ..Default::default() };
        let new = Given::ToWorkspace(WorkspaceLevel::Custom, WorkspacePermissions::of(WorkspaceLevel::Custom));
        assert_eq!(checked(fields, None), Ok(new));
        let fields = WorkspaceFields { access: text("read"), ..Default::default() };
        let read = Given::ToWorkspace(WorkspaceLevel::Read, WorkspacePermissions::of(WorkspaceLevel::Read));
        assert_eq!(checked(fields, Some((level, permissions))), Ok(read));
    }

    #[test]
    fn what_is_not_a_level_or_a_permission() {
        for access in [Field::Absent, Field::Null, text("owner"), text("")] {
            assert_eq!(checked(WorkspaceFields { access, ..Default::default() }, None).unwrap_err().len(), 1);
        }
        let fields = WorkspaceFields { access: text("custom"), runs: text("none"), ..Default::default() };
        assert_eq!(checked(fields, None), Err(vec!["`runs` must be one of read, plan, apply.".to_owned()]));
    }
}
