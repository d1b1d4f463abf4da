//! The VCS providers of an organization.

use askama::Template;

use std::collections::HashMap;

use super::card::{Card, Connection};
use super::find;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::Result;
use crate::domain::id::{OAuthClientId, ProjectId};
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::token::OAuthToken;
use crate::http::reply::Reply;
use crate::ui::frame::{Frame, Section};
use crate::ui::pager::{self, Pager};
use crate::ui::{frames, reply};

#[derive(Template)]
#[template(path = "providers/index.html")]
pub struct Providers {
    pub frame: Frame,
    pub may_manage: bool,
    pub cards: Vec<Card>,
    pub pager: Option<Pager>,
}

/// A card is tall. One of each kind fits.
const CARDS_ON_PAGE: u64 = 12;
/// Projects that a card names.
const PROJECTS_ON_CARD: usize = 10;

/// `GET /organizations/:organization/vcs-providers`
pub fn show(cx: &Cx) -> Result<Reply> {
    let found = cx.organization_and_access(Action::SeeVcsConnections);
    let page = cx.read(|view, caller| {
        let (organization, access) = found(view, caller)?;
        let asked = pager::asked_of(cx, CARDS_ON_PAGE)?;
        let list = view.oauth_clients(organization.number, asked)?;
        let affected = view.affected_workspaces(caller, &list.items)?;
        let tokens = view.oauth_tokens_of(&list.items)?;
        let tokens: HashMap<OAuthClientId, OAuthToken> =
            tokens.into_iter().map(|token| (token.oauth_client.clone(), token)).collect();
        let projects = view.projects_of_clients(&list.items)?;
        let accesses = view.access_to_projects(caller, access, &projects)?;
        let seen = projects.into_iter().filter(|project| accesses.to(project.number).allows(Action::SeeProjects));
        let names: HashMap<ProjectId, String> = seen.map(|project| (project.id, project.name)).collect();
        let (now, path) = (cx.app.sources.now(), find::list(&organization));
        let card = |(client, affected): (&OAuthClient, _)| {
            let known = client.projects.iter().filter_map(|id| names.get(id).cloned());
            let projects: Vec<String> = known.take(PROJECTS_ON_CARD).collect();
            Card::of(client, tokens.get(&client.id), &projects, affected, &cx.app.public_url, &path, now)
        };
        let frame = frames::inside(cx, view, caller, (&organization, access), Section::VcsProviders, "VCS providers")?;
        Ok(Providers {
            may_manage: access.allows(Action::ManageVcsConnections),
            cards: list.items.iter().zip(affected).map(card).collect(),
            pager: Pager::new(asked.number, asked.size, list.total, &format!("{}/vcs-providers?page=", frame.at())),
            frame,
        })
    })?;
    reply::page(200, &page)
}
