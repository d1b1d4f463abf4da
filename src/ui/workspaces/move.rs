//! Moving all links from one connection to another.

use askama::Template;

use super::find;
use crate::app::Cx;
use crate::app::flashes::Tone;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::Result;
use crate::domain::id::OAuthTokenId;
use crate::domain::oauth::client::OAuthClient;
use crate::domain::organizations::organization::Organization;
use crate::http::reply::Reply;
use crate::store::{Change, View};
use crate::ui::frame::{Frame, Section};
use crate::ui::input::Input;
use crate::ui::{frames, problems, reply};

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
        let affected = view.affected_workspaces(&clients)?;
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
    reply::page(cx, 200, &page)
}

/// The client behind a token's id in a form, which has to be one of the organization.
fn client(change: &Change, organization: &Organization, field: &str, id: &str) -> Result<OAuthClient> {
    let unknown = || problems::wrong(field, "Choose a VCS provider.");
    let token = OAuthTokenId::parse(id).and_then(|id| change.oauth_token(&id)).map_err(|_| unknown())?;
    if token.organization == organization.number { change.oauth_client(&token.oauth_client) } else { Err(unknown()) }
}

/// `POST` to the same path. All links are moved, or none.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let moved = cx.change(
        manageable(cx),
        |_| {
            let form = cx.form()?;
            let (from, to) = (form.get("from").to_owned(), form.get("to").to_owned());
            if from == to {
                return Err(problems::wrong("to", "Choose another VCS provider than the first one."));
            }
            Ok((from, to))
        },
        |change, (organization, _), (from, to)| {
            let from = client(change, &organization, "from", from)?;
            let to = client(change, &organization, "to", to)?;
            Ok((change.move_repository_links(&from, &to)?, find::list(&organization)))
        },
    );
    match moved {
        Ok((count, list)) => {
            let words = if count == 1 {
                "One workspace was moved.".to_owned()
            } else {
                format!("{count} workspaces were moved.")
            };
            cx.flash(Tone::Good, words);
            Ok(reply::redirect(cx, list))
        }
        Err(error) => {
            let find = manageable(cx);
            let mut page = cx.read(|view, caller| MoveLinks::of(cx, view, caller, &find(view, caller)?))?;
            problems::fill(&mut page.fields, cx.form()?);
            page.problems = problems::place(error, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
            reply::page(cx, 422, &page)
        }
    }
}
