//! What a caller sees of an organization's teams, and what it may do with each.

use super::{Action, OrganizationAccess};
use crate::domain::teams::team::{TeamDetails, Visibility};
use crate::domain::teams::team_access::TeamAccess;

/// How a caller stands to the teams of an organization.
#[derive(Debug)]
pub struct TeamSight {
    pub access: OrganizationAccess,
    /// The rows of the caller's own teams, or that of the team whose token it is.
    pub own: Vec<i64>,
    /// A team's token belongs to its team, but is none of its members.
    pub is_person: bool,
}

/// What a caller may do with a team. A caller who may do any of it sees the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeamRights {
    pub see: bool,
    pub manage: bool,
    pub destroy: bool,
    pub manage_access: bool,
    pub manage_membership: bool,
    pub manage_tokens: bool,
}

impl TeamSight {
    /// Secret teams that the caller is not in included.
    pub fn has_all(&self) -> bool {
        self.access.allows(Action::SeeSecretTeams)
    }

    /// Whether the caller sees the team in row `number` of the organization.
    pub fn sees(&self, number: i64, visibility: Visibility) -> bool {
        let is_visible = self.access.allows(Action::SeeOrganization) && visibility == Visibility::Organization;
        self.own.contains(&number) || is_visible || self.has_all()
    }

    /// Members see the access of their own teams; who manages access sees that of all teams that they see.
    pub fn sees_access(&self, of: &TeamAccess, manages: bool) -> bool {
        self.own.contains(&of.team.number) || (manages && self.sees(of.team.number, of.team_visibility))
    }

    pub fn rights(&self, of: &TeamDetails) -> TeamRights {
        let allows = |action| self.access.allows(action);
        let is_own = self.own.contains(&of.team.number);
        let see = self.sees(of.team.number, of.settings.visibility);
        if of.team.is_owners() {
            let is_owner = allows(Action::ManageOwnersTeam);
            return TeamRights {
                see,
                manage: is_owner,
                destroy: false,
                manage_access: false,
                manage_membership: is_owner,
                manage_tokens: is_owner,
            };
        }
        let manage = see && allows(Action::ManageTeams);
        let manages_as_member = is_own && self.is_person && of.settings.allow_member_token_management;
        TeamRights {
            see,
            manage,
            destroy: manage,
            manage_access: manage && allows(Action::ManageOrganizationAccess),
            manage_membership: see && allows(Action::ManageMemberships),
            manage_tokens: manage || manages_as_member,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{OrganizationId, TeamId};
    use crate::domain::permissions::{OrganizationPermissions, Permission};
    use crate::domain::sources::Sources;
    use crate::domain::teams::team::{OWNERS, Team, TeamSettings};

    fn team(name: &str, visibility: Visibility) -> TeamDetails {
        let team = Team {
            number: 7,
            id: TeamId::generate(&Sources::system()),
            name: name.to_owned(),
            organization: 1,
            organization_id: OrganizationId::generate(&Sources::system()),
            organization_name: "acme".to_owned(),
        };
        TeamDetails { team, settings: TeamSettings { visibility, ..TeamSettings::default() }, members: vec![] }
    }

    fn sight(access: OrganizationAccess, own: &[i64]) -> TeamSight {
        TeamSight { access, own: own.to_vec(), is_person: true }
    }

    fn member(permissions: &[Permission]) -> OrganizationAccess {
        OrganizationAccess::member(OrganizationPermissions::of(permissions))
    }

    const NOTHING: TeamRights = TeamRights {
        see: false,
        manage: false,
        destroy: false,
        manage_access: false,
        manage_membership: false,
        manage_tokens: false,
    };

    #[test]
    fn secret_teams_are_seen_by_their_members_and_who_manages_teams() {
        let (secret, visible) = (team("ops", Visibility::Secret), team("ops", Visibility::Organization));
        assert_eq!(sight(member(&[]), &[]).rights(&secret), NOTHING);
        assert_eq!(sight(member(&[Permission::ManageMembership]), &[]).rights(&secret), NOTHING);
        assert_eq!(sight(OrganizationAccess::Outsider, &[]).rights(&visible), NOTHING);
        for access in [
            member(&[Permission::AccessSecretTeams]),
            member(&[Permission::ManageTeams]),
            OrganizationAccess::OrganizationToken,
            OrganizationAccess::Owner,
        ] {
            assert!(sight(access, &[]).rights(&secret).see, "{access:?}");
        }
        let own = sight(member(&[]), &[7]).rights(&secret);
        assert_eq!(own, TeamRights { see: true, manage_tokens: true, ..NOTHING });
        assert_eq!(sight(member(&[]), &[]).rights(&visible), TeamRights { see: true, ..NOTHING });
    }

    #[test]
    fn members_manage_tokens_where_the_team_lets_them_and_the_teams_token_does_not() {
        let mut ops = team("ops", Visibility::Secret);
        let token = TeamSight { access: member(&[]), own: vec![7], is_person: false };
        assert!(token.rights(&ops).see && !token.rights(&ops).manage_tokens);
        ops.settings.allow_member_token_management = false;
        assert!(!sight(member(&[]), &[7]).rights(&ops).manage_tokens);
        assert!(sight(member(&[Permission::ManageTeams]), &[7]).rights(&ops).manage_tokens);
    }

    #[test]
    fn only_owners_manage_owners_and_nobody_ends_them() {
        let owners = team(OWNERS, Visibility::Organization);
        for access in [member(&[Permission::ManageOrganizationAccess]), OrganizationAccess::OrganizationToken] {
            assert_eq!(sight(access, &[]).rights(&owners), TeamRights { see: true, ..NOTHING }, "{access:?}");
        }
        let rights = sight(OrganizationAccess::Owner, &[7]).rights(&owners);
        assert!(rights.manage && rights.manage_membership && rights.manage_tokens);
        assert!(!rights.destroy && !rights.manage_access);
    }

    #[test]
    fn each_tier_contains_the_one_before() {
        let ops = team("ops", Visibility::Organization);
        let rights = |permission| sight(member(&[permission]), &[]).rights(&ops);
        let membership = TeamRights { see: true, manage_membership: true, ..NOTHING };
        let teams = TeamRights { manage: true, destroy: true, manage_tokens: true, ..membership };
        assert_eq!(rights(Permission::ManageMembership), membership);
        assert_eq!(rights(Permission::ManageTeams), teams);
        assert_eq!(rights(Permission::ManageOrganizationAccess), TeamRights { manage_access: true, ..teams });
    }
}
