//! Who belongs to an organization, and who may manage its VCS settings.

use askama::Template;

use std::collections::HashMap;

use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::id::TeamId;
use crate::domain::organizations::membership::{Membership, MembershipFilter};
use crate::domain::page::{MAX_PAGE_SIZE, Page};
use crate::domain::permissions::Permission;
use crate::domain::teams::team::TeamDetails;
use crate::http::reply::Reply;
use crate::ui::frame::{Frame, Section};
use crate::ui::pager::{self, Pager};
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "organizations/members.html")]
pub struct Members {
    pub frame: Frame,
    pub members: Vec<Member>,
    /// Of the members.
    pub pager: Option<Pager>,
    pub teams: Vec<TeamRow>,
}

pub struct Member {
    pub name: String,
    /// Empty where the caller may not see it.
    pub email: String,
    pub teams: Vec<String>,
    /// Why the member may manage VCS settings: "as an owner", "through ops".
    pub manages: Option<String>,
}

pub struct TeamRow {
    pub name: String,
    pub members: u64,
    pub manages: bool,
}

/// `GET /organizations/:organization/members`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = cx.organization_and_access(Action::SeeMemberships);
    let page = cx.read(|view, caller| {
        let (organization, access) = find(view, caller)?;
        let sight = view.team_sight(caller, organization.number)?;
        let asked = pager::asked(cx)?;
        let memberships = view.memberships(organization.number, &sight, &MembershipFilter::default(), asked)?;
        let first = Page { number: 1, size: MAX_PAGE_SIZE };
        let teams = view.teams(organization.number, &sight, None, "", first)?.items;
        let by_id: HashMap<&TeamId, &TeamDetails> = teams.iter().map(|team| (&team.team.id, team)).collect();
        let frame = frames::inside(cx, view, caller, (&organization, access), Section::Members, "Members and teams")?;
        Ok(Members {
            pager: Pager::new(asked.number, asked.size, memberships.total, &format!("{}/members?page=", frame.at())),
            frame,
            members: memberships.items.iter().map(|membership| Member::of(membership, &by_id)).collect(),
            teams: teams.iter().map(TeamRow::of).collect(),
        })
    })?;
    reply::page(200, &page)
}

/// Whether the members of a team may manage VCS settings.
fn manages(team: &TeamDetails) -> bool {
    team.team.is_owners() || team.settings.access.has(Permission::ManageVcsSettings)
}

impl Member {
    fn of(membership: &Membership, teams: &HashMap<&TeamId, &TeamDetails>) -> Member {
        let own: Vec<&TeamDetails> = membership.teams.iter().filter_map(|id| teams.get(id).copied()).collect();
        let reason = |team: &TeamDetails| {
            if team.team.is_owners() {
                "as an owner".to_owned()
            } else {
                format!("through the team {}", team.team.name)
            }
        };
        Member {
            name: membership.user.as_ref().map_or_else(|| "Invited".to_owned(), |user| user.username.clone()),
            email: membership.email.clone(),
            teams: own.iter().map(|team| team.team.name.clone()).collect(),
            manages: own.iter().find(|team| manages(team)).map(|team| reason(team)),
        }
    }
}

impl TeamRow {
    fn of(team: &TeamDetails) -> TeamRow {
        TeamRow { name: team.team.name.clone(), members: team.members.len() as u64, manages: manages(team) }
    }
}
