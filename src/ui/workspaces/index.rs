//! The workspaces of an organization and their repositories.

use askama::Template;

use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::workspaces::filter::{WorkspaceFilter, WorkspaceOrder};
use crate::domain::workspaces::workspace::Workspace;
use crate::http::reply::Reply;
use crate::http::request::encode;
use crate::ui::frame::{Frame, Section};
use crate::ui::input::Input;
use crate::ui::pager::{self, Pager};
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "workspaces/index.html")]
pub struct Workspaces {
    pub frame: Frame,
    pub may_create: bool,
    pub may_move: bool,
    pub filters: Vec<Input>,
    pub is_filtered: bool,
    pub workspaces: Vec<Row>,
    pub pager: Option<Pager>,
}

pub struct Row {
    pub id: String,
    pub name: String,
    pub link: Option<RepositoryLink>,
    pub may_change: bool,
}

pub struct RepositoryLink {
    pub identifier: String,
    /// Empty for the default branch.
    pub branch: String,
    /// The name of the VCS provider.
    pub client: String,
}

/// `GET /organizations/:organization/workspaces`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = cx.organization_and_access(Action::SeeWorkspaces);
    let page = cx.read(|view, caller| {
        let (organization, access) = find(view, caller)?;
        let asked = pager::asked(cx)?;
        let search = cx.request.query("search").unwrap_or_default().trim();
        let filter = WorkspaceFilter {
            name: Some(search.to_owned()).filter(|name| !name.is_empty()),
            ..WorkspaceFilter::default()
        };
        let list = view.workspaces(organization.number, &filter, WorkspaceOrder::Name, asked)?;
        let frame = frames::inside(cx, view, caller, (&organization, access), Section::Workspaces, "Workspaces")?;
        let path = format!("{}/workspaces?search={}&page=", frame.at(), encode(search));
        let may_change = access.allows(Action::ManageWorkspaces);
        Ok(Workspaces {
            may_create: access.allows(Action::CreateWorkspaces),
            may_move: may_change && list.total > 0 && access.allows(Action::SeeVcsConnections),
            filters: vec![Input::text("search", "Name contains").value(search)],
            is_filtered: !search.is_empty(),
            workspaces: list.items.into_iter().map(|workspace| Row::of(workspace, may_change)).collect(),
            pager: Pager::new(asked.number, asked.size, list.total, &path),
            frame,
        })
    })?;
    reply::page(200, &page)
}

impl Row {
    fn of(workspace: Workspace, may_change: bool) -> Row {
        let link = workspace.vcs_repo.map(|link| RepositoryLink {
            client: link.through.name().to_owned(),
            identifier: link.identifier,
            branch: link.branch,
        });
        Row { id: workspace.id.to_string(), name: workspace.name, link, may_change }
    }
}
