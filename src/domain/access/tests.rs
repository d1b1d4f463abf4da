use super::*;
use crate::domain::sources::Sources;
use crate::domain::teams::levels::{ProjectLevel, ProjectPermissions, WorkspaceLevel, WorkspacePermissions};

/// What each kind of caller may do, beside what everybody of that kind may.
fn allowed(access: OrganizationAccess) -> Vec<Action> {
    Action::ALL.iter().copied().filter(|action| access.allows(*action)).collect()
}

#[test]
fn owners_may_everything_and_outsiders_nothing() {
    assert_eq!(allowed(OrganizationAccess::Owner), Action::ALL);
    for action in Action::ALL {
        let refused = OrganizationAccess::Outsider.may(*action).unwrap_err();
        assert_eq!(refused.problems, Error::not_found().problems, "{action:?}");
    }
}

/// What else it may is in the matrix of the black-box tests, as is what needs `manage-vcs-settings` and nothing else.
#[test]
fn an_organizations_token_may_not_change_what_it_belongs_to_nor_make_owners() {
    let token = OrganizationAccess::OrganizationToken;
    assert!(!token.allows(Action::ManageOrganization) && !token.allows(Action::ManageOwnersTeam));
}

#[test]
fn each_permission_gives_its_own_and_no_more() {
    let everybody = [
        Action::SeeOrganization,
        Action::SeeRunTasks,
        Action::SeePolicySets,
        Action::SeeRegistryModules,
        Action::SeeAgentPools,
        Action::SeeMemberships,
    ];
    assert_eq!(allowed(OrganizationAccess::member(OrganizationPermissions::default())), everybody);
    let needs_vcs_settings =
        |action: Action| matches!(action.rule().members, Members::With([Permission::ManageVcsSettings]));
    use Action::*;
    for permission in Permission::ALL {
        let expected: &[Action] = match permission {
            Permission::ManageVcsSettings => &[SeeVcsConnections],
            Permission::ManageWorkspaces => &[
                SeeVcsConnections,
                SeeWorkspaces,
                CreateWorkspaces,
                ManageWorkspaces,
                LockWorkspaces,
                DeleteWorkspaces,
                SeeVariables,
                ManageVariables,
                SeeVariableSets,
                ManageVariableSets,
                SeeRunTriggers,
                ManageRunTriggers,
                ManageWorkspaceTasks,
            ],
            Permission::ReadWorkspaces => &[SeeWorkspaces, SeeVariables, SeeVariableSets, SeeRunTriggers],
            Permission::ManageProjects => &[
                SeeProjects,
                ManageProjects,
                DeleteProjects,
                SeeProjectTeams,
                ManageProjectTeams,
                MoveWorkspaces,
                SeeVariableSets,
                ManageVariableSets,
                ManageStacks,
            ],
            Permission::ReadProjects => &[SeeProjects, SeeVariableSets],
            Permission::ManageRunTasks => &[ManageRunTasks],
            Permission::ManageAgentPools => &[SeeProjects, SeeWorkspaces, SeeRunTriggers, ManageAgentPools],
            Permission::ManageMembership => &[ManageMemberships],
            Permission::ManageTeams => &[ManageMemberships, ManageTeams, SeeSecretTeams],
            Permission::ManageOrganizationAccess => {
                &[ManageMemberships, ManageTeams, ManageOrganizationAccess, SeeSecretTeams]
            }
            Permission::AccessSecretTeams => &[SeeSecretTeams],
            Permission::ManagePolicies => &[ManagePolicySets],
            Permission::ManageModules => &[ManageRegistryModules],
            Permission::ManagePolicyOverrides
            | Permission::DelegatePolicyOverrides
            | Permission::ManageProviders
            | Permission::ManageRegistryComponents
            | Permission::ManageRegistryArtifactTags
            | Permission::ManageRegistryArtifactVersionTags => &[],
        };
        let member = OrganizationAccess::member(OrganizationPermissions::of(&[*permission]));
        let mut own = allowed(member);
        own.retain(|action| !everybody.contains(action) && !needs_vcs_settings(*action));
        assert_eq!(own, expected, "{}", permission.key());
    }
}

#[test]
fn no_permission_gives_what_only_owners_may() {
    let given = |action: &Action| {
        let mut permissions = Permission::ALL.iter().map(|permission| OrganizationPermissions::of(&[*permission]));
        permissions.any(|permission| OrganizationAccess::member(permission).allows(*action))
    };
    let by_none: Vec<_> = Action::ALL.iter().copied().filter(|action| !given(action)).collect();
    use Action::*;
    assert_eq!(by_none, [ManageOrganization, ManageOrganizationToken, ForceDeleteWorkspaces, ManageOwnersTeam]);
}

#[test]
fn team_access_counts_where_it_is_given() {
    use Action::*;
    let own = |level: ProjectLevel| {
        let grants = ProjectPermissions::of(level).grants(level);
        let access = OrganizationAccess::member(OrganizationPermissions::default()).with_grants(grants);
        let mut own = allowed(access);
        let everybody =
            [SeeOrganization, SeeAgentPools, SeeMemberships, SeeRunTasks, SeePolicySets, SeeRegistryModules];
        own.retain(|action| !everybody.contains(action));
        own
    };
    assert_eq!(own(ProjectLevel::Read), [SeeProjects, SeeWorkspaces, SeeVariables]);
    let writes = [
        SeeProjects,
        SeeWorkspaces,
        LockWorkspaces,
        SeeVariables,
        ManageVariables,
        SeeVariableSets,
        ManageVariableSets,
    ];
    assert_eq!(own(ProjectLevel::Write), writes);
    let maintains = [
        SeeProjects,
        SeeWorkspaces,
        CreateWorkspaces,
        ManageWorkspaces,
        LockWorkspaces,
        DeleteWorkspaces,
        SeeVariables,
        ManageVariables,
        SeeVariableSets,
        ManageVariableSets,
        ManageWorkspaceTasks,
        ManageStacks,
    ];
    assert_eq!(own(ProjectLevel::Maintain), maintains);
    let mut administers = Action::ALL.to_vec();
    administers.retain(|action| {
        maintains.contains(action)
            || matches!(action, ManageProjects | DeleteProjects | SeeProjectTeams | ManageProjectTeams | MoveWorkspaces)
    });
    assert_eq!(own(ProjectLevel::Admin), administers);
    let grants = WorkspacePermissions::of(WorkspaceLevel::Admin).grants(WorkspaceLevel::Admin);
    let nothing = OrganizationAccess::member(OrganizationPermissions::default());
    assert!(nothing.with_grants(grants).allows(ManageWorkspaces));
    // Elsewhere in the organization it is enough to pick a connection, and for no more.
    let elsewhere = nothing.with_grants_anywhere(grants);
    assert!(elsewhere.allows(SeeVcsConnections) && !elsewhere.allows(SeeWorkspaces));
    assert!(!elsewhere.allows(ManageVcsConnections) && !elsewhere.allows(ManageWorkspaces));
    assert_eq!(OrganizationAccess::Outsider.with_grants(grants), OrganizationAccess::Outsider);
}

#[test]
fn organizations_are_made_by_people_and_the_site_is_run_by_its_admins() {
    let id = OrganizationId::generate(&Sources::system());
    let organization = Caller::Organization { number: 1, id, name: "acme".to_owned() };
    assert!(organization.may_create_organizations().is_err());
    assert!(organization.may_administer_the_site().is_err());
}
