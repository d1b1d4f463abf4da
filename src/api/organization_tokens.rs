//! The one token of an organization: `/organizations/:organization/authentication-token`.

use super::authentication_tokens::{issue, resource};
use super::document;
use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Result};
use crate::domain::token::Subject;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

/// Which organization's token a path means.
#[derive(Clone)]
struct Named {
    organization: String,
    /// `?token=audit-trails` asks for another kind of token, which there is not. To give or end the organization's own
    /// in its place would be worse than to refuse.
    is_other_kind: bool,
}

impl Named {
    fn by(request: &Request) -> Named {
        Named {
            organization: request.parameter("organization").to_owned(),
            is_other_kind: request.query("token").is_some_and(|kind| kind.starts_with("audit")),
        }
    }

    /// `NotFound` for who may not manage the token.
    fn find(&self, view: &View, caller: &Caller) -> Result<Subject> {
        let organization = view.organization_for(caller, &self.organization, Action::ManageOrganizationToken)?;
        if self.is_other_kind { Err(Error::not_found()) } else { Ok(Subject::Organization(organization.number)) }
    }
}

/// `GET`: without the token itself. `NotFound` where there is none.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let named = Named::by(request);
    let token = cx.read(request, |view, caller| view.sole_token(named.find(view, caller)?))?;
    Ok(document::one(resource(&token)))
}

/// `POST`: a new one in the place of the old.
pub fn create(cx: &Cx, request: &Request) -> Result<Reply> {
    let named = Named::by(request);
    issue(cx, request, true, move |view, caller| named.find(view, caller))
}

/// `DELETE`: 204. `NotFound` where there is none.
pub fn delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let named = Named::by(request);
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    cx.write(caller, move |change, caller| {
        let token = change.sole_token(named.find(change, caller)?)?;
        change.revoke_api_token(&token.id)
    })?;
    Ok(Reply::no_content())
}
