//! Who is in a team: `/teams/:team/relationships/users` and `/teams/:team/relationships/organization-memberships`.
//!
//! All of a request or nothing of it. This is one of the few places that tell a caller who may not do something that
//! the thing is there: `Forbidden` for who sees the team, `NotFound` for everybody else.

use super::{Found, memberships as organization_memberships};
use crate::api::accounts::users;
use crate::api::jsonapi::{input, page};
use crate::app::Cx;
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Kind, Problem, Result, Source};
use crate::domain::organizations::membership::MembershipFilter;
use crate::domain::page::Listed;
use crate::domain::teams::team::TeamDetails;
use crate::http::query;
use crate::http::reply::Reply;
use crate::store::View;

#[derive(Clone, Copy)]
enum Effect {
    Add,
    Remove,
}

/// `POST …/users`: by user name, or by the user's id. `BadRequest` for who is not a member of the organization.
pub fn add_users(cx: &Cx) -> Result<Reply> {
    change(cx, users::KIND, Effect::Add)
}

/// `DELETE …/users`. `Invalid` for the last owner.
pub fn remove_users(cx: &Cx) -> Result<Reply> {
    change(cx, users::KIND, Effect::Remove)
}

/// `POST …/organization-memberships`, which may be invitations.
pub fn add_memberships(cx: &Cx) -> Result<Reply> {
    change(cx, organization_memberships::KIND, Effect::Add)
}

/// `GET …/organization-memberships`, by the page: members and invitations.
pub fn memberships(cx: &Cx) -> Result<Reply> {
    let (page, list) = cx.read(|view, caller| {
        let Found { team, sight, .. } = Found::find(view, caller, cx.parameter("team"))?;
        sight.access.may(Action::SeeMemberships)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let filter = MembershipFilter { team: Some(team.team.number), ..organization_memberships::filter(cx.request)? };
        // Every member is a person.
        if query::filter_flag(cx.request, "filter[is_service_account]")? == Some(true) {
            return Ok((page, Listed { items: Vec::new(), total: 0 }));
        }
        Ok((page, view.memberships(team.team.organization, &sight, &filter, page)?))
    })?;
    Ok(page::paged(cx, page, list.map(organization_memberships::resource)))
}

/// `DELETE …/organization-memberships`. `Invalid` for the last owner's.
pub fn remove_memberships(cx: &Cx) -> Result<Reply> {
    change(cx, organization_memberships::KIND, Effect::Remove)
}

fn change(cx: &Cx, kind: &'static str, effect: Effect) -> Result<Reply> {
    let team = cx.parameter("team").to_owned();
    cx.change(
        move |view, caller| find(view, caller, &team),
        |_| input::ids(cx.request, kind),
        move |change, team, members| {
            let memberships = rows(change, team.team.organization, kind, members)?;
            match effect {
                Effect::Add => change.add_members_to(&team, &memberships),
                Effect::Remove => change.remove_members_from(&team, &memberships),
            }
        },
    )?;
    Ok(Reply::no_content())
}

fn find(view: &View, caller: &Caller, team: &str) -> Result<TeamDetails> {
    let Found { team, rights, .. } = Found::find(view, caller, team)?;
    if rights.manage_membership {
        Ok(team)
    } else {
        Err(Error::forbidden("This token may not change who is in the team."))
    }
}

/// The memberships that are named. `BadRequest` naming each that is not there.
fn rows(view: &View, organization: i64, kind: &str, members: &[String]) -> Result<Vec<i64>> {
    let mut rows = Vec::with_capacity(members.len());
    let mut problems = Vec::new();
    for (n, name) in members.iter().enumerate() {
        let row = match kind {
            users::KIND => view.membership_of_user(organization, name)?,
            _ => view.membership_number(organization, name)?,
        };
        match row {
            Some(row) => rows.push(row),
            None => {
                let shown: String = name.chars().take(64).collect();
                let detail = match kind {
                    users::KIND => format!("`{shown}` is not a user of this organization."),
                    _ => format!("`{shown}` is not a membership of this organization."),
                };
                problems.push(Problem { detail, source: Some(Source::Pointer(format!("/data/{n}/id"))) });
            }
        }
    }
    if problems.is_empty() {
        Ok(rows)
    } else {
        Err(Error { kind: Kind::BadRequest, problems, cause: None, refusal: None })
    }
}
