//! Finding the workspace that a page is about, and the connections that it can use.

use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Result};
use crate::domain::oauth::client::OAuthClient;
use crate::domain::organizations::organization::Organization;
use crate::domain::page::{MAX_PAGE_SIZE, Page};
use crate::domain::workspaces::workspace::Workspace;
use crate::store::View;
use crate::ui::frame::{Frame, Section};
use crate::ui::frames;
use crate::ui::input::Choice;

pub struct Found {
    pub workspace: Workspace,
    pub organization: Organization,
    pub access: OrganizationAccess,
}

/// Finds the workspace of the path, for a caller who may change it. `NotFound` where it is not of the path's organization.
pub fn manageable(cx: &Cx) -> impl Fn(&View, &Caller) -> Result<Found> + Send + Sync + 'static + use<> {
    let organization = cx.organization_and_access(Action::ManageWorkspaces);
    let workspace = cx.owned::<Workspace>("workspace", Action::ManageWorkspaces);
    move |view, caller| {
        let (organization, access) = organization(view, caller)?;
        let workspace = workspace(view, caller)?;
        if workspace.organization != organization.number {
            return Err(Error::not_found());
        }
        Ok(Found { workspace, organization, access })
    }
}

impl Found {
    pub fn frame(&self, cx: &Cx, view: &View, caller: &Caller, title: &str) -> Result<Frame> {
        frames::inside(cx, view, caller, (&self.organization, self.access), Section::Workspaces, title)
    }

    /// The clients that the workspace's project may use.
    pub fn clients(&self, view: &View) -> Result<Vec<OAuthClient>> {
        let mut clients = connected(view, &self.organization)?;
        clients.retain(|client| client.organization_scoped || client.projects.contains(&self.workspace.project_id));
        Ok(clients)
    }
}

pub fn list(organization: &Organization) -> String {
    format!("{}/{}", frames::organization_path(&organization.name), Section::Workspaces.slug())
}

/// The clients that have a token, as many as a form can offer.
pub fn connected(view: &View, organization: &Organization) -> Result<Vec<OAuthClient>> {
    let first = Page { number: 1, size: MAX_PAGE_SIZE };
    let mut clients = view.oauth_clients(organization.number, first)?.items;
    clients.retain(|client| client.oauth_token.is_some());
    Ok(clients)
}

/// Clients to choose from, by their token ids.
pub fn choices(clients: &[OAuthClient], chosen: &str) -> Vec<Choice> {
    let choice = |client: &OAuthClient| {
        let token = client.oauth_token.as_ref()?.to_string();
        let (name, provider) = (client.shown_name(), client.service_provider.display_name());
        let label = if name == provider { name.to_owned() } else { format!("{name} ({provider})") };
        Some(Choice { is_chosen: token == chosen, value: token, label })
    };
    clients.iter().filter_map(choice).collect()
}
