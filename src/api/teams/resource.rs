//! A team as clients see it.

use serde::Serialize as Derived;
use serde::ser::{Serialize, Serializer};

use crate::api::jsonapi::document::{Elsewhere, Resource, SelfLink, ToMany, ToOne, related};
use crate::api::organizations;
use crate::domain::access::visibility::{TeamRights, TeamSight};
use crate::domain::permissions::{OrganizationPermissions, Permission};
use crate::domain::teams::team::{TeamDetails, TeamSettings};

pub const KIND: &str = "teams";

#[derive(Derived)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    name: String,
    users_count: usize,
    /// All are people.
    non_service_users_count: usize,
    visibility: &'static str,
    description: Option<String>,
    sso_team_id: Option<String>,
    allow_member_token_management: bool,
    organization_access: Access,
    permissions: Permissions,
}

/// Every key, true or false.
struct Access(OrganizationPermissions);

impl Serialize for Access {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(Permission::ALL.iter().map(|permission| (permission.key(), self.0.has(*permission))))
    }
}

struct Permissions {
    rights: TeamRights,
    is_owners: bool,
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let TeamRights { see: _, manage, destroy, manage_access, manage_membership, manage_tokens } = self.rights;
        serializer.collect_map([
            ("can-update-membership", manage_membership),
            ("can-destroy", destroy),
            ("can-update-organization-access", manage_access),
            ("can-update-api-token", manage_tokens),
            ("can-view-api-token", manage_tokens),
            ("can-update-visibility", manage),
            ("can-update-name", manage && !self.is_owners),
            ("can-update-sso-team-id", manage),
            ("can-update-member-token-management", manage),
        ])
    }
}

#[derive(Derived)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    organization: ToOne,
    users: ToMany,
    organization_memberships: ToMany,
    authentication_token: Elsewhere,
}

pub fn resource(of: &TeamDetails, sight: &TeamSight) -> Resource<Attributes, Relationships> {
    let TeamDetails { team, settings, members } = of;
    let TeamSettings { access, visibility, description, sso_team_id, allow_member_token_management } = settings;
    let users = members.iter().filter_map(|member| member.user.as_ref());
    Resource {
        id: team.id.to_string(),
        kind: KIND,
        attributes: Attributes {
            name: team.name.clone(),
            users_count: users.clone().count(),
            non_service_users_count: users.clone().count(),
            visibility: visibility.name(),
            description: description.clone(),
            sso_team_id: sso_team_id.clone(),
            allow_member_token_management: *allow_member_token_management,
            organization_access: Access(if team.is_owners() { OrganizationPermissions::all() } else { *access }),
            permissions: Permissions { rights: sight.rights(of), is_owners: team.is_owners() },
        },
        relationships: Relationships {
            organization: organizations::linked(&team.organization_name),
            users: ToMany::to("users", users),
            organization_memberships: ToMany::to(
                "organization-memberships",
                members.iter().map(|member| &member.membership),
            ),
            authentication_token: Elsewhere {
                links: related(format!("/api/v2/teams/{}/authentication-token", team.id)),
            },
        },
        links: Some(SelfLink { itself: format!("/api/v2/teams/{}", team.id) }),
    }
}
