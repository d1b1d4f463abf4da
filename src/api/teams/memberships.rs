//! Memberships of organizations on the wire.

use serde::Serialize;

use super::resource::{KIND as TEAMS, resource as team_resource};
use crate::api::accounts::users;
use crate::api::jsonapi::document;
use crate::api::jsonapi::document::{Included, Resource, SelfLink, ToMany, ToOne, related};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::page;
use crate::api::organizations;
use crate::app::{Cx, no_input};
use crate::domain::access::visibility::TeamSight;
use crate::domain::access::{Action, Caller};
use crate::domain::error::{Error, Result};
use crate::domain::id::{MembershipId, TeamId};
use crate::domain::organizations::membership::{Invitation, Membership, MembershipFilter, MembershipOrder, Status};
use crate::domain::page::Listed;
use crate::domain::timestamp::Timestamp;
use crate::http::query;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::store::View;

pub const KIND: &str = "organization-memberships";

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attributes {
    status: &'static str,
    email: String,
    created_at: Timestamp,
    /// Of invitations alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_org_two_factor_required: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relationships {
    organization: ToOne,
    user: ToOne,
    teams: ToMany,
    /// Nothing here takes users from elsewhere.
    scim_identity: ToOne,
}

/// `GET /organizations/:organization/organization-memberships`, by the page. `filter[status]` and `filter[email]` keep
/// those that fit, `q` those with a part of the user name or address.
pub fn index(cx: &Cx) -> Result<Reply> {
    let name = cx.parameter("organization");
    let (page, list, included) = cx.read(|view, caller| {
        let organization = view.organization_for(caller, name, Action::SeeMemberships)?;
        let sight = view.team_sight(caller, organization.number)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let list = view.memberships(organization.number, &sight, &filter(cx.request)?, page)?;
        let included = included(view, cx.request, &sight, &list.items)?;
        Ok((page, list, included))
    })?;
    Ok(page::paged_including(cx, page, list.map(resource), included))
}

pub fn filter(request: &Request) -> Result<MembershipFilter> {
    let status = query::filter(request, "filter[status]").map(|name| {
        let detail = "`filter[status]` must be active, invited or inactive.";
        Status::from_name(name).ok_or_else(|| Error::bad_parameter("filter[status]", detail))
    });
    let sorts = |by| query::lists(request, "sort", by);
    Ok(MembershipFilter {
        status: status.transpose()?,
        team: None,
        order: if sorts("status") {
            MembershipOrder::Status
        } else if sorts("-status") {
            MembershipOrder::StatusBackwards
        } else {
            MembershipOrder::Created
        },
        emails: query::filter_list(request, "filter[email]"),
        search: request.query("q").unwrap_or("").to_owned(),
    })
}

/// `GET /organization-memberships`: the caller's own, whole unless a page is asked for. A token that is no person's has
/// none.
pub fn of_caller(cx: &Cx) -> Result<Reply> {
    let (requested, list, included) = cx.read(|view, caller| {
        let requested = page::requested(cx.request)?;
        let Caller::User(user) = caller else {
            return Ok((requested, Listed { items: Vec::new(), total: 0 }, None));
        };
        let list = page::fetch(requested, |page| view.memberships_of_user(user.number, page))?;
        let mut all = Included::asked_for(cx.request);
        for membership in &list.items {
            let Some(all) = &mut all else { break };
            let sight = view.team_sight(caller, membership.organization)?;
            include(view, cx.request, &sight, std::slice::from_ref(membership), all)?;
            if query::lists(cx.request, "include", "organization")
                && let Some(organization) = view.organization_with_id(&membership.organization_id)?
            {
                all.push(organizations::resource(&organization, sight.access));
            }
        }
        Ok((requested, list, all))
    })?;
    Ok(page::whole_including(cx, requested, list.map(resource), included))
}

/// `GET /organization-memberships/:membership`.
pub fn show(cx: &Cx) -> Result<Reply> {
    let (membership, included) = cx.read(|view, caller| {
        let (membership, sight) = find(view, caller, cx.parameter("membership"), Action::SeeMemberships)?;
        let included = included(view, cx.request, &sight, std::slice::from_ref(&membership))?;
        Ok((membership, included))
    })?;
    Ok(document::one_including(resource(&membership), included))
}

