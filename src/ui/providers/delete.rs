//! Asks before a VCS provider goes, and with it the links of its workspaces.

use askama::Template;

use super::find::{self, Found};
use crate::app::Cx;
use crate::app::flashes::Tone;
use crate::domain::access::Caller;
use crate::domain::error::Result;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::Frame;
use crate::ui::input::Input;
use crate::ui::{problems, reply};

#[derive(Template)]
#[template(path = "providers/delete.html")]
pub struct Delete {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    /// The first ones.
    pub workspaces: Vec<String>,
    pub workspace_count: u64,
    /// What else would be unlinked.
    pub others: Option<String>,
    pub problems: Vec<String>,
    /// Asks for the name.
    pub fields: Vec<Input>,
}

impl Delete {
    fn more_workspaces(&self) -> u64 {
        self.workspace_count.saturating_sub(self.workspaces.len() as u64)
    }
}

impl Delete {
    fn of(cx: &Cx, view: &View, caller: &Caller, found: &Found) -> Result<Delete> {
        let affected = found.affected(view, caller)?;
        let name = found.client.shown_name().to_owned();
        let hint = format!("To be sure: {name}");
        Ok(Delete {
            frame: found.frame(cx, view, caller, "Delete a VCS provider")?,
            id: found.client.id.to_string(),
            name,
            others: affected.others(),
            workspaces: affected.names,
            workspace_count: affected.count,
            problems: vec![],
            fields: vec![Input::text("confirm", "Type the name of the VCS provider").required().hint(hint)],
        })
    }
}

/// `GET /organizations/:organization/vcs-providers/:oauth_client/delete`
pub fn show(cx: &Cx) -> Result<Reply> {
    let find = find::manageable(cx);
    let page = cx.read(|view, caller| Delete::of(cx, view, caller, &find(view, caller)?))?;
    reply::page(200, &page)
}

/// `POST` to the same path. A name that is not the client's deletes nothing.
pub fn submit(cx: &Cx) -> Result<Reply> {
    let deleted = cx.change(
        find::manageable(cx),
        |found| {
            // What surrounds the name is not to be typed.
            let is_confirmed = cx.form()?.get("confirm") == found.client.shown_name().trim();
            if is_confirmed { Ok(()) } else { Err(problems::wrong("confirm", "This is not the name.")) }
        },
        |change, found, ()| change.delete_oauth_client(&found.client).map(|()| found),
    );
    match deleted {
        Ok(found) => {
            cx.flash(Tone::Good, format!("The VCS provider {} was deleted.", found.client.shown_name()));
            Ok(reply::redirect(found.list()))
        }
        Err(error) => {
            let find = find::manageable(cx);
            let mut page = cx.read(|view, caller| Delete::of(cx, view, caller, &find(view, caller)?))?;
            page.problems = problems::place(error, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
            reply::page(422, &page)
        }
    }
}
