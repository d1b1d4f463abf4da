//! Who may do what in an organization, as one table.

use super::accounts::user::User;
use super::error::{Error, Result};
use super::id::OrganizationId;
use super::permissions::{OrganizationPermissions, Permission};
use super::teams::team::Team;

/// The owner of the request's token.
#[derive(Clone, Debug)]
pub enum Caller {
    User(User),
    Team(Team),
    Organization { number: i64, id: OrganizationId, name: String },
}

impl Caller {
    /// As on the wire.
    pub fn id(&self) -> &str {
        match self {
            Caller::User(user) => user.id.as_str(),
            Caller::Team(team) => team.id.as_str(),
            Caller::Organization { id, .. } => id.as_str(),
        }
    }

    /// Only people make organizations; the tokens of teams and organizations belong to one already.
    pub fn may_create_organizations(&self) -> Result<&User> {
        match self {
            Caller::User(user) => Ok(user),
            Caller::Team(_) | Caller::Organization { .. } => Err(Error::refused()),
        }
    }

    /// Who runs the installation. `NotFound` for everybody else.
    pub fn may_administer_the_site(&self) -> Result<()> {
        match self {
            Caller::User(user) if user.is_site_admin => Ok(()),
            _ => Err(Error::refused()),
        }
    }
}

/// The access that a caller has to an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationAccess {
    /// A member of the owners team, or that team's own token.
    Owner,
    /// The organization's own token.
    OrganizationToken,
    /// A member of the organization, or a team's token, with what the teams give.
    Member(OrganizationPermissions),
    /// All other callers: the organization does not exist for them.
    Outsider,
}

/// What a caller wants to do within an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    SeeOrganization,
    ManageOrganization,
    ManageOrganizationToken,
    SeeVcsConnections,
    ManageVcsConnections,
    ManageSshKeys,
    SeeProjects,
    ManageProjects,
    SeeWorkspaces,
    ManageWorkspaces,
    /// To delete a workspace that may manage resources, where the organization does not allow that to all who manage
    /// workspaces.
    ForceDeleteWorkspaces,
    SeeVariables,
    ManageVariables,
    SeeVariableSets,
    ManageVariableSets,
    SeeRunTasks,
    ManageRunTasks,
    /// Which of the organization's tasks a workspace has.
    ManageWorkspaceTasks,
    SeeAgentPools,
    ManageAgentPools,
    SeeMemberships,
    ManageMemberships,
    SeeSecretTeams,
    ManageTeams,
    ManageOrganizationAccess,
    /// Its members and its tokens make owners.
    ManageOwnersTeam,
}

/// Who may do something besides the owners.
struct Rule {
    members: Members,
    organization_token: bool,
}

enum Members {
    All,
    /// Whose teams have one of these.
    With(&'static [Permission]),
    None,
}

impl Action {
    #[rustfmt::skip]
    fn rule(self) -> Rule {
        use Action::*;
        use Members::{All, None, With};
        use Permission as P;
        let rule = |members, organization_token| Rule { members, organization_token };
        match self {
            //                               members                                         the organization's token
            SeeOrganization          => rule(All,                                            true),
            ManageOrganization       => rule(None,                                           false),
            ManageOrganizationToken  => rule(None,                                           true),
            // To configure a workspace, a caller must be able to pick a connection.
            SeeVcsConnections        => rule(With(&[P::ManageVcsSettings, P::ManageWorkspaces]), true),
            ManageVcsConnections     => rule(With(&[P::ManageVcsSettings]),                  true),
            ManageSshKeys            => rule(With(&[P::ManageVcsSettings]),                  false),
            SeeProjects              => rule(With(&[P::ReadProjects, P::ManageProjects, P::ManageAgentPools]), true),
            ManageProjects           => rule(With(&[P::ManageProjects]),                     true),
            SeeWorkspaces            => rule(With(&[P::ReadWorkspaces, P::ManageWorkspaces, P::ManageAgentPools]), true),
            ManageWorkspaces         => rule(With(&[P::ManageWorkspaces]),                   true),
            ForceDeleteWorkspaces    => rule(None,                                           true),
            // Values are a matter of those who read the workspace, not of those who only give agents to it.
            SeeVariables             => rule(With(&[P::ReadWorkspaces, P::ManageWorkspaces]), true),
            ManageVariables          => rule(With(&[P::ManageWorkspaces]),                   true),
            SeeVariableSets          => rule(With(&[P::ReadWorkspaces, P::ManageWorkspaces, P::ReadProjects,
                                                    P::ManageProjects]),                     true),
            ManageVariableSets       => rule(With(&[P::ManageWorkspaces, P::ManageProjects]), true),
            SeeRunTasks              => rule(All,                                            true),
            ManageRunTasks           => rule(With(&[P::ManageRunTasks]),                     true),
            ManageWorkspaceTasks     => rule(With(&[P::ManageWorkspaces]),                   true),
            SeeAgentPools            => rule(All,                                            true),
            ManageAgentPools         => rule(With(&[P::ManageAgentPools]),                   true),
            SeeMemberships           => rule(All,                                            true),
            // Of these three, each permission contains the one before it.
            ManageMemberships        => rule(With(&[P::ManageMembership, P::ManageTeams,
                                                    P::ManageOrganizationAccess]),           true),
            ManageTeams              => rule(With(&[P::ManageTeams, P::ManageOrganizationAccess]), true),
            ManageOrganizationAccess => rule(With(&[P::ManageOrganizationAccess]),           true),
            // A new team is secret by default; the caller who made it must be able to find it again.
            SeeSecretTeams           => rule(With(&[P::AccessSecretTeams, P::ManageTeams,
                                                    P::ManageOrganizationAccess]),           true),
            ManageOwnersTeam         => rule(None,                                           false),
        }
    }
}

impl OrganizationAccess {
    pub fn allows(self, action: Action) -> bool {
        let rule = action.rule();
        match (self, rule.members) {
            (OrganizationAccess::Owner, _) => true,
            (OrganizationAccess::OrganizationToken, _) => rule.organization_token,
            (OrganizationAccess::Member(_), Members::All) => true,
            (OrganizationAccess::Member(access), Members::With(permissions)) => access.has_any(permissions),
            (OrganizationAccess::Member(_), Members::None) | (OrganizationAccess::Outsider, _) => false,
        }
    }

