//! `GET /users/:user`: somebody else, as far as that is anybody's business.

use serde::Serialize;

use super::account;
use super::document::{self, NoRelationships, Resource, SelfLink};
use crate::app::Cx;
use crate::domain::error::Result;
use crate::domain::id::UserId;
use crate::domain::user::User;
use crate::http::reply::Reply;
use crate::http::request::Request;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Attributes {
    username: String,
    is_service_account: bool,
    auth_method: &'static str,
    avatar_url: Option<String>,
    v2_only: bool,
    permissions: account::Permissions,
}

/// The caller, or who shares an organization with the caller; `NotFound` for everybody else. Addresses are for the
/// account's own eyes.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let id = request.parameter("user");
    cx.read(request, |view, caller| {
        let own = account::resource(caller);
        if own.id == id {
            return Ok(document::one(own));
        }
        Ok(document::one(resource(&view.user_seen_by(caller, &UserId::parse(id)?)?)))
    })
}

fn resource(user: &User) -> Resource<Attributes, NoRelationships> {
    Resource {
        id: user.id.to_string(),
        kind: "users",
        attributes: Attributes {
            username: user.username.clone(),
            is_service_account: false,
            auth_method: "tfc",
            avatar_url: None,
            v2_only: false,
            permissions: account::Permissions {
                can_create_organizations: false,
                can_change_email: false,
                can_change_username: false,
            },
        },
        relationships: NoRelationships {},
        links: Some(SelfLink { itself: format!("/api/v2/users/{}", user.id) }),
    }
}
