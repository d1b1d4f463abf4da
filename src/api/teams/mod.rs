//! Teams on the wire.

pub mod access;
pub mod members;
pub mod memberships;
mod resource;
pub mod tokens;

use super::accounts::users;
use super::jsonapi::document;
use super::jsonapi::document::{Included, Resource};
use super::jsonapi::input::Input;
use super::jsonapi::page;
use crate::app::{Cx, no_input};
use crate::domain::access::visibility::{TeamRights, TeamSight};
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Result};
use crate::domain::id::{MembershipId, TeamId, UserId};
use crate::domain::permissions::Permission;
use crate::domain::teams::team::{TeamChange, TeamDetails, TeamFields, TeamSettings};
use crate::http::query;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

use memberships as organization_memberships;
pub use resource::KIND;
use resource::{Attributes, Relationships, resource};

/// A team that the caller sees, and how the caller stands to it.
pub(in crate::api) struct Found {
    pub team: TeamDetails,
    pub sight: TeamSight,
    pub rights: TeamRights,
}

impl Found {
    /// `NotFound` where there is no such team, or the caller does not see it.
    pub fn find(view: &View, caller: &Caller, id: &str) -> Result<Found> {
        let team = view.team(&TeamId::parse(id)?)?;
        let sight = view.team_sight(caller, team.team.organization)?;
        let rights = sight.rights(&team);
        if rights.see { Ok(Found { team, sight, rights }) } else { Err(Error::refused()) }
    }

    fn resource(&self) -> Resource<Attributes, Relationships> {
        resource(&self.team, &self.sight)
    }
}

/// `GET /organizations/:organization/teams`, by the page: those that the caller sees. `filter[names]` keeps those with
/// one of the names, `q` those with a part of it.
pub fn index(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let names = query::filter_list(cx.request, "filter[names]");
    let search = cx.request.query("q").unwrap_or("");
    let (page, list, included) = cx.read(|view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeOrganization)?;
        let sight = view.team_sight(caller, organization.number)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let list = view.teams(organization.number, &sight, names.as_deref(), search, page)?;
        let included = included(view, cx.request, &sight, &list.items)?;
        Ok((page, list.map(|team| resource(team, &sight)), included))
    })?;
    Ok(page::paged_including(cx, page, list, included))
}

/// `GET /teams/:team`.
pub fn show(cx: &Cx) -> Result<Reply> {
    let (resource, included) = cx.read(|view, caller| {
        let found = Found::find(view, caller, cx.parameter("team"))?;
        let included = included(view, cx.request, &found.sight, std::slice::from_ref(&found.team))?;
        Ok((found.resource(), included))
    })?;
    Ok(document::one_including(resource, included))
}

/// `POST /organizations/:organization/teams`: 200, as the original has it. `NotFound` for rights that the caller may not
/// give, `Invalid` on attributes.
pub fn create(cx: &Cx) -> Result<Reply> {
    let find = cx.organization_and_access(Action::ManageTeams);
    let (team, sight) = cx.change(
        move |view, caller| {
            let (organization, access) = find(view, caller)?;
            let sight = view.team_sight(caller, organization.number)?;
            Ok((organization, access, sight))
        },
        |_| {
            // A Python client sends the other type.
            let mut input = Input::read_any(cx, &[KIND, "organizations"])?;
            let new = fields(&mut input).check_new(&mut input.problems);
            // Asked here as well, so that everything wrong with the request is told at once.
            new.applied_to(&TeamSettings::default(), &mut input.problems);
            input.finish().map(|()| new)
        },
        |change, (organization, access, sight), new| {
            let id = change.create_team(&organization, access, new)?;
            Ok((change.team(&id)?, sight))
        },
    )?;
    Ok(document::one(resource(&team, &sight)))
}

/// `PATCH /teams/:team`. Of `organization-access`, the keys that are given change.
pub fn update(cx: &Cx) -> Result<Reply> {
    let (team, sight) = cx.change(
        managed(cx),
        |found| {
            let mut input = Input::read(cx, KIND)?;
            input.must_be(found.team.team.id.as_str());
            let update: TeamChange = fields(&mut input).check(&mut input.problems);
            input.finish().map(|()| update)
        },
        |change, Found { team, sight, .. }, update| {
            change.update_team(&team, sight.access, update)?;
            Ok((change.team(&team.team.id)?, sight))
        },
    )?;
    Ok(document::one(resource(&team, &sight)))
}

/// `DELETE /teams/:team`: 204. `Invalid` for the owners.
pub fn delete(cx: &Cx) -> Result<Reply> {
    cx.change(managed(cx), no_input, |change, Found { team, rights, .. }, ()| {
        if !rights.destroy {
            return Err(Error::invalid("The owners team cannot be deleted."));
        }
        change.delete_team(&team.team)
    })?;
    Ok(Reply::no_content())
}

/// Finds the team of the path. `NotFound` where the caller may not manage it.
fn managed(cx: &Cx) -> impl Fn(&View, &Caller) -> Result<Found> + Send + Sync + 'static + use<> {
    let id = cx.parameter("team").to_owned();
    move |view, caller| {
        let found = Found::find(view, caller, &id)?;
        if found.rights.manage { Ok(found) } else { Err(Error::refused()) }
    }
}

fn fields(input: &mut Input) -> TeamFields {
    let access = input.group("organization-access", |given, problems| {
        let flag = |key: &Permission| Some((*key, given.flag(key.key(), problems).value()?));
        Permission::ALL.iter().filter_map(flag).collect()
    });
    TeamFields {
        name: input.text("name"),
        access: access.value().unwrap_or_default(),
        visibility: input.text("visibility"),
        description: input.text("description"),
        sso_team_id: input.text("sso-team-id"),
        allow_member_token_management: input.flag("allow-member-token-management"),
    }
}

fn included(view: &View, request: &Request, sight: &TeamSight, teams: &[TeamDetails]) -> Result<Option<Included>> {
    let Some(mut included) = Included::asked_for(request) else { return Ok(None) };
    let members = || teams.iter().flat_map(|team| &team.members);
    if query::lists(request, "include", users::KIND) {
        let ids: Vec<UserId> = members().filter_map(|member| member.user.clone()).collect();
        for user in view.users_with_ids(&ids)? {
            included.push(users::included(&user, sight.access.allows(Action::SeeMemberships)));
        }
    }
    if query::lists(request, "include", organization_memberships::KIND) {
        let ids: Vec<MembershipId> = members().map(|member| member.membership.clone()).collect();
        for membership in view.memberships_with_ids(sight, &ids)? {
            included.push(organization_memberships::resource(&membership));
        }
    }
    Ok(Some(included))
}
