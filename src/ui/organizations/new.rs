//! The form for a new organization.

use askama::Template;

use crate::app::Cx;
use crate::app::flashes::Tone;
use crate::domain::access::Caller;
use crate::domain::error::Result;
use crate::domain::organizations::organization::NewOrganization;
use crate::http::reply::Reply;
use crate::store::View;
use crate::ui::frame::Frame;
use crate::ui::input::Input;
use crate::ui::{frames, problems, reply};

#[derive(Template)]
#[template(path = "organizations/new.html")]
pub struct NewOrganizationPage {
    pub frame: Frame,
    pub problems: Vec<String>,
    pub fields: Vec<Input>,
}

impl NewOrganizationPage {
    fn of(cx: &Cx, view: &View, caller: &Caller) -> Result<NewOrganizationPage> {
        let user = caller.may_create_organizations()?;
        let name = "Letters, digits, hyphens and underscores. Terraform configurations refer to it.";
        Ok(NewOrganizationPage {
            frame: frames::plain(cx, view, caller, "New organization")?,
            problems: vec![],
            fields: vec![
                Input::text("name", "Name").required().hint(name),
                Input::email("email", "E-mail").required().value(&user.email).hint("A contact for the organization."),
            ],
        })
    }
}

/// `GET /organizations/new`
pub fn show(cx: &Cx) -> Result<Reply> {
    let page = cx.read(|view, caller| NewOrganizationPage::of(cx, view, caller))?;
    reply::page(200, &page)
}

/// `POST /organizations`
pub fn submit(cx: &Cx) -> Result<Reply> {
    let created = cx.change(
        |_, caller| caller.may_create_organizations().cloned(),
        |_| {
            let form = cx.form()?;
            NewOrganization::new(form.get("name").to_owned(), form.get("email").to_owned())
        },
        |change, owner, new| change.create_organization(new, &owner),
    );
    match created {
        Ok(organization) => {
            cx.flash(Tone::Good, format!("The organization {} was created.", organization.name));
            Ok(reply::redirect(frames::organization_path(&organization.name)))
        }
        Err(error) => {
            let mut page = cx.read(|view, caller| NewOrganizationPage::of(cx, view, caller))?;
            problems::fill(&mut page.fields, cx.form()?);
            page.problems = problems::place(error, &mut page.fields.iter_mut().collect::<Vec<_>>())?;
            reply::page(422, &page)
        }
    }
}
