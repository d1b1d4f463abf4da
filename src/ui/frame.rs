//! What surrounds each page: title, header with organization switch and account, navigation, message.

use super::assets;
pub use crate::app::flashes::{Flash, Tone};

/// Organizations in the header's list; the page with all of them is one link away.
pub const ORGANIZATIONS_IN_MENU: usize = 12;

pub struct Frame {
    /// Without the product's name, which the layout adds.
    pub title: String,
    /// None on pages for people who have not signed in.
    pub account: Option<Account>,
    /// The organization that the page belongs to.
    pub place: Option<Place>,
    /// What has just happened; shown once.
    pub flash: Option<Flash>,
}

/// The person who is signed in.
pub struct Account {
    pub username: String,
    /// Bound to the session; part of every form.
    pub csrf: String,
    /// The first ones, at most [`ORGANIZATIONS_IN_MENU`].
    pub organizations: Vec<OrganizationLink>,
}

pub struct OrganizationLink {
    pub name: String,
    pub path: String,
}

pub struct Place {
    pub organization: String,
    /// `/organizations/<name>`
    pub path: String,
    pub sections: Vec<SectionLink>,
}

pub struct SectionLink {
    pub section: Section,
    pub path: String,
    pub is_current: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    VcsProviders,
    Workspaces,
    VcsEvents,
    AuditTrail,
    Members,
}

impl Section {
    pub const ALL: [Section; 5] =
        [Section::VcsProviders, Section::Workspaces, Section::VcsEvents, Section::AuditTrail, Section::Members];

    pub fn title(self) -> &'static str {
        match self {
            Section::VcsProviders => "VCS providers",
            Section::Workspaces => "Workspaces",
            Section::VcsEvents => "VCS events",
            Section::AuditTrail => "Audit trail",
            Section::Members => "Members and teams",
        }
    }

    /// The last part of its path.
    pub fn slug(self) -> &'static str {
        match self {
            Section::VcsProviders => "vcs-providers",
            Section::Workspaces => "workspaces",
            Section::VcsEvents => "vcs-events",
            Section::AuditTrail => "audit-trail",
            Section::Members => "members",
        }
    }
}

impl Frame {
    /// The class of the message.
    pub fn tone(&self) -> &'static str {
        match self.flash.as_ref().map(|flash| flash.tone) {
            Some(Tone::Bad) => "bad",
            _ => "good",
        }
    }

    pub fn style(&self) -> &'static str {
        assets::style_path()
    }

    /// The CSRF token of the session; empty where there is no session.
    pub fn csrf(&self) -> &str {
        self.account.as_ref().map_or("", |account| &account.csrf)
    }

    /// The path of the page's organization, to build links from.
    pub fn at(&self) -> &str {
        self.place.as_ref().map_or("", |place| &place.path)
    }

    pub fn organization(&self) -> &str {
        self.place.as_ref().map_or("", |place| &place.organization)
    }
}
