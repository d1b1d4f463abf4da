//! The tag bindings of projects on the wire: two paths that change them, and mean two things.

use crate::api::jsonapi::input;
use crate::api::jsonapi::page;
use crate::api::{bindings, projects};
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Problems, Result};
use crate::domain::page::{Listed, Page};
use crate::domain::tags::binding::TagBinding;
use crate::http::reply::Reply;
use crate::http::request::Request;

/// `GET /projects/:project/tag-bindings`: whole, unless a page is asked for.
pub fn index(cx: &Cx, request: &Request) -> Result<Reply> {
    list(cx, request, bindings::KIND)
}

/// `GET /projects/:project/effective-tag-bindings`. A project inherits none, so these are its own.
pub fn effective(cx: &Cx, request: &Request) -> Result<Reply> {
    list(cx, request, bindings::EFFECTIVE)
}

fn list(cx: &Cx, request: &Request, kind: &'static str) -> Result<Reply> {
    let id = request.parameter("project");
    let (requested, list) = cx.read(request, |view, caller| {
        let (project, _) = projects::find(view, caller, id, Action::SeeProjects)?;
        let requested = page::requested(request)?;
        Ok((requested, page::fetch(requested, |page| view.project_tag_bindings(&project, page))?))
    })?;
    let items = list.items.iter().map(|binding| bindings::resource(id, kind, binding)).collect();
    Ok(page::whole(request, &cx.app.public_url, requested, Listed { items, total: list.total }))
}

/// `PATCH /projects/:project/tag-bindings` adds bindings, or changes the values of keys that are there; it answers with
/// all that there are then. `Invalid` where there would be too many.
pub fn add(cx: &Cx, request: &Request) -> Result<Reply> {
    let list = change(cx, request, Effect::Add)?;
    let id = request.parameter("project");
    let items = list.items.iter().map(|binding| bindings::resource(id, bindings::KIND, binding)).collect();
    Ok(page::whole(request, &cx.app.public_url, None, Listed { items, total: list.total }))
}

/// `PATCH /projects/:project/relationships/tag-bindings` puts bindings in the place of those that there are: 204.
pub fn replace(cx: &Cx, request: &Request) -> Result<Reply> {
    change(cx, request, Effect::Replace)?;
    Ok(Reply::no_content())
}

#[derive(Clone, Copy)]
enum Effect {
    Add,
    Replace,
}

fn change(cx: &Cx, request: &Request, effect: Effect) -> Result<Listed<TagBinding>> {
    let id = request.parameter("project").to_owned();
    let caller = cx.read(request, |view, caller| {
        projects::find(view, caller, &id, Action::ManageProjects)?;
        Ok(caller.clone())
    })?;
    let items = input::items(request, bindings::KIND)?;
    let mut problems = Problems::default();
    let bindings = bindings::check(items, "/data", &mut problems);
    problems.finish()?;
    cx.write(caller, move |change, caller| {
        let (project, _) = projects::find(change, caller, &id, Action::ManageProjects)?;
        match effect {
            Effect::Add => change.add_project_tag_bindings(&project, &bindings)?,
            Effect::Replace => change.replace_project_tag_bindings(&project, &bindings)?,
        }
        change.project_tag_bindings(&project, Page { number: 1, size: page::WHOLE_LIST })
    })
}
