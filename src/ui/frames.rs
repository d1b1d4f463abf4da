//! Putting together what surrounds a page.

use super::frame::{Account, Frame, ORGANIZATIONS_IN_MENU, OrganizationLink, Place, Section, SectionLink};
use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::accounts::user::User;
use crate::domain::error::{Error, Result};
use crate::domain::organizations::organization::{Organization, OrganizationSearch};
use crate::domain::page::Page;
use crate::http::request::encode;
use crate::store::View;

/// The person who is signed in. Pages have no other callers.
pub fn person(caller: &Caller) -> Result<&User> {
    match caller {
        Caller::Person(user) => Ok(user),
        _ => Err(Error::signed_out()),
    }
}

/// The path of an organization's pages.
pub fn organization_path(name: &str) -> String {
    format!("/organizations/{}", encode(name))
}

/// For a page that a person sees before signing in.
pub fn outside(title: &str) -> Frame {
    Frame { title: title.to_owned(), account: None, place: None, flash: None }
}

/// For a page that belongs to no organization. Takes the session's message.
pub fn plain(cx: &Cx, view: &View, caller: &Caller, title: &str) -> Result<Frame> {
    let user = person(caller)?;
    let first = Page { number: 1, size: ORGANIZATIONS_IN_MENU as u64 };
    let organizations = view.organizations_of(caller, &OrganizationSearch::default(), first)?.items;
    let link = |(organization, _): (Organization, _)| OrganizationLink {
        path: organization_path(&organization.name),
        name: organization.name,
    };
    let account = Account {
        username: user.username.clone(),
        csrf: cx.csrf_token(),
        organizations: organizations.into_iter().map(link).collect(),
    };
    Ok(Frame { title: title.to_owned(), account: Some(account), place: None, flash: cx.take_flash() })
}

/// For a page of an organization, with the sections that the caller may open.
pub fn inside(
    cx: &Cx,
    view: &View,
    caller: &Caller,
    (organization, access): (&Organization, OrganizationAccess),
    current: Section,
    title: &str,
) -> Result<Frame> {
    let path = organization_path(&organization.name);
    let open = open_sections(access).map(|section| SectionLink {
        section,
        path: format!("{path}/{}", section.slug()),
        is_current: section == current,
    });
    let sections = open.collect();
    let place = Place { organization: organization.name.clone(), path, sections };
    Ok(Frame { place: Some(place), ..plain(cx, view, caller, title)? })
}

/// What a caller has to be allowed to do to open a section.
pub fn action(section: Section) -> Action {
    match section {
        Section::VcsProviders => Action::SeeVcsConnections,
        Section::Workspaces => Action::SeeWorkspaces,
        Section::VcsEvents => Action::ManageVcsConnections,
        Section::AuditTrail => Action::ManageOrganization,
        Section::Members => Action::SeeMemberships,
    }
}

pub fn open_sections(access: OrganizationAccess) -> impl Iterator<Item = Section> {
    Section::ALL.into_iter().filter(move |section| access.allows(action(*section)))
}
