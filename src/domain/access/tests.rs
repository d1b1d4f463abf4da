use super::*;
use crate::domain::sources::Sources;
use crate::domain::teams::levels::{ProjectLevel, ProjectPermissions, WorkspaceLevel, WorkspacePermissions};

/// What each kind of caller may do, beside what everybody of that kind may.
fn allowed(access: OrganizationAccess, actions: &[Action]) -> Vec<Action> {
    actions.iter().copied().filter(|action| access.allows(*action)).collect()
}

const ACTIONS: &[Action] = &[
    Action::SeeOrganization,
    Action::ManageOrganization,
    Action::ManageOrganizationToken,
    Action::SeeVcsConnections,
    Action::ManageVcsConnections,
    Action::ManageSshKeys,
    Action::SeeProjects,
    Action::ManageProjects,
    Action::DeleteProjects,
    Action::SeeProjectTeams,
    Action::ManageProjectTeams,
    Action::SeeWorkspaces,
    Action::CreateWorkspaces,
    Action::ManageWorkspaces,
    Action::LockWorkspaces,
    Action::MoveWorkspaces,
    Action::DeleteWorkspaces,
    Action::ForceDeleteWorkspaces,
    Action::SeeVariables,
    Action::ManageVariables,
    Action::SeeVariableSets,
    Action::ManageVariableSets,
    Action::SeeRunTriggers,
    Action::ManageRunTriggers,
    Action::SeeRunTasks,
    Action::ManageRunTasks,
    Action::ManageWorkspaceTasks,
    Action::SeePolicySets,
    Action::ManagePolicySets,
    Action::ManageStacks,
    Action::SeeRegistryModules,
    Action::ManageRegistryModules,
    Action::SeeAgentPools,
    Action::ManageAgentPools,
    Action::SeeMemberships,
    Action::ManageMemberships,
    Action::SeeSecretTeams,
    Action::ManageTeams,
    Action::ManageOrganizationAccess,
    Action::ManageOwnersTeam,
];

#[test]
fn owners_may_everything_and_outsiders_nothing() {
    assert_eq!(allowed(OrganizationAccess::Owner, ACTIONS), ACTIONS);
    for action in ACTIONS {
        let refused = OrganizationAccess::Outsider.may(*action).unwrap_err();
        assert_eq!(refused.problems, Error::not_found().problems, "{action:?}");
    }
}

#[test]
fn an_organizations_token_may_not_change_what_it_belongs_to_nor_make_owners() {
    let token = OrganizationAccess::OrganizationToken;
    let refused: Vec<_> = ACTIONS.iter().copied().filter(|action| !token.allows(*action)).collect();
    use Action::*;
    assert_eq!(refused, [ManageOrganization, ManageSshKeys, ManageRegistryModules, ManageOwnersTeam]);
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
    assert_eq!(allowed(OrganizationAccess::member(OrganizationPermissions::default()), ACTIONS), everybody);
    use Action::*;
    for permission in Permission::ALL {
        let expected: &[Action] = match permission {
            Permission::ManageVcsSettings => &[SeeVcsConnections, ManageVcsConnections, ManageSshKeys],
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
            Permission::ManageTeams => &[ManageMemberships, SeeSecretTeams, ManageTeams],
            Permission::ManageOrganizationAccess => {
                &[ManageMemberships, SeeSecretTeams, ManageTeams, ManageOrganizationAccess]
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
        let mut own = allowed(member, ACTIONS);
        own.retain(|action| !everybody.contains(action));
        assert_eq!(own, expected, "{}", permission.key());
    }
}

#[test]
fn team_access_counts_where_it_is_given() {
    use Action::*;
    let own = |level: ProjectLevel| {
        let grants = ProjectPermissions::of(level).grants(level);
        let access = OrganizationAccess::member(OrganizationPermissions::default()).with_grants(grants);
        let mut own = allowed(access, ACTIONS);
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
    let mut administers = ACTIONS.to_vec();
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