/// `POST /organizations/:organization/organization-memberships`: an invitation, or a membership where there is an
/// account with the address. The answer includes the user.
pub fn create(cx: &Cx) -> Result<Reply> {
    let find_organization = cx.organization(Action::ManageMemberships);
    let membership = cx.change(
        move |view, caller| {
            let organization = find_organization(view, caller)?;
            let sight = view.team_sight(caller, organization.number)?;
            Ok((organization, sight))
        },
        |_| {
            let mut input = Input::read(cx, KIND)?;
            let (email, teams) = (input.text("email"), input.all_linked("teams", TEAMS));
            let invitation = Invitation::check(email, teams, &mut input.problems);
            input.finish().map(|()| invitation)
        },
        |change, (organization, sight), invitation| {
            let id = change.invite(&organization, &sight, invitation)?;
            with_teams(change, change.membership(&id)?, &sight)
        },
    )?;
    let mut included = Included::default();
    push_user(&mut included, &membership);
    Ok(document::created_including(resource(&membership), path(&membership.id), included))
}

/// `DELETE /organization-memberships/:membership`: 204. `Forbidden` for the membership of an owner, but for owners;
/// `Invalid` for the last owner's.
pub fn delete(cx: &Cx) -> Result<Reply> {
    let id = cx.parameter("membership").to_owned();
    cx.change(
        move |view, caller| find(view, caller, &id, Action::ManageMemberships),
        no_input,
        |change, (membership, sight), ()| change.delete_membership(&membership, &sight),
    )?;
    Ok(Reply::no_content())
}

/// `NotFound` where there is no such membership, or the caller may not do `action` in its organization.
fn find(view: &View, caller: &Caller, id: &str, action: Action) -> Result<(Membership, TeamSight)> {
    let membership = view.membership(&MembershipId::parse(id)?)?;
    let sight = view.team_sight(caller, membership.organization)?;
    sight.access.may(action)?;
    Ok((with_teams(view, membership, &sight)?, sight))
}

fn with_teams(view: &View, membership: Membership, sight: &TeamSight) -> Result<Membership> {
    let mut memberships = [membership];
    view.add_teams(&mut memberships, sight)?;
    let [membership] = memberships;
    Ok(membership)
}

fn included(view: &View, request: &Request, sight: &TeamSight, memberships: &[Membership]) -> Result<Option<Included>> {
    let Some(mut included) = Included::asked_for(request) else { return Ok(None) };
    include(view, request, sight, memberships, &mut included)?;
    Ok(Some(included))
}

/// `memberships` are of one organization.
fn include(
    view: &View,
    request: &Request,
    sight: &TeamSight,
    memberships: &[Membership],
    included: &mut Included,
) -> Result<()> {
    if query::lists(request, "include", "user") {
        memberships.iter().for_each(|membership| push_user(included, membership));
    }
    if let Some(first) = memberships.first()
        && query::lists(request, "include", TEAMS)
    {
        let ids: Vec<TeamId> = memberships.iter().flat_map(|membership| membership.teams.clone()).collect();
        for team in view.teams_with_ids(first.organization, sight, &ids)? {
            included.push(team_resource(&team, sight));
        }
    }
    Ok(())
}

fn push_user(included: &mut Included, membership: &Membership) {
    included.push(match &membership.user {
        Some(user) => users::included(user, true),
        None => users::invited(&membership.id, &membership.email),
    });
}

fn path(id: &MembershipId) -> String {
    format!("/api/v2/organization-memberships/{id}")
}

pub fn resource(membership: &Membership) -> Resource<Attributes, Relationships> {
    Resource {
        id: membership.id.to_string(),
        kind: KIND,
        attributes: Attributes {
            status: membership.status().name(),
            email: membership.email.clone(),
            created_at: membership.created_at,
            is_org_two_factor_required: membership.user.is_none().then_some(membership.needs_second_factor),
        },
        relationships: Relationships {
            organization: organizations::linked(&membership.organization_name),
            user: ToOne {
                links: Some(related(format!("/api/v2/users/{}", membership.user_id()))),
                ..ToOne::to(users::KIND, membership.user_id())
            },
            teams: ToMany::to(TEAMS, &membership.teams),
            scim_identity: ToOne::none(),
        },
        links: Some(SelfLink { itself: path(&membership.id) }),
    }
}
