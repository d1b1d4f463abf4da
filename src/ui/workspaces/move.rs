//! Moving all links from one connection to another.

use std::time::{Duration, Instant};

use askama::Template;

use super::find;
use crate::app::Cx;
use crate::app::flashes::Tone;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::id::OAuthTokenId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::oauth::link_move::LinkMove;
use crate::domain::organizations::organization::Organization;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::{Frame, Section};
use crate::ui::input::Input;
use crate::ui::{frames, problems, reply};

/// No part begins later. A browser shows nothing meanwhile.
const LONGEST: Duration = Duration::from_secs(5);

#[derive(Template)]
#[template(path = "workspaces/move.html")]
pub struct MoveLinks {
    pub frame: Frame,
    pub problems: Vec<String>,
    /// Empty where there are no two connections.
    pub fields: Vec<Input>,
}

type Found = (Organization, OrganizationAccess);

/// Finds the organization of the path, for a caller who may link its workspaces and see its connections.
fn manageable(cx: &Cx) -> impl Fn(&View, &Caller) -> Result<Found> + Send + Sync + 'static + use<> {
    let find = cx.organization_and_access(Action::ManageWorkspaces);
    move |view, caller| {
        let (organization, access) = find(view, caller)?;
        access.may(Action::SeeVcsConnections)?;
        Ok((organization, access))
    }
}

impl MoveLinks {
    fn of(cx: &Cx, view: &View, caller: &Caller, (organization, access): &Found) -> Result<MoveLinks> {
        let clients = find::connected(view, organization)?;
        let affected = view.affected_workspaces(caller, &clients)?;
        let used = clients.iter().zip(&affected).filter(|(_, affected)| affected.count > 0);
        let used: Vec<OAuthClient> = used.map(|(client, _)| client.clone()).collect();
        // The page of a VCS provider leads here with the provider's own id.
        let from = cx.request.query("from").unwrap_or_default();
        let from =
            clients.iter().find(|client| client.id.as_str() == from).and_then(|client| client.oauth_token.clone());
        let from = from.as_ref().map(OAuthTokenId::as_str).unwrap_or_default();
        let fields = if used.is_empty() || clients.len() < 2 {
            vec![]
        } else {
            vec![
                Input::choice("from", "From", find::choices(&used, from)).required(),
                Input::choice("to", "To", find::choices(&clients, "")).required(),
            ]
        };
        let frame = frames::inside(cx, view, caller, (organization, *access), Section::Workspaces, "Move links")?;
        Ok(MoveLinks { frame, problems: vec![], fields })
    }
}

/// `GET /organizations/:organization/workspaces/move`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = manageable(cx);
    let page = cx.read(|view, caller| MoveLinks::of(cx, view, caller, &find(view, caller)?))?;
    reply::page(200, &page)
}

/// The client behind a token's id in a form, which has to be one of the organization.
fn client(view: &View, organization: &Organization, field: &str, id: &str) -> Result<OAuthClient> {
    let unknown = || problems::wrong(field, "Choose a VCS provider.");
    let token = OAuthTokenId::parse(id).and_then(|id| view.oauth_token(&id)).map_err(|_| unknown())?;
    if token.organization == organization.number { view.oauth_client(&token.oauth_client) } else { Err(unknown()) }
}

/// What the form names: from where, and to where.
fn chosen(cx: &Cx) -> Result<(String, String)> {
    let form = cx.form()?;
    let (from, to) = (form.get("from").to_owned(), form.get("to").to_owned());
    if from == to {
        return Err(problems::wrong("to", "Choose another VCS provider than the first one."));
    }
    Ok((from, to))
}

fn clients(view: &View, of: &Organization, (from, to): &(String, String)) -> Result<(OAuthClient, OAuthClient)> {
    Ok((client(view, of, "from", from)?, client(view, of, "to", to)?))
}

/// `POST` to the same path.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let mut all = LinkMove::default();
    match move_links(cx, &mut all) {
        Ok(list) => {
            let words = if all.moved == 1 {
                "One workspace was moved.".to_owned()
            } else {
                format!("{} workspaces were moved.", all.moved)
            };
            cx.flash(Tone::Good, words);
            Ok(reply::redirect(list))
        }
        Err(error) => {
            if all.moved > 0 {
                cx.flash(Tone::Bad, all.to_string());
            }
            if !matches!(error.kind, Kind::Invalid | Kind::Conflict) {
                return Err(error);
            }
            let find = manageable(cx);
            let mut page = cx.read(|view, caller| MoveLinks::of(cx, view, caller, &find(view, caller)?))?;
            problems::fill(&mut page.fields, cx.form()?);
            page.problems = problems::place(error, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
            reply::page(422, &page)
        }
    }
}

/// Part by part; the worker's slot is left. Returns the path of the organization's workspaces.
fn move_links(cx: &Cx, all: &mut LinkMove) -> Result<String> {
    let end = Instant::now() + LONGEST;
    let find = manageable(cx);
    let list = cx.read(|view, caller| {
        let (organization, _) = find(view, caller)?;
        let (from, to) = clients(view, &organization, &chosen(cx)?)?;
        view.check_link_move(&from, &to)?;
        Ok(find::list(&organization))
    })?;
    let go_on = || {
        let is_late = Instant::now() >= end;
        if is_late {
            Err(Error::conflict("Not all could be moved at once. Move the rest the same way."))
        } else {
            Ok(())
        }
    };
    all.run(go_on, || {
        cx.change(
            manageable(cx),
            |_| chosen(cx),
            |change, (organization, _), chosen| {
                let (from, to) = clients(change, &organization, chosen)?;
                change.move_links(&from, &to)
            },
        )
    })?;
    Ok(list)
}
