//! Who may do what. The rules of an organization, as one table.

use super::error::{Error, Result};
use super::id::OrganizationId;
use super::team::Team;
use super::user::User;

/// Whose token came with the request.
#[derive(Clone, Debug)]
pub enum Caller {
    User(User),
    Team(Team),
    Organization { number: i64, id: OrganizationId, name: String },
}

impl Caller {
    /// Only people make organizations; the tokens of teams and organizations belong to one already.
    pub fn may_create_organizations(&self) -> Result<&User> {
        match self {
            Caller::User(user) => Ok(user),
            Caller::Team(_) | Caller::Organization { .. } => Err(Error::not_found()),
        }
    }
}

/// What somebody wants to do within an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    SeeOrganization,
    SeeVcsConnections,
    ManageVcsConnections,
    SeeWorkspaces,
    ManageWorkspaces,
}

/// How a caller stands to an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A member of the owners team, or that team's own token.
    Owner,
    /// The organization's own token: most resources, but not the organization's settings.
    OrganizationToken,
    /// Everybody else, for whom the organization does not exist.
    Outsider,
}

impl Standing {
    pub fn allows(self, action: Action) -> bool {
        use Action::*;
        match (self, action) {
            (Standing::Owner, _) => true,
            (Standing::OrganizationToken, SeeOrganization | SeeVcsConnections | SeeWorkspaces) => true,
            (Standing::OrganizationToken, ManageVcsConnections | ManageWorkspaces) => true,
            (Standing::Outsider, _) => false,
        }
    }

    /// `NotFound` for what is not allowed: the answer must not tell that there is something to be refused.
    pub fn may(self, action: Action) -> Result<()> {
        if self.allows(action) { Ok(()) } else { Err(Error::not_found()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [Action; 5] = [
        Action::SeeOrganization,
        Action::SeeVcsConnections,
        Action::ManageVcsConnections,
        Action::SeeWorkspaces,
        Action::ManageWorkspaces,
    ];

    #[test]
    fn an_outsider_may_nothing_and_is_told_that_there_is_nothing() {
        for action in ACTIONS {
            assert!(Standing::Owner.allows(action) && Standing::OrganizationToken.allows(action), "{action:?}");
            let refused = Standing::Outsider.may(action).unwrap_err();
            assert_eq!(refused.problems, Error::not_found().problems, "{action:?}");
        }
    }

    #[test]
    fn organizations_are_made_by_people() {
        let id = OrganizationId::generate();
        let organization = Caller::Organization { number: 1, id, name: "acme".to_owned() };
        assert!(organization.may_create_organizations().is_err());
    }
}
