//! The tokens of teams: the one without a description, `/teams/:team/authentication-token`, and any number with one.

use super::Found;
use crate::api::accounts::authentication_tokens::{Terms, issue, resource};
use crate::api::jsonapi::{document, input, page};
use crate::app::{Cx, no_input, with_caller};
use crate::domain::access::{Action, Caller};
use crate::domain::accounts::api_token::{Expiry, MOST_AT_ONCE, Subject, TokenOrder};
use crate::domain::error::{Error, Result};
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

/// `GET /organizations/:organization/team-tokens`, by the page: the tokens of all teams whose tokens the caller manages.
/// `q` keeps those of teams with a part of the name, `filter[expiry_status]` those that expire accordingly.
pub fn index(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let search = cx.request.query("q").unwrap_or("");
    let (page, list) = cx.read(|view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeOrganization)?;
        let sight = view.team_sight(caller, organization.number)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let expiry = expiry(cx.request, cx.app.sources.now())?;
        Ok((page, view.tokens_of_teams(organization.number, &sight, (search, &expiry), order(cx.request)?, page)?))
    })?;
    Ok(page::paged(cx, page, list.map(resource)))
}

/// `DELETE /organizations/:organization/team-tokens`, with the ids in the body: 204, all or none. `BadRequest` for more than
/// [`MOST_AT_ONCE`], `NotFound` where one is no team's token of the organization that the caller manages.
pub fn delete_all(cx: &Cx) -> Result<Reply> {
    let find = cx.organization(Action::SeeOrganization);
    cx.change(
        with_caller(find),
        |_| {
            let ids = input::ids(cx.request, "authentication-tokens")?;
            if ids.len() > MOST_AT_ONCE {
                return Err(Error::bad_request(format!("At most {MOST_AT_ONCE} tokens can be deleted at once.")));
            }
            Ok(ids)
        },
        |change, (organization, caller), ids| {
            let sight = change.team_sight(&caller, organization.number)?;
            change.revoke_tokens_of_teams(&organization, &sight, ids)
        },
    )?;
    Ok(Reply::no_content())
}

/// What `filter[expiry_status]` asks for: any of its values.
fn expiry(request: &Request, now: Timestamp) -> Result<Vec<Expiry>> {
    const STATUS: &str = "filter[expiry_status]";
    let asked = query::filter_list(request, STATUS).unwrap_or_default();
    let statuses = asked.iter().map(|name| {
        Expiry::from_name(name, now).ok_or_else(|| {
            let detail = "`filter[expiry_status]` takes active, expiring_in_7_days, expiring_in_30_days, expired and \
                          no_expiration.";
            Error::bad_parameter(STATUS, detail)
        })
    });
    statuses.collect()
}

/// The order, and whether it is turned around.
fn order(request: &Request) -> Result<(TokenOrder, bool)> {
    let sort = request.query("sort").unwrap_or("").trim().replace('_', "-");
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
pub fn show(cx: &Cx) -> Result<Reply> {
    let token = cx.read(|view, caller| view.sole_token(find(view, caller, cx.parameter("team"))?))?;
    Ok(document::one(resource(&token)))
}

/// `POST /teams/:team/authentication-token`: a new one in the place of the old.
pub fn create(cx: &Cx) -> Result<Reply> {
    let team = cx.parameter("team").to_owned();
    issue(cx, Terms::OfSoleToken, move |view, caller| find(view, caller, &team))
}

/// `POST /teams/:team/authentication-tokens`: one more. `Invalid` where the team has one with that description.
pub fn create_described(cx: &Cx) -> Result<Reply> {
    let team = cx.parameter("team").to_owned();
    issue(cx, Terms::MayBeGiven, move |view, caller| find(view, caller, &team))
}

/// `DELETE /teams/:team/authentication-token`: 204. `NotFound` where there is none.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let team = cx.parameter("team").to_owned();
    cx.change(
        move |view, caller| view.sole_token(find(view, caller, &team)?),
        no_input,
        |change, token, ()| change.revoke_api_token(&token.id),
    )?;
    Ok(Reply::no_content())
}

/// `NotFound` for who may not manage the team's tokens.
fn find(view: &View, caller: &Caller, team: &str) -> Result<Subject> {
    let found = Found::find(view, caller, team)?;
    if found.rights.manage_tokens { Ok(Subject::Team(found.team.team.number)) } else { Err(Error::refused()) }
}
