//! The first page of a new installation: the steps that lead to a working connection.

use askama::Template;

use crate::app::Cx;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::organizations::organization::{Organization, OrganizationSearch};
use crate::domain::page::Page;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::Frame;
use crate::ui::parts::Link;
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "organizations/welcome.html")]
pub struct Welcome {
    pub frame: Frame,
    pub steps: Vec<Step>,
}

pub struct Step {
    pub title: &'static str,
    pub words: &'static str,
    /// None once it is done.
    pub link: Option<Link>,
    pub is_done: bool,
    /// The first one that is not done.
    pub is_next: bool,
}

/// `GET /`: the steps, while there are some left; then the organizations.
pub fn show(cx: &Cx) -> Result<Reply> {
    let page = cx.read(|view, caller| {
        let steps = steps(view, caller)?;
        if steps.iter().all(|step| step.is_done) {
            return Ok(None);
        }
        Ok(Some(Welcome { frame: frames::plain(cx, view, caller, "Welcome")?, steps }))
    })?;
    match page {
        Some(page) => reply::page(200, &page),
        None => Ok(reply::redirect("/organizations")),
    }
}

fn steps(view: &View, caller: &Caller) -> Result<Vec<Step>> {
    let one = Page { number: 1, size: 1 };
    let first = view.organizations_of(caller, &OrganizationSearch::default(), one)?.items.pop();
    let has_token = view.tokens_of_user(frames::person(caller)?.number, one)?.total > 0;
    let mut steps = vec![Step {
        title: "Create an organization",
        words: "It holds VCS providers, workspaces and teams.",
        link: Some(Link::new("/organizations/new", "Create an organization")),
        is_done: first.is_some(),
        is_next: false,
    }];
    steps.extend(match &first {
        Some((organization, access)) => provider_step(view, organization, *access)?,
        None => Some(add_a_provider(None, false)),
    });
    steps.push(Step {
        title: "Create an API token",
        words: "Terraform and other API clients sign in with it.",
        link: Some(Link::new("/account", "Create an API token")),
        is_done: has_token,
        is_next: false,
    });
    if let Some(next) = steps.iter_mut().find(|step| !step.is_done) {
        next.is_next = true;
    }
    steps.iter_mut().filter(|step| step.is_done).for_each(|step| step.link = None);
    Ok(steps)
}

/// None for members who may not add a provider.
fn provider_step(view: &View, organization: &Organization, access: OrganizationAccess) -> Result<Option<Step>> {
    if !access.allows(Action::ManageVcsConnections) {
        return Ok(None);
    }
    let connections = view.oauth_clients(organization.number, Page { number: 1, size: 1 })?;
    let path = format!("{}/vcs-providers/new", frames::organization_path(&organization.name));
    Ok(Some(add_a_provider(Some(Link::new(path, "Add a VCS provider")), connections.total > 0)))
}

fn add_a_provider(link: Option<Link>, is_done: bool) -> Step {
    Step {
        title: "Add a VCS provider",
        words: "GitHub, GitLab, Bitbucket or Azure DevOps: where your repositories are.",
        link,
        is_done,
        is_next: false,
    }
}
