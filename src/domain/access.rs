//! Who may do what in an organization, as one table.

pub mod issued_token;
#[cfg(test)]
mod tests;
pub mod visibility;

use super::accounts::user::User;
use super::error::{Error, Result};
use super::id::OrganizationId;
use super::permissions::{OrganizationPermissions, Permission};
use super::teams::grants::{Grant, Grants};
use super::teams::team::Team;

/// The owner of the request's token or session.
#[derive(Clone, Debug)]
pub enum Caller {
    User(User),
    /// A user at a page, in person: also where an organization does not take the tokens of users.
    Person(User),
    Team(Team),
    Organization {
        number: i64,
        id: OrganizationId,
        name: String,
    },
}

impl Caller {
    /// As on the wire.
    pub fn id(&self) -> &str {
        match self {
            Caller::User(user) | Caller::Person(user) => user.id.as_str(),
            Caller::Team(team) => team.id.as_str(),
            Caller::Organization { id, .. } => id.as_str(),
        }
    }

    /// The requests of a user, or of all tokens of an organization and its teams, share one key: one place in the fair queue
    /// of changes, and one share of slow reads.
    pub fn fairness_key(&self) -> &str {
        match self {
            Caller::User(user) | Caller::Person(user) => user.id.as_str(),
            Caller::Team(team) => team.organization_id.as_str(),
            Caller::Organization { id, .. } => id.as_str(),
        }
    }

    /// Only people make organizations; the tokens of teams and organizations belong to one already.
    pub fn may_create_organizations(&self) -> Result<&User> {
        match self {
            Caller::User(user) | Caller::Person(user) => Ok(user),
            Caller::Team(_) | Caller::Organization { .. } => Err(Error::refused()),
        }
    }

    /// Who runs the installation. `NotFound` for everybody else.
    pub fn may_administer_the_site(&self) -> Result<()> {
        match self {
            Caller::User(user) | Caller::Person(user) if user.is_site_admin => Ok(()),
            _ => Err(Error::refused()),
        }
    }
}

/// The access that a caller has to an organization, or to a project or workspace in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationAccess {
    /// A member of the owners team, or that team's own token.
    Owner,
    /// The organization's own token.
    OrganizationToken,
    /// A member of the organization, or a team's token, with what the teams give.
    Member(MemberAccess),
    /// All other callers: the organization does not exist for them.
    Outsider,
}

/// What the teams of a member give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberAccess {
    permissions: OrganizationPermissions,
    /// By team access to the project or workspace that it is about.
    here: Grants,
    /// By team access to any project or workspace of the organization.
    anywhere: Grants,
}

/// Who may do something besides the owners.
struct Rule {
    members: Members,
    organization_token: bool,
    /// Members whose team access to the project or workspace gives one of these.
    here: &'static [Grant],
    /// Members whose team access to any project or workspace does.
    anywhere: &'static [Grant],
}

impl Rule {
    fn or(self, here: &'static [Grant]) -> Rule {
        Rule { here, ..self }
    }

    fn or_anywhere(self, anywhere: &'static [Grant]) -> Rule {
        Rule { anywhere, ..self }
    }
}

