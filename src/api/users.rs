//! People as others see them.

use serde::Serialize;

use super::document::{Elsewhere, Resource, SelfLink, related};
use crate::domain::id::{MembershipId, UserId};
use crate::domain::membership::invited_user;
use crate::domain::user::User;

pub const KIND: &str = "users";

/// Without an address, which is for who may see memberships.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    username: Option<String>,
    is_service_account: bool,
    avatar_url: Option<String>,
    two_factor: TwoFactor,
    v2_only: bool,
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
}

pub fn resource(user: &User) -> Resource<Attributes, Relationships> {
    of(&user.id, Some(user.username.clone()))
}

/// Whoever an invitation is for, before there is an account.
pub fn invited(membership: &MembershipId) -> Resource<Attributes, Relationships> {
    of(&invited_user(membership), None)
}

fn of(id: &UserId, username: Option<String>) -> Resource<Attributes, Relationships> {
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            username,
            is_service_account: false,
            avatar_url: None,
            two_factor: TwoFactor { enabled: false, verified: false },
            v2_only: false,
        },
        relationships: Relationships {
            authentication_tokens: Elsewhere { links: related(format!("/api/v2/users/{id}/authentication-tokens")) },
        },
        links: Some(SelfLink { itself: format!("/api/v2/users/{id}") }),
    }
}
