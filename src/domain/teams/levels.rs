//! The levels of team access, and the permissions that each of them stands for.

use serde::{Deserialize, Serialize};

use super::grants::{Grant, Grants};

/// One of a few words on the wire and in the store.
pub trait Word: Copy + PartialEq {
    const NAMES: &'static [&'static str];

    fn from_name(name: &str) -> Option<Self>;

    fn name(self) -> &'static str;
}

macro_rules! words {
    ($($(#[$doc:meta])* $type:ident { $($word:ident = $name:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Serialize, Deserialize)]
        pub enum $type { $(#[serde(rename = $name)] $word,)* }

        impl Word for $type {
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn from_name(name: &str) -> Option<$type> {
                match name { $($name => Some($type::$word),)* _ => None }
            }

            fn name(self) -> &'static str {
                match self { $($type::$word => $name,)* }
            }
        }
    )*};
}

words! {
    WorkspaceLevel { Read = "read", Plan = "plan", Write = "write", Admin = "admin", Custom = "custom", }
    ProjectLevel { Read = "read", Write = "write", Maintain = "maintain", Admin = "admin", Custom = "custom", }
    // Each word contains those before it.
    Runs { Read = "read", Plan = "plan", Apply = "apply", }
    Variables { None = "none", Read = "read", Write = "write", }
    StateVersions { None = "none", ReadOutputs = "read-outputs", Read = "read", Write = "write", }
    SentinelMocks { None = "none", Read = "read", }
    Settings { Read = "read", Update = "update", Delete = "delete", }
    Teams { None = "none", Read = "read", Manage = "manage", }
}

/// What a team may do with a workspace. Runs, states and mocks do not exist here; clients set and read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WorkspacePermissions {
    pub runs: Runs,
    pub variables: Variables,
    pub state_versions: StateVersions,
    pub sentinel_mocks: SentinelMocks,
    pub workspace_locking: bool,
    pub run_tasks: bool,
    pub policy_overrides: bool,
}

impl WorkspacePermissions {
    /// Of the level `custom` where nothing else is said; for the other levels what they always are.
    pub fn of(level: WorkspaceLevel) -> WorkspacePermissions {
        let (runs, variables, state_versions, sentinel_mocks) = match level {
            WorkspaceLevel::Read => (Runs::Read, Variables::Read, StateVersions::Read, SentinelMocks::None),
            WorkspaceLevel::Plan => (Runs::Plan, Variables::Read, StateVersions::Read, SentinelMocks::None),
            WorkspaceLevel::Write | WorkspaceLevel::Admin => {
                (Runs::Apply, Variables::Write, StateVersions::Write, SentinelMocks::Read)
            }
            WorkspaceLevel::Custom => (Runs::Read, Variables::None, StateVersions::None, SentinelMocks::None),
        };
        WorkspacePermissions {
            runs,
            variables,
            state_versions,
            sentinel_mocks,
            workspace_locking: matches!(level, WorkspaceLevel::Write | WorkspaceLevel::Admin),
            run_tasks: level == WorkspaceLevel::Admin,
            policy_overrides: false,
        }
    }

    pub fn grants(&self, level: WorkspaceLevel) -> Grants {
        let is_admin = level == WorkspaceLevel::Admin;
        Grants::of(&[Grant::SeeWorkspace])
            .with_if(Grant::ReadVariables, self.variables >= Variables::Read)
            .with_if(Grant::WriteVariables, self.variables >= Variables::Write)
            .with_if(Grant::LockWorkspace, self.workspace_locking)
            .with_if(Grant::ManageRunTasks, self.run_tasks)
            .with_if(Grant::AdministerWorkspace, is_admin)
            .with_if(Grant::DeleteWorkspace, is_admin)
    }
}

/// What a team may do with a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProjectAccess {
    pub settings: Settings,
    pub teams: Teams,
    pub variable_sets: Variables,
}

/// What it may do with each of the project's workspaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WorkspaceAccess {
    pub runs: Runs,
    pub variables: Variables,
    pub state_versions: StateVersions,
    pub sentinel_mocks: SentinelMocks,
    pub create: bool,
    pub locking: bool,
    pub delete: bool,
    pub r#move: bool,
    pub run_tasks: bool,
    pub policy_overrides: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProjectPermissions {
    pub project_access: ProjectAccess,
    pub workspace_access: WorkspaceAccess,
}

