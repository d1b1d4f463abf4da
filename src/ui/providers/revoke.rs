//! Asks before a connection is revoked.

use askama::Template;

use super::find;
use crate::app::flashes::Tone;
use crate::app::{Cx, no_input};
use crate::connect::revoke::{self, Revoked};
use crate::domain::error::{Error, Result};
use crate::domain::oauth::credential::Source;
use crate::http::reply::Reply;
use crate::ui::frame::Frame;
use crate::ui::reply;

#[derive(Template)]
#[template(path = "providers/revoke.html")]
pub struct Revoke {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub provider: &'static str,
    /// The first ones.
    pub workspaces: Vec<String>,
    pub workspace_count: u64,
    /// What else would be unlinked.
    pub others: Option<String>,
}

impl Revoke {
    fn more_workspaces(&self) -> u64 {
        self.workspace_count.saturating_sub(self.workspaces.len() as u64)
    }
}

/// `GET /organizations/:organization/vcs-providers/:oauth_client/revoke`. `NotFound` where there is no connection.
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let page = cx.read(|view, caller| {
        let found = find(view, caller)?;
        if found.client.oauth_token.is_none() {
            return Err(Error::not_found());
        }
        let affected = found.affected(view, caller)?;
        Ok(Revoke {
            frame: found.frame(cx, view, caller, "Revoke a connection")?,
            id: found.client.id.to_string(),
            name: found.client.shown_name().to_owned(),
            provider: found.client.service_provider.display_name(),
            others: affected.others(),
            workspaces: affected.names,
            workspace_count: affected.count,
        })
    })?;
    reply::page(200, &page)
}

/// `POST` to the same path: the client stays, its token goes. The provider is asked to forget the token too, once it is gone
/// here; its answer changes nothing but the words.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let (found, credential) = cx.change(find::manageable(cx), no_input, |change, found, ()| {
        let id = found.client.oauth_token.as_ref().ok_or_else(Error::not_found)?;
        let credential = change.credential(id)?;
        change.delete_oauth_token(&change.oauth_token(id)?)?;
        Ok((found, credential))
    })?;
    let provider = found.client.service_provider.display_name();
    let asked = cx.ask_provider(|| Ok(revoke::revoke(cx.app, cx.request.id(), &credential)));
    let at_provider = match asked.unwrap_or(Revoked::NotConfirmed) {
        Revoked::Everywhere => format!(" {provider} has forgotten it too."),
        Revoked::HereAlone if credential.source == Source::Api => String::new(),
        Revoked::HereAlone => format!(" {provider} is not told by Bowline: remove the authorization on its pages."),
        Revoked::NotConfirmed => format!(" {provider} did not confirm it: remove the authorization on its pages."),
    };
    let name = found.client.shown_name();
    cx.flash(Tone::Good, format!("The connection of {name} was revoked.{at_provider}"));
    Ok(reply::redirect(found.list()))
}
