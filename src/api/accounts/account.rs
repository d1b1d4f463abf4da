//! `GET /account/details`: who the token speaks for.

use serde::{Serialize, Serializer};

use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{Elsewhere, Identifier, Resource, SelfLink, ToOne, related};
use crate::app::Cx;
use crate::domain::access::Caller;
use crate::domain::accounts::user::avatar_url;
use crate::domain::error::Result;
use crate::http::reply::Reply;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    username: String,
    is_service_account: bool,
    auth_method: &'static str,
    is_site_admin: bool,
    is_sso_login: bool,
    is_admin: bool,
    is_confirmed: bool,
    is_sudo: bool,
    is_unified: bool,
    enterprise_support: bool,
    has_linked_hcp: bool,
    has_git_hub_app_token: bool,
    /// Teams and organizations have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    unconfirmed_email: Option<String>,
    avatar_url: String,
    v2_only: bool,
    permissions: Permissions,
    two_factor: TwoFactor,
}

struct Permissions {
    is_person: bool,
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map([
            ("can-create-organizations", self.is_person),
            // The same, as newer clients call it.
            ("can-create-organization", self.is_person),
            ("can-change-email", false),
            ("can-change-username", false),
            ("can-change-password", false),
            ("can-manage-sessions", false),
            ("can-manage-user-tokens", self.is_person),
            ("can-update-user", false),
            ("can-view-profile", self.is_person),
            // There are no such pages.
            ("can-view-organizations", false),
            ("can-view-settings", false),
            ("can-view-general-settings", false),
            ("can-view-admin-runs", false),
            ("can-view-admin-workspaces", false),
            ("can-view-cost-estimation-settings", false),
            ("can-view-customization-settings", false),
            ("can-view-saml-settings", false),
            ("can-view-smtp-settings", false),
            ("can-view-tool-versions", false),
            ("can-view-twilio-settings", false),
            ("can-create-tool-versions", false),
            ("can-use-sql-runner", false),
        ])
    }
}

#[derive(Serialize)]
struct TwoFactor {
    enabled: bool,
    verified: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    authentication_tokens: Elsewhere,
    authenticated_resource: ToOne,
}

/// For the tokens of teams and organizations: a synthetic user, with a relationship to the token's owner.
pub fn show(cx: &Cx) -> Result<Reply> {
    Ok(document::one(cx.read(|_, caller| Ok(resource(caller)))?))
}

pub fn resource(caller: &Caller) -> Resource<Attributes, Relationships> {
    let (id, username, email, is_site_admin, owner) = match caller {
        Caller::User(user) | Caller::Person(user) => (
            user.id.to_string(),
            user.username.clone(),
            Some(user.email.clone()),
            user.is_site_admin,
            (Identifier { id: user.id.to_string(), kind: "users" }, format!("/api/v2/users/{}", user.id)),
        ),
        Caller::Team(team) => service_user(
            team.id.as_str(),
            format!("api-team_{}", team.id.as_str().trim_start_matches("team-")),
            (Identifier { id: team.id.to_string(), kind: "teams" }, format!("/api/v2/teams/{}", team.id)),
        ),
        Caller::Organization { id, name, .. } => service_user(
            id.as_str(),
            format!("api-org-{name}"),
            (Identifier { id: name.clone(), kind: "organizations" }, format!("/api/v2/organizations/{name}")),
        ),
    };
    let is_person = matches!(caller, Caller::User(_) | Caller::Person(_));
    Resource {
        attributes: Attributes {
            username,
            is_service_account: !is_person,
            auth_method: "tfc",
            is_site_admin,
            is_sso_login: false,
            is_admin: is_site_admin,
            is_confirmed: true,
            is_sudo: false,
            is_unified: false,
            enterprise_support: false,
            has_linked_hcp: false,
            has_git_hub_app_token: false,
            email,
            unconfirmed_email: None,
            avatar_url: avatar_url(&id),
            v2_only: false,
            permissions: Permissions { is_person },
            two_factor: TwoFactor { enabled: false, verified: false },
        },
        relationships: Relationships {
            authentication_tokens: Elsewhere { links: related(format!("/api/v2/users/{id}/authentication-tokens")) },
            authenticated_resource: ToOne { data: Some(owner.0), links: Some(related(owner.1)) },
        },
        links: Some(SelfLink { itself: format!("/api/v2/users/{id}") }),
        id,
        kind: "users",
    }
}

type Parts = (String, String, Option<String>, bool, (Identifier, String));

/// The synthetic user's id is made from its owner's, so that it is always the same.
fn service_user(owner_id: &str, username: String, owner: (Identifier, String)) -> Parts {
    let random_part = owner_id.rsplit('-').next().unwrap_or(owner_id);
    (format!("user-{random_part}"), username, None, false, owner)
}
