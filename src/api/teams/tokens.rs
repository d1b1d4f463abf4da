//! The tokens of teams: the one without a description, `/teams/:team/authentication-token`, and any number with one.

use super::Found;
use crate::api::accounts::authentication_tokens::{issue, resource};
use crate::api::jsonapi::{document, page};
use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::accounts::api_token::{Subject, TokenOrder};
use crate::domain::error::{Error, Result};
use crate::domain::page::Listed;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

/// `GET /organizations/:organization/team-tokens`, by the page: the tokens of all teams whose tokens the caller manages.
/// `q` keeps those of teams with a part of the name.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    let name = request.parameter("organization");
    let search = request.query("q").unwrap_or("");
    let (page, list) = cx.read(request, |view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeOrganization)?;
        let sight = view.team_sight(caller, organization.number)?;
        let page = page::requested(request)?.unwrap_or_default();
        Ok((page, view.tokens_of_teams(organization.number, &sight, search, order(request)?, page)?))
    })?;
    let list = Listed { items: list.items.iter().map(resource).collect(), total: list.total };
    Ok(page::paged(request, &cx.app.public_url, page, list))
}

/// The order, and whether it is turned around.
fn order(request: &Request) -> Result<(TokenOrder, bool)> {
    let sort = request.query("sort").unwrap_or("").trim();
    let order = match sort.trim_start_matches('-') {
        "" => TokenOrder::Creation,
        "team-name" => TokenOrder::TeamName,
        "created-by" => TokenOrder::CreatedBy,
        "expired-at" => TokenOrder::ExpiredAt,
        "last-used-at" => TokenOrder::LastUsedAt,
        _ => return Err(Error::bad_parameter("sort", "The sort parameter takes one attribute here.")),
    };
    Ok((order, sort.starts_with('-')))
}

/// `GET /teams/:team/authentication-token`: without the token itself. `NotFound` where there is none.
pub fn show(cx: &Cx, request: &Request) -> Result<Reply> {
    let token = cx.read(request, |view, caller| view.sole_token(find(view, caller, request.parameter("team"))?))?;
    Ok(document::one(resource(&token)))
}

/// `POST /teams/:team/authentication-token`: a new one in the place of the old.
pub fn create(cx: &Cx, request: &Request) -> Result<Reply> {
    let team = request.parameter("team").to_owned();
    issue(cx, request, true, move |view, caller| find(view, caller, &team))
}

/// `POST /teams/:team/authentication-tokens`: one more. `Invalid` where the team has one with that description.
pub fn create_described(cx: &Cx, request: &Request) -> Result<Reply> {
    let team = request.parameter("team").to_owned();
    issue(cx, request, false, move |view, caller| find(view, caller, &team))
}

/// `DELETE /teams/:team/authentication-token`: 204. `NotFound` where there is none.
pub fn delete(cx: &Cx, request: &Request) -> Result<Reply> {
    let team = request.parameter("team").to_owned();
    let caller = cx.read(request, |_, caller| Ok(caller.clone()))?;
    cx.remove(caller, move |change, caller| {
        let token = change.sole_token(find(change, caller, &team)?)?;
        change.revoke_api_token(&token.id)
    })?;
    Ok(Reply::no_content())
}

/// `NotFound` for who may not manage the team's tokens.
fn find(view: &View, caller: &Caller, team: &str) -> Result<Subject> {
    let found = Found::find(view, caller, team)?;
    if found.rights.manage_tokens { Ok(Subject::Team(found.team.team.number)) } else { Err(Error::refused()) }
}