    /// `NotFound` for what is not allowed: the answer must not tell that there is something to be refused.
    pub fn may(self, action: Action) -> Result<()> {
        if self.allows(action) { Ok(()) } else { Err(Error::refused()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sources::Sources;

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
        Action::SeeWorkspaces,
        Action::ManageWorkspaces,
        Action::ForceDeleteWorkspaces,
        Action::SeeVariables,
        Action::ManageVariables,
        Action::SeeVariableSets,
        Action::ManageVariableSets,
        Action::SeeRunTasks,
        Action::ManageRunTasks,
        Action::ManageWorkspaceTasks,
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
        assert_eq!(refused, [Action::ManageOrganization, Action::ManageSshKeys, Action::ManageOwnersTeam]);
    }

    #[test]
    fn each_permission_gives_its_own_and_no_more() {
        let everybody = [Action::SeeOrganization, Action::SeeRunTasks, Action::SeeAgentPools, Action::SeeMemberships];
        assert_eq!(allowed(OrganizationAccess::Member(OrganizationPermissions::default()), ACTIONS), everybody);
        use Action::*;
        for permission in Permission::ALL {
            let expected: &[Action] = match permission {
                Permission::ManageVcsSettings => &[SeeVcsConnections, ManageVcsConnections, ManageSshKeys],
                Permission::ManageWorkspaces => &[
                    SeeVcsConnections,
                    SeeWorkspaces,
                    ManageWorkspaces,
                    SeeVariables,
                    ManageVariables,
                    SeeVariableSets,
                    ManageVariableSets,
                    ManageWorkspaceTasks,
                ],
                Permission::ReadWorkspaces => &[SeeWorkspaces, SeeVariables, SeeVariableSets],
                Permission::ManageProjects => &[SeeProjects, ManageProjects, SeeVariableSets, ManageVariableSets],
                Permission::ReadProjects => &[SeeProjects, SeeVariableSets],
                Permission::ManageRunTasks => &[ManageRunTasks],
                Permission::ManageAgentPools => &[SeeProjects, SeeWorkspaces, ManageAgentPools],
                Permission::ManageMembership => &[ManageMemberships],
                Permission::ManageTeams => &[ManageMemberships, SeeSecretTeams, ManageTeams],
                Permission::ManageOrganizationAccess => {
                    &[ManageMemberships, SeeSecretTeams, ManageTeams, ManageOrganizationAccess]
                }
                Permission::AccessSecretTeams => &[SeeSecretTeams],
                Permission::ManagePolicies
                | Permission::ManagePolicyOverrides
                | Permission::DelegatePolicyOverrides
                | Permission::ManageProviders
                | Permission::ManageModules => &[],
            };
            let member = OrganizationAccess::Member(OrganizationPermissions::of(&[*permission]));
            let mut own = allowed(member, ACTIONS);
            own.retain(|action| !everybody.contains(action));
            assert_eq!(own, expected, "{}", permission.key());
        }
    }

    #[test]
    fn organizations_are_made_by_people_and_the_site_is_run_by_its_admins() {
        let id = OrganizationId::generate(&Sources::system());
        let organization = Caller::Organization { number: 1, id, name: "acme".to_owned() };
        assert!(organization.may_create_organizations().is_err());
        assert!(organization.may_administer_the_site().is_err());
    }
}
