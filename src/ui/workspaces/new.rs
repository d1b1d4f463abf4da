//! The form for a new workspace, which leads on to its repository.

use askama::Template;

use super::find;
use crate::app::Cx;
use crate::app::flashes::Tone;
use crate::domain::access::{Action, Caller, OrganizationAccess};
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::organizations::organization::Organization;
use crate::domain::workspaces::workspace::{NewWorkspace, WorkspaceFields};
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::{Frame, Section};
use crate::ui::input::Input;
use crate::ui::{frames, problems, reply};

#[derive(Template)]
#[template(path = "workspaces/new.html")]
pub struct NewWorkspacePage {
    pub frame: Frame,
    pub problems: Vec<String>,
    pub fields: Vec<Input>,
}

/// For callers who may create workspaces in the whole organization: the new one is in its default project.
fn found(
    cx: &Cx,
) -> impl Fn(&View, &Caller) -> Result<(Organization, OrganizationAccess)> + Send + Sync + 'static + use<> {
    let find = cx.organization_and_access(Action::SeeWorkspaces);
    move |view, caller| {
        let (organization, access) = find(view, caller)?;
        access.may(Action::CreateWorkspaces)?;
        Ok((organization, access))
    }
}

fn form(cx: &Cx) -> Result<NewWorkspacePage> {
    let find = found(cx);
    cx.read(|view, caller| {
        let (organization, access) = find(view, caller)?;
        let of = (&organization, access);
        let hint = "Letters, digits, hyphens and underscores. Terraform configurations refer to it.";
        Ok(NewWorkspacePage {
            frame: frames::inside(cx, view, caller, of, Section::Workspaces, "New workspace")?,
            problems: vec![],
            fields: vec![Input::text("name", "Name").required().hint(hint)],
        })
    })
}

/// `GET /organizations/:organization/workspaces/new`
pub fn show(cx: &Cx) -> Result<Reply> {
    reply::page(200, &form(cx)?)
}

/// `POST` to the same path
pub fn submit(cx: &Cx) -> Result<Reply> {
    let created = cx.change(
        found(cx),
        |_| {
            let mut wrong = Problems::default();
            let name = Field::Value(cx.form()?.get("name").to_owned());
            let new = NewWorkspace::check(WorkspaceFields { name, ..WorkspaceFields::default() }, &mut wrong);
            wrong.finish().map(|()| new)
        },
        |change, (organization, access), new| {
            let workspace = change.create_workspace(&organization, new)?;
            Ok((workspace, find::list(&organization), access.allows(Action::ManageWorkspaces)))
        },
    );
    match created {
        Ok((workspace, list, may_link)) => {
            cx.flash(Tone::Good, format!("The workspace {} was created.", workspace.name));
            Ok(reply::redirect(if may_link { format!("{list}/{}/link", workspace.id) } else { list }))
        }
        Err(error) => {
            let mut page = form(cx)?;
            problems::fill(&mut page.fields, cx.form()?);
            page.problems = problems::place(error, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
            reply::page(422, &page)
        }
    }
}
