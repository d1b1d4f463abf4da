//! The tag bindings of projects on the wire: two paths that change them, and mean two things.

use crate::api::bindings;
use crate::api::jsonapi::input;
use crate::api::jsonapi::page;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Problems, Result};
use crate::domain::page::{Listed, Page};
use crate::domain::projects::project::Project;
use crate::domain::tags::binding::TagBinding;
use crate::http::reply::Reply;

/// `GET /projects/:project/tag-bindings`, and below `relationships`: whole, unless a page is asked for.
pub fn index(cx: &Cx) -> Result<Reply> {
    list(cx, bindings::KIND)
}

/// `GET /projects/:project/effective-tag-bindings`. A project inherits none, so these are its own.
pub fn effective(cx: &Cx) -> Result<Reply> {
    list(cx, bindings::EFFECTIVE)
}

fn list(cx: &Cx, kind: &'static str) -> Result<Reply> {
    let (id, find) = (cx.parameter("project"), cx.owned::<Project>("project", Action::SeeProjects));
    let (requested, list) = cx.read(|view, caller| {
        let project = find(view, caller)?;
        let requested = page::requested(cx.request)?;
        Ok((requested, page::fetch(requested, |page| view.project_tag_bindings(&project, page))?))
    })?;
    Ok(page::whole(cx, requested, list.map(|binding| bindings::resource(id, kind, binding))))
}

/// `PATCH /projects/:project/tag-bindings` adds bindings, or changes the values of keys that are there; it answers with
/// all that there are then. `Invalid` where there would be too many.
pub fn add(cx: &Cx) -> Result<Reply> {
    let list = change(cx, Effect::Add)?;
    let id = cx.parameter("project");
    Ok(page::whole(cx, None, list.map(|binding| bindings::resource(id, bindings::KIND, binding))))
}

/// `POST /projects/:project/relationships/tag-bindings`: as [`add`], 204.
pub fn add_quietly(cx: &Cx) -> Result<Reply> {
    change(cx, Effect::Add)?;
    Ok(Reply::no_content())
}

/// `PATCH /projects/:project/relationships/tag-bindings` puts bindings in the place of those that there are: 204.
pub fn replace(cx: &Cx) -> Result<Reply> {
    change(cx, Effect::Replace)?;
    Ok(Reply::no_content())
}

#[derive(Clone, Copy)]
enum Effect {
    Add,
    Replace,
}

fn change(cx: &Cx, effect: Effect) -> Result<Listed<TagBinding>> {
    cx.change(
        cx.owned::<Project>("project", Action::ManageProjects),
        |_| {
            let items = input::items(cx.request, bindings::KIND)?;
            let mut problems = Problems::default();
            let bindings = bindings::check(items, "/data", &mut problems);
            problems.finish().map(|()| bindings)
        },
        move |change, project, bindings| {
            match effect {
                Effect::Add => change.add_project_tag_bindings(&project, bindings)?,
                Effect::Replace => change.replace_project_tag_bindings(&project, bindings)?,
            }
            change.project_tag_bindings(&project, Page { number: 1, size: page::WHOLE_LIST })
        },
    )
}
