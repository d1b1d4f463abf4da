//! A workspace's relationships by themselves: SSH key, remote state consumers, tags.

use serde_json::Value;

use super::list::Listing;
use super::{Named, document, input, managed, resource};
use crate::api::jsonapi::input::Input;
use crate::api::jsonapi::{input as documents, page};
use crate::api::workspaces::tags;
use crate::app::Cx;
use crate::domain::access::Action;
use crate::domain::error::{Problems, Result};
use crate::domain::field::Field;
use crate::domain::tags::tag::TagGiven;
use crate::domain::workspaces::workspace::{SshKeyGiven, Workspace};
use crate::http::reply::Reply;
use crate::store::Change;

/// `PATCH /workspaces/:workspace/relationships/ssh-key`, in the two forms that clients send: linkage, or a workspace
/// whose attribute `id` names the key. Null takes it away. The answer is the workspace. `Invalid` where the key is not
/// one of the organization's.
pub fn set_ssh_key(cx: &Cx) -> Result<Reply> {
    let (workspace, access) = cx.change(
        managed(cx),
        |_| ssh_key(cx),
        |change, (workspace, access), key| Ok((change.set_workspace_ssh_key(&workspace, key.as_ref())?, access)),
    )?;
    Ok(document::one(resource(&workspace, access, None)))
}

fn ssh_key(cx: &Cx) -> Result<Option<SshKeyGiven>> {
    if documents::document(cx.request)?.get("data") == Some(&Value::Null) {
        return Ok(None);
    }
    let mut input = Input::read_any(cx, &["ssh-keys", super::KIND])?;
    let key = match (input.text("id"), input.own_id()) {
        (Field::Value(id), _) => Some(SshKeyGiven { id, pointer: "/data/attributes/id" }),
        (Field::Null, _) => None,
        (Field::Absent, Some(id)) => Some(SshKeyGiven { id: id.to_owned(), pointer: "/data/id" }),
        (Field::Absent, None) if !input.problems.is_empty() => None,
        (Field::Absent, None) => {
            input.problems.at("/data/id", "`id` is required: of an SSH key; or send `data` as null.");
            None
        }
    };
    input.finish().map(|()| key)
}

/// `GET /workspaces/:workspace/relationships/remote-state-consumers`, by the page: those that the caller sees.
pub fn remote_state_consumers(cx: &Cx) -> Result<Reply> {
    let (page, list) = cx.read(|view, caller| {
        let (workspace, _) = Named::by(cx.request).find(view, caller, Action::SeeWorkspaces)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        let seen_by = view.teams_that_see_workspaces(caller, workspace.organization)?;
        let consumers = view.remote_state_consumers(workspace.number, seen_by.as_deref(), page)?;
        Ok((page, Listing::of(view, caller, cx.request, consumers)?))
    })?;
    Ok(list.reply(cx, page))
}

/// `POST` on the same path. `Invalid` where an id is not one of the organization's workspaces.
pub fn add_remote_state_consumers(cx: &Cx) -> Result<Reply> {
    change_by_ids(cx, |change, workspace, ids| change.add_remote_state_consumers(workspace, ids))
}

/// `PATCH` on the same path: these and no others. `Invalid` as for adding.
pub fn set_remote_state_consumers(cx: &Cx) -> Result<Reply> {
    change_by_ids(cx, |change, workspace, ids| change.set_remote_state_consumers(workspace, ids))
}

/// `DELETE` on the same path.
pub fn remove_remote_state_consumers(cx: &Cx) -> Result<Reply> {
    change_by_ids(cx, |change, workspace, ids| change.remove_remote_state_consumers(workspace, ids))
}

/// `GET /workspaces/:workspace/relationships/tags`, by the page; `name` keeps those whose name contains it.
pub fn tags(cx: &Cx) -> Result<Reply> {
    let (page, list) = cx.read(|view, caller| {
        let (workspace, _) = Named::by(cx.request).find(view, caller, Action::SeeWorkspaces)?;
        let page = page::requested(cx.request)?.unwrap_or_default();
        Ok((page, view.workspace_tags(workspace.number, cx.request.query("name").unwrap_or(""), page)?))
    })?;
    Ok(page::paged(cx, page, list.map(tags::resource)))
}

/// `POST` on the same path: tags by their id, or by a name, which makes them where there are none. `Invalid` where an
/// id is not one of the organization's tags.
pub fn add_tags(cx: &Cx) -> Result<Reply> {
    change_tags(cx, |change, workspace, tags| change.add_workspace_tags(workspace, tags))
}

/// `DELETE` on the same path.
pub fn remove_tags(cx: &Cx) -> Result<Reply> {
    change_tags(cx, |change, workspace, tags| change.remove_workspace_tags(workspace, tags))
}

fn change_by_ids(cx: &Cx, act: fn(&Change, &Workspace, &[String]) -> Result<()>) -> Result<Reply> {
    let ids = |_: &_| documents::ids(cx.request, super::KIND);
    cx.change(managed(cx), ids, move |change, (workspace, _), ids| act(change, &workspace, ids))?;
    Ok(Reply::no_content())
}

fn change_tags(cx: &Cx, act: fn(&Change, &Workspace, &[TagGiven]) -> Result<()>) -> Result<Reply> {
    let tags = |_: &_| {
        let mut problems = Problems::default();
        let tags = input::tags(documents::items(cx.request, tags::KIND)?, &mut problems);
        problems.finish().map(|()| tags)
    };
    cx.change(managed(cx), tags, move |change, (workspace, _), tags| act(change, &workspace, tags))?;
    Ok(Reply::no_content())
}
