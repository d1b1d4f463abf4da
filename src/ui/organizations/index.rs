//! The organizations that a user belongs to.

use askama::Template;

use crate::app::Cx;
use crate::domain::access::{Action, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::organizations::organization::{Organization, OrganizationSearch};
use crate::domain::page::Page;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::Frame;
use crate::ui::pager::{self, Pager};
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "organizations/index.html")]
pub struct Organizations {
    pub frame: Frame,
    pub organizations: Vec<Row>,
    pub pager: Option<Pager>,
}

pub struct Row {
    pub name: String,
    pub path: String,
    /// "Owner" or "Member".
    pub role: &'static str,
    /// What the user may do there, in words.
    pub may: &'static str,
    /// None where the user may not see them.
    pub connections: Option<u64>,
}

/// `GET /organizations`
pub fn show(cx: &Cx) -> Result<Reply> {
    let page = cx.read(|view, caller| {
        let asked = pager::asked(cx)?;
        let list = view.organizations_of(caller, &OrganizationSearch::default(), asked)?;
        let row = |(organization, access): (_, OrganizationAccess)| {
            let connections = connections(view, &organization, access)?;
            Ok(Row::of(organization, access, connections))
        };
        Ok(Organizations {
            frame: frames::plain(cx, view, caller, "Organizations")?,
            pager: Pager::new(asked.number, asked.size, list.total, "/organizations?page="),
            organizations: list.items.into_iter().map(row).collect::<Result<_>>()?,
        })
    })?;
    reply::page(200, &page)
}

/// How many connections there are, for who may see them.
fn connections(view: &View, organization: &Organization, access: OrganizationAccess) -> Result<Option<u64>> {
    if !access.allows(Action::SeeVcsConnections) {
        return Ok(None);
    }
    Ok(Some(view.oauth_clients(organization.number, Page { number: 1, size: 1 })?.total))
}

impl Row {
    fn of(organization: Organization, access: OrganizationAccess, connections: Option<u64>) -> Row {
        Row {
            path: frames::organization_path(&organization.name),
            name: organization.name,
            role: if access == OrganizationAccess::Owner { "Owner" } else { "Member" },
            may: may(access),
            connections,
        }
    }
}

fn may(access: OrganizationAccess) -> &'static str {
    match access {
        OrganizationAccess::Owner => "May do everything",
        _ if access.allows(Action::ManageVcsConnections) && access.allows(Action::ManageWorkspaces) => {
            "May manage VCS settings and workspaces"
        }
        _ if access.allows(Action::ManageVcsConnections) => "May manage VCS settings",
        _ if access.allows(Action::ManageWorkspaces) => "May manage workspaces",
        _ if access.allows(Action::SeeWorkspaces) => "May see workspaces",
        _ => "May see members and visible teams",
    }
}

/// `GET /organizations/:organization`: to the first section that the caller may open.
pub fn enter(cx: &Cx) -> Result<Reply> {
    let find = cx.organization_and_access(Action::SeeOrganization);
    let (organization, access) = cx.read(find)?;
    let section = frames::open_sections(access).next().ok_or_else(Error::not_found)?;
    Ok(reply::redirect(format!("{}/{}", frames::organization_path(&organization.name), section.slug())))
}
