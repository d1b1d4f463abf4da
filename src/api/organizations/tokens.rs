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

/// `?token=` says which kind of token is meant: this one, or without a value the organization's own.
const PARAMETER: &str = "token";
const AUDIT_TRAILS: &str = "audit-trails";

/// Which organization's token a path means, and what the query says of its kind.
struct Named {
    organization: String,
    kinds: Vec<String>,
}

impl Named {
    fn by(request: &Request) -> Named {
        let kinds = request.query.iter().filter(|(name, _)| name == PARAMETER).map(|(_, kind)| kind.clone());
        Named { organization: request.parameter("organization").to_owned(), kinds: kinds.collect() }
    }

    /// `NotFound` for an unknown kind of token, and `BadRequest` for more than one: to give or end another one in
    /// its place would be worse than to refuse.
    fn subject(&self) -> Result<fn(i64) -> Subject> {
        match &self.kinds[..] {
            [] => Ok(Subject::Organization),
            [kind] if kind.is_empty() => Ok(Subject::Organization),
            [kind] if kind == AUDIT_TRAILS => Ok(Subject::AuditTrail),
            [_] => Err(Error::not_found()),
            _ => Err(Error::bad_parameter(PARAMETER, "`token` must not be given more than once.")),
        }
    }
}

/// `NotFound` for who may not manage the token.
fn find(named: &Named, view: &View, caller: &Caller) -> Result<Subject> {
    let organization = view.organization_for(caller, &named.organization, Action::ManageOrganizationToken)?;
    Ok(named.subject()?(organization.number))
}

/// `GET`: without the token itself. `NotFound` where there is none.
pub fn show(cx: &Cx) -> Result<Reply> {
    let named = Named::by(cx.request);
    let token = cx.read(|view, caller| view.sole_token(find(&named, view, caller)?))?;
    Ok(document::one(resource(&token)))
}

/// `POST`: a new one in the place of the old.
pub fn create(cx: &Cx) -> Result<Reply> {
    let named = Named::by(cx.request);
    issue(cx, Terms::OfSoleToken, move |view, caller| find(&named, view, caller))
}

/// `DELETE`: 204. `NotFound` where there is none.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let named = Named::by(cx.request);
    cx.change(
        move |view, caller| view.sole_token(find(&named, view, caller)?),
        no_input,
        |change, token, ()| change.revoke_api_token(&token.id),
    )?;
    Ok(Reply::no_content())
}
