//! Asks before a workspace loses its repository.

use askama::Template;

use super::find;
use crate::app::flashes::Tone;
use crate::app::{Cx, no_input};
use crate::domain::error::{Error, Result};
use crate::domain::field::Field;
use crate::domain::workspaces::workspace::WorkspaceChange;
use crate::http::reply::Reply;
use crate::ui::frame::Frame;
use crate::ui::reply;

#[derive(Template)]
#[template(path = "workspaces/unlink.html")]
pub struct Unlink {
    pub frame: Frame,
    pub id: String,
    pub workspace: String,
    pub identifier: String,
}

/// `GET /organizations/:organization/workspaces/:workspace/unlink`. `NotFound` where there is no link.
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let page = cx.read(|view, caller| {
        let found = find(view, caller)?;
        let link = found.workspace.vcs_repo.as_ref().ok_or_else(Error::not_found)?;
        Ok(Unlink {
            frame: found.frame(cx, view, caller, "Unlink a workspace")?,
            id: found.workspace.id.to_string(),
            workspace: found.workspace.name.clone(),
            identifier: link.identifier.clone(),
        })
    })?;
    reply::page(200, &page)
}

/// `POST` to the same path
pub fn submit(cx: &Cx) -> Result<Reply> {
    let (name, list) = cx.change(find::manageable(cx), no_input, |store, found, ()| {
        let workspace = store.update_workspace(&found.workspace, &WorkspaceChange::of_link(Field::Null))?;
        Ok((workspace.name, find::list(&found.organization)))
    })?;
    cx.flash(Tone::Good, format!("The workspace {name} was unlinked."));
    Ok(reply::redirect(list))
}
