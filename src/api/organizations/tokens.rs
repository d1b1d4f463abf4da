//! The one token of an organization, and the one that reads its audit trail:
//! `/organizations/:organization/authentication-token`.

use crate::api::accounts::authentication_tokens::{Terms, issue, resource};
use crate::api::jsonapi::document;
use crate::app::{Cx, no_input};
use crate::domain::access::{Action, Caller};
use crate::domain::accounts::api_token::Subject;
use crate::domain::error::{Error, Result};
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

/// `?token=` says which kind of token is meant: this one, or else the organization's own.
const AUDIT_TRAILS: &str = "audit-trails";

/// Which organization's token a path means, and which of its two.
struct Named {
    organization: String,
    is_for_audit_trail: bool,
}

impl Named {
    /// `None` for what looks like a kind of token that there is not: to give or end another one in its place would be
    /// worse than to refuse.
    fn by(request: &Request) -> Option<Named> {
        let kind = request.query("token").unwrap_or_default();
        if kind.starts_with("audit") && kind != AUDIT_TRAILS {
            return None;
        }
        Some(Named {
            organization: request.parameter("organization").to_owned(),
            is_for_audit_trail: kind == AUDIT_TRAILS,
        })
    }
}

/// `NotFound` for who may not manage the token, and for a kind of token that there is not.
fn find(named: Option<&Named>, view: &View, caller: &Caller) -> Result<Subject> {
    let named = named.ok_or_else(Error::not_found)?;
    let organization = view.organization_for(caller, &named.organization, Action::ManageOrganizationToken)?;
    let subject = if named.is_for_audit_trail { Subject::AuditTrail } else { Subject::Organization };
    Ok(subject(organization.number))
}

/// `GET`: without the token itself. `NotFound` where there is none.
pub fn show(cx: &Cx) -> Result<Reply> {
    let named = Named::by(cx.request);
    let token = cx.read(|view, caller| view.sole_token(find(named.as_ref(), view, caller)?))?;
    Ok(document::one(resource(&token)))
}

/// `POST`: a new one in the place of the old.
pub fn create(cx: &Cx) -> Result<Reply> {
    let named = Named::by(cx.request);
    issue(cx, Terms::OfSoleToken, move |view, caller| find(named.as_ref(), view, caller))
}

/// `DELETE`: 204. `NotFound` where there is none.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let named = Named::by(cx.request);
    cx.change(
        move |view, caller| view.sole_token(find(named.as_ref(), view, caller)?),
        no_input,
        |change, token, ()| change.revoke_api_token(&token.id),
    )?;
    Ok(Reply::no_content())
}
