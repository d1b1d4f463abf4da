//! Who is in a team: `/teams/:team/relationships/users` and `/teams/:team/relationships/organization-memberships`.
//!
//! All of a request or nothing of it. This is one of the few places that tell a caller who may not do something that
//! the thing is there: `Forbidden` for who sees the team, `NotFound` for everybody else.

use super::Found;
use crate::api::accounts::users;
use crate::api::jsonapi::input;
use crate::api::organizations::memberships as organization_memberships;
use crate::app::Cx;
use crate::domain::access::Caller;
use crate::domain::error::{Error, Kind, Problem, Result, Source};
use crate::domain::teams::team::TeamDetails;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

#[derive(Clone, Copy)]
enum EventKind {
    Add,
    Remove,
}

/// `POST …/users`: by user name, or by the user's id. `BadRequest` for who is not a member of the organization.
pub fn add_users(cx: &Cx, request: &Request) -> Result<Reply> {
    change(cx, request, users::KIND, EventKind::Add)
}

/// `DELETE …/users`. `Invalid` for the last owner.
pub fn remove_users(cx: &Cx, request: &Request) -> Result<Reply> {
    change(cx, request, users::KIND, EventKind::Remove)
}

/// `POST …/organization-memberships`, which may be invitations.
pub fn add_memberships(cx: &Cx, request: &Request) -> Result<Reply> {
    change(cx, request, organization_memberships::KIND, EventKind::Add)
}

/// `DELETE …/organization-memberships`. `Invalid` for the last owner's.
pub fn remove_memberships(cx: &Cx, request: &Request) -> Result<Reply> {
    change(cx, request, organization_memberships::KIND, EventKind::Remove)
}

fn change(cx: &Cx, request: &Request, kind: &'static str, deed: EventKind) -> Result<Reply> {
    let team = request.parameter("team").to_owned();
    let caller = cx.read(request, |view, caller| {
        find(view, caller, &team)?;
        Ok(caller.clone())
    })?;
    let members = input::ids(request, kind)?;
    cx.write_or_remove(caller, move |change, caller| {
        let of = find(change, caller, &team)?;
        let memberships = rows(change, of.team.organization, kind, &members)?;
        match deed {
            EventKind::Add => change.add_members_to(&of, &memberships),
            EventKind::Remove => change.remove_members_from(&of, &memberships),
        }
    })?;
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