impl ProjectPermissions {
    /// As for workspaces.
    pub fn of(level: ProjectLevel) -> ProjectPermissions {
        use ProjectLevel::{Admin, Custom, Maintain, Read, Write};
        let works = matches!(level, Write | Maintain | Admin);
        let maintains = matches!(level, Maintain | Admin);
        let is_admin = level == Admin;
        let (variables, state_versions) = match level {
            Read => (Variables::Read, StateVersions::Read),
            Write | Maintain | Admin => (Variables::Write, StateVersions::Write),
            Custom => (Variables::None, StateVersions::None),
        };
        ProjectPermissions {
            project_access: ProjectAccess {
                settings: if is_admin { Settings::Delete } else { Settings::Read },
                teams: if is_admin { Teams::Manage } else { Teams::None },
                variable_sets: if works { Variables::Write } else { Variables::None },
            },
            workspace_access: WorkspaceAccess {
                runs: if works { Runs::Apply } else { Runs::Read },
                variables,
                state_versions,
                sentinel_mocks: if works { SentinelMocks::Read } else { SentinelMocks::None },
                create: maintains,
                locking: works,
                delete: maintains,
                r#move: is_admin,
                run_tasks: maintains,
                policy_overrides: false,
            },
        }
    }

    pub fn grants(&self, level: ProjectLevel) -> Grants {
        let ProjectPermissions { project_access: project, workspace_access: workspaces } = self;
        Grants::of(&[Grant::SeeProject, Grant::SeeWorkspace])
            .with_if(Grant::UpdateProject, project.settings >= Settings::Update)
            .with_if(Grant::DeleteProject, project.settings >= Settings::Delete)
            .with_if(Grant::ReadProjectTeams, project.teams >= Teams::Read)
            .with_if(Grant::ManageProjectTeams, project.teams >= Teams::Manage)
            .with_if(Grant::ReadVariableSets, project.variable_sets >= Variables::Read)
            .with_if(Grant::WriteVariableSets, project.variable_sets >= Variables::Write)
            .with_if(Grant::ReadVariables, workspaces.variables >= Variables::Read)
            .with_if(Grant::WriteVariables, workspaces.variables >= Variables::Write)
            .with_if(Grant::LockWorkspace, workspaces.locking)
            .with_if(Grant::ManageRunTasks, workspaces.run_tasks)
            .with_if(Grant::CreateWorkspaces, workspaces.create)
            .with_if(Grant::DeleteWorkspace, workspaces.delete)
            .with_if(Grant::MoveWorkspaces, workspaces.r#move)
            // No custom permission stands for it.
            .with_if(Grant::AdministerWorkspace, matches!(level, ProjectLevel::Maintain | ProjectLevel::Admin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_of_a_workspace_contains_the_one_before() {
        let levels = [WorkspaceLevel::Custom, WorkspaceLevel::Read, WorkspaceLevel::Write, WorkspaceLevel::Admin];
        let grants = levels.map(|level| WorkspacePermissions::of(level).grants(level));
        for pair in grants.windows(2) {
            assert!(pair[0] != pair[1] && pair[0].and(pair[1]) == pair[1]);
        }
        assert!(!grants[2].has_any(&[Grant::AdministerWorkspace, Grant::DeleteWorkspace, Grant::ManageRunTasks]));
        assert!(grants[2].has_any(&[Grant::LockWorkspace]) && grants[2].has_any(&[Grant::WriteVariables]));
    }

    #[test]
    fn each_level_of_a_project_contains_the_one_before() {
        use ProjectLevel::{Admin, Custom, Maintain, Read, Write};
        let grants = [Custom, Read, Write, Maintain, Admin].map(|level| ProjectPermissions::of(level).grants(level));
        for pair in grants.windows(2) {
            assert!(pair[0] != pair[1] && pair[0].and(pair[1]) == pair[1]);
        }
        assert!(grants[3].has_any(&[Grant::CreateWorkspaces]) && grants[3].has_any(&[Grant::AdministerWorkspace]));
        assert!(!grants[3].has_any(&[Grant::MoveWorkspaces, Grant::ManageProjectTeams, Grant::UpdateProject]));
        assert!(grants[4].has_any(&[Grant::MoveWorkspaces]) && grants[4].has_any(&[Grant::DeleteProject]));
    }

    #[test]
    fn no_custom_permissions_make_an_administrator() {
        let most = WorkspacePermissions { run_tasks: true, ..WorkspacePermissions::of(WorkspaceLevel::Admin) };
        assert!(!most.grants(WorkspaceLevel::Custom).has_any(&[Grant::AdministerWorkspace, Grant::DeleteWorkspace]));
        let most = ProjectPermissions::of(ProjectLevel::Admin).grants(ProjectLevel::Custom);
        assert!(!most.has_any(&[Grant::AdministerWorkspace]) && most.has_any(&[Grant::DeleteWorkspace]));
    }
}
