//! Users as other users see them: `GET /users/:user`, and beside memberships and teams.

use serde::Serialize;

use super::account;
use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{Elsewhere, Resource, SelfLink, related};
use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::accounts::user::{User, avatar_url};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::{MembershipId, UserId};
use crate::domain::organizations::membership::{invitation_of, invited_user};
use crate::http::reply::Reply;
use crate::store::View;

pub const KIND: &str = "users";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    username: Option<String>,
    /// For callers who may see memberships, which have it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    is_service_account: bool,
    avatar_url: String,
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

/// The caller, or who shares an organization with the caller; `NotFound` for everybody else. Addresses are for the
/// account's own eyes.
pub fn show(cx: &Cx) -> Result<Reply> {
    let id = cx.parameter("user");
    cx.read(|view, caller| {
        let own = account::resource(caller);
        if own.id == id {
            return Ok(document::one(own));
        }
        match view.user_seen_by(caller, &UserId::parse(id)?) {
            Ok(user) => Ok(document::one(resource(&user))),
            Err(e) if e.kind == Kind::NotFound => Ok(document::one(invited_seen_by(view, caller, id)?)),
            Err(e) => Err(e),
        }
    })
}

/// The user of an invitation to an organization whose members the caller sees.
fn invited_seen_by(view: &View, caller: &Caller, id: &str) -> Result<Resource<Attributes, Relationships>> {
    let membership = view.membership(&invitation_of(id).ok_or_else(Error::not_found)?)?;
    view.team_sight(caller, membership.organization)?.access.may(Action::SeeMemberships)?;
    match &membership.user {
        None => Ok(invited(&membership.id, &membership.email)),
        Some(_) => Err(Error::not_found()),
    }
}

pub fn resource(user: &User) -> Resource<Attributes, Relationships> {
    included(user, false)
}

/// Beside something that the caller sees.
pub fn included(user: &User, shows_email: bool) -> Resource<Attributes, Relationships> {
    of(&user.id, Some(user.username.clone()), shows_email.then(|| user.email.clone()))
}

/// The user of an invitation that has no account yet.
pub fn invited(membership: &MembershipId, email: &str) -> Resource<Attributes, Relationships> {
    of(&invited_user(membership), None, Some(email.to_owned()))
}

fn of(id: &UserId, username: Option<String>, email: Option<String>) -> Resource<Attributes, Relationships> {
    Resource {
        id: id.to_string(),
        kind: KIND,
        attributes: Attributes {
            username,
            email,
            is_service_account: false,
            avatar_url: avatar_url(id.as_str()),
            two_factor: TwoFactor { enabled: false, verified: false },
            v2_only: false,
        },
        relationships: Relationships {
            authentication_tokens: Elsewhere { links: related(format!("/api/v2/users/{id}/authentication-tokens")) },
        },
        links: Some(SelfLink { itself: format!("/api/v2/users/{id}") }),
    }
}
