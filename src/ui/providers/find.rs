//! Finding the VCS provider that a page is about.

use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::oauth::client::{AffectedWorkspaces, OAuthClient};
use crate::domain::organizations::organization::Organization;
use crate::store::View;
use crate::ui::frame::{Frame, Section};
use crate::ui::frames;

/// A client, its organization, and what the caller may do there.
pub struct Found {
    pub client: OAuthClient,
    pub organization: Organization,
    pub access: OrganizationAccess,
}

/// Finds the client of the path, for a caller who may change it. `NotFound` where it is not of the path's organization.
pub fn manageable(cx: &Cx) -> impl Fn(&View, &Caller) -> Result<Found> + Send + Sync + 'static + use<> {
    let organization = cx.organization_and_access(Action::ManageVcsConnections);
    let client = cx.owned::<OAuthClient>("oauth_client", Action::ManageVcsConnections);
    move |view, caller| {
        let (organization, access) = organization(view, caller)?;
        let client = client(view, caller)?;
        if client.organization != organization.number {
            return Err(Error::not_found());
        }
        Ok(Found { client, organization, access })
    }
}

impl Found {
    pub fn frame(&self, cx: &Cx, view: &View, caller: &Caller, title: &str) -> Result<Frame> {
        frames::inside(cx, view, caller, (&self.organization, self.access), Section::VcsProviders, title)
    }

    /// What would lose its repository with the connection: how many, and the names of those that the caller sees.
    pub fn affected(&self, view: &View, caller: &Caller) -> Result<AffectedWorkspaces> {
        let affected = view.affected_workspaces(caller, std::slice::from_ref(&self.client))?;
        Ok(affected.into_iter().next().unwrap_or_default())
    }

    /// Where the page of all providers is.
    pub fn list(&self) -> String {
        list(&self.organization)
    }
}

pub fn list(organization: &Organization) -> String {
    format!("{}/{}", frames::organization_path(&organization.name), Section::VcsProviders.slug())
}