enum Members {
    All,
    /// Whose teams have one of these.
    With(&'static [Permission]),
    None,
}

fn rule(members: Members, organization_token: bool) -> Rule {
    Rule { members, organization_token, here: &[], anywhere: &[] }
}

/// One list: the actions, and who may do them.
macro_rules! actions {
    ($($(#[$about:meta])* $action:ident => $rule:expr,)*) => {
        /// What a caller wants to do within an organization.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$about])* $action,)*
        }

        impl Action {
            #[cfg(test)]
            const ALL: &[Action] = &[$(Action::$action,)*];

            fn rule(self) -> Rule {
                use Members::{All, None, With};
                use {Grant as G, Permission as P};
                match self {
                    $(Action::$action => $rule,)*
                }
            }
        }
    };
}

#[rustfmt::skip]
actions! {
    //                               members                                         the organization's token, team access
    SeeOrganization          => rule(All,                                            true),
    ManageOrganization       => rule(None,                                           false),
    ManageOrganizationToken  => rule(None,                                           true),
    // To configure a workspace, a caller must be able to pick a connection.
    SeeVcsConnections        => rule(With(&[P::ManageVcsSettings, P::ManageWorkspaces]), true)
                                    .or_anywhere(&[G::AdministerWorkspace, G::CreateWorkspaces]),
    ManageVcsConnections     => rule(With(&[P::ManageVcsSettings]),                  true),
    ManageSshKeys            => rule(With(&[P::ManageVcsSettings]),                  false),
    SeeProjects              => rule(With(&[P::ReadProjects, P::ManageProjects, P::ManageAgentPools]), true)
                                    .or(&[G::SeeProject]),
    ManageProjects           => rule(With(&[P::ManageProjects]),                     true).or(&[G::UpdateProject]),
    DeleteProjects           => rule(With(&[P::ManageProjects]),                     true).or(&[G::DeleteProject]),
    SeeProjectTeams          => rule(With(&[P::ManageProjects]),                     true).or(&[G::ReadProjectTeams]),
    ManageProjectTeams       => rule(With(&[P::ManageProjects]),                     true).or(&[G::ManageProjectTeams]),
    SeeWorkspaces            => rule(With(&[P::ReadWorkspaces, P::ManageWorkspaces, P::ManageAgentPools]), true)
                                    .or(&[G::SeeWorkspace]),
    // In an organization it is asked first whether there is a project to create one in.
    CreateWorkspaces         => rule(With(&[P::ManageWorkspaces]),                   true)
                                    .or(&[G::CreateWorkspaces]).or_anywhere(&[G::CreateWorkspaces]),
    ManageWorkspaces         => rule(With(&[P::ManageWorkspaces]),                   true).or(&[G::AdministerWorkspace]),
    LockWorkspaces           => rule(With(&[P::ManageWorkspaces]),                   true)
                                    .or(&[G::LockWorkspace, G::AdministerWorkspace]),
    /// From this project and into it.
    MoveWorkspaces           => rule(With(&[P::ManageProjects]),                     true).or(&[G::MoveWorkspaces]),
    DeleteWorkspaces         => rule(With(&[P::ManageWorkspaces]),                   true).or(&[G::DeleteWorkspace]),
    /// To delete a workspace that may manage resources, where the organization does not allow that to all who manage
    /// workspaces.
    ForceDeleteWorkspaces    => rule(None,                                           true),
    // Values are a matter of those who read the workspace, not of those who only give agents to it.
    SeeVariables             => rule(With(&[P::ReadWorkspaces, P::ManageWorkspaces]), true).or(&[G::ReadVariables]),
    ManageVariables          => rule(With(&[P::ManageWorkspaces]),                   true).or(&[G::WriteVariables]),
    SeeVariableSets          => rule(With(&[P::ReadWorkspaces, P::ManageWorkspaces, P::ReadProjects,
                                            P::ManageProjects]),                     true).or(&[G::ReadVariableSets]),
    ManageVariableSets       => rule(With(&[P::ManageWorkspaces, P::ManageProjects]), true).or(&[G::WriteVariableSets]),
    // Two workspaces take part in a trigger: team access to one of them is not enough.
    SeeRunTriggers           => rule(With(&[P::ReadWorkspaces, P::ManageWorkspaces, P::ManageAgentPools]), true),
    ManageRunTriggers        => rule(With(&[P::ManageWorkspaces]),                   true),
    SeeRunTasks              => rule(All,                                            true),
    ManageRunTasks           => rule(With(&[P::ManageRunTasks]),                     true),
    /// Which of the organization's tasks a workspace has.
    ManageWorkspaceTasks     => rule(With(&[P::ManageWorkspaces]),                   true).or(&[G::ManageRunTasks]),
    SeePolicySets            => rule(All,                                            true),
    ManagePolicySets         => rule(With(&[P::ManagePolicies]),                     true),
    ManageStacks             => rule(With(&[P::ManageProjects]),                     true).or(&[G::CreateWorkspaces]),
    SeeRegistryModules       => rule(All,                                            true),
    ManageRegistryModules    => rule(With(&[P::ManageModules]),                      false),
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
    /// Its members and its tokens make owners.
    ManageOwnersTeam         => rule(None,                                           false),
}

impl Action {
    /// Whether team access to any project or workspace of the organization may be enough for it.
    pub fn counts_anywhere(self) -> bool {
        !self.rule().anywhere.is_empty()
    }
}

impl OrganizationAccess {
    pub fn member(permissions: OrganizationPermissions) -> OrganizationAccess {
        OrganizationAccess::Member(MemberAccess { permissions, ..MemberAccess::default() })
    }

    pub fn is_member(self) -> bool {
        matches!(self, OrganizationAccess::Member(_))
    }

    /// What another team makes of a member.
    pub fn and_permissions(self, permissions: OrganizationPermissions) -> OrganizationAccess {
        match self {
            OrganizationAccess::Owner => OrganizationAccess::Owner,
            OrganizationAccess::Member(access) => {
                let permissions = access.permissions.and(permissions);
                OrganizationAccess::Member(MemberAccess { permissions, ..access })
            }
            OrganizationAccess::Outsider | OrganizationAccess::OrganizationToken => {
                OrganizationAccess::member(permissions)
            }
        }
    }

    /// The same caller's access to a project or workspace where team access gives `here`.
    pub fn with_grants(self, here: Grants) -> OrganizationAccess {
        match self {
            OrganizationAccess::Member(access) => OrganizationAccess::Member(MemberAccess { here, ..access }),
            other => other,
        }
    }

    /// The same caller's access without what team access gives: for what is shown of other workspaces and projects.
    pub fn in_organization(self) -> OrganizationAccess {
        self.with_grants(Grants::default()).with_grants_anywhere(Grants::default())
    }

    /// The same caller's access where team access gives this anywhere in the organization.
    pub fn with_grants_anywhere(self, anywhere: Grants) -> OrganizationAccess {
        match self {
            OrganizationAccess::Member(access) => OrganizationAccess::Member(MemberAccess { anywhere, ..access }),
            other => other,
        }
    }

    pub fn allows(self, action: Action) -> bool {
        let rule = action.rule();
        match self {
            OrganizationAccess::Owner => true,
            OrganizationAccess::OrganizationToken => rule.organization_token,
            OrganizationAccess::Member(access) => {
                let by_permissions = match rule.members {
                    Members::All => true,
                    Members::With(permissions) => access.permissions.has_any(permissions),
                    Members::None => false,
                };
                by_permissions || access.here.has_any(rule.here) || access.anywhere.has_any(rule.anywhere)
            }
            OrganizationAccess::Outsider => false,
        }
    }

    /// `NotFound` for what is not allowed: the answer must not tell that there is something to be refused.
    pub fn may(self, action: Action) -> Result<()> {
        if self.allows(action) { Ok(()) } else { Err(Error::refused()) }
    }
}
