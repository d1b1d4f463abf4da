//! The key-value tags of a workspace.

use super::resource::effective_binding;
use super::{Named, managed};
use crate::api::bindings::{KIND, check, resource};
use crate::api::jsonapi::document;
use crate::api::jsonapi::input;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Problems, Result};
use crate::domain::tags::binding::TagBinding;
use crate::domain::workspaces::workspace::Workspace;
use crate::http::reply::Reply;

/// `GET /workspaces/:workspace/tag-bindings`, and below `relationships`: whole.
pub fn index(cx: &Cx) -> Result<Reply> {
    let (workspace, bindings) = cx.read(|view, caller| {
        let (workspace, _) = Named::by(cx.request).find(view, caller, Action::SeeWorkspaces)?;
        let bindings = view.workspace_tag_bindings(workspace.number)?;
        Ok((workspace, bindings))
    })?;
    Ok(list(&workspace, &bindings))
}

/// `GET /workspaces/:workspace/effective-tag-bindings`: its own, and of its project's those whose key it has not itself.
pub fn effective(cx: &Cx) -> Result<Reply> {
    let (workspace, bindings) = cx.read(|view, caller| {
        let (workspace, _) = Named::by(cx.request).find(view, caller, Action::SeeWorkspaces)?;
        let bindings = view.effective_tag_bindings(&[workspace.number])?;
        Ok((workspace, bindings))
    })?;
    let items = bindings.iter().map(|effective| effective_binding(&workspace, effective)).collect();
    Ok(document::many(items, None, None::<()>, None::<()>))
}

/// `PATCH /workspaces/:workspace/tag-bindings` adds, and gives keys that are there their new value; it takes nothing
/// away. The answer is all there are then.
pub fn add(cx: &Cx) -> Result<Reply> {
    let (workspace, bindings) = cx.change(
        managed(cx),
        |_| given(cx),
        |change, (workspace, _), given| {
            change.add_workspace_tag_bindings(&workspace, given)?;
            let bindings = change.workspace_tag_bindings(workspace.number)?;
            Ok((workspace, bindings))
        },
    )?;
    Ok(list(&workspace, &bindings))
}

/// `POST /workspaces/:workspace/relationships/tag-bindings`: as [`add`], 204.
pub fn add_quietly(cx: &Cx) -> Result<Reply> {
    add(cx)?;
    Ok(Reply::no_content())
}

/// `PATCH /workspaces/:workspace/relationships/tag-bindings`: these and no others, 204.
pub fn replace(cx: &Cx) -> Result<Reply> {
    cx.change(
        managed(cx),
        |_| given(cx),
        |change, (workspace, _), given| change.replace_workspace_tag_bindings(&workspace, given),
    )?;
    Ok(Reply::no_content())
}

fn given(cx: &Cx) -> Result<Vec<TagBinding>> {
    let mut problems = Problems::default();
    let given = check(input::items(cx.request, KIND)?, "/data", &mut problems);
    problems.finish().map(|()| given)
}

fn list(workspace: &Workspace, bindings: &[TagBinding]) -> Reply {
    let items = bindings.iter().map(|binding| resource(workspace.id.as_str(), KIND, binding)).collect();
    document::many(items, None, None::<()>, None::<()>)
}
